use bytes::Bytes;

use super::Json;

/// A block of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Prose.
    Text(String),
    /// Prose that a guardrail has to look at, or that it may take as its ground.
    Guarded(GuardedText),
    /// An image.
    Blob(Blob),
    /// A document.
    Document(Document),
    /// An image or document that has yet to be fetched. None is left when a plugin is asked.
    Remote(Remote),
    /// The model's call of a tool.
    ToolUse(ToolUse),
    /// What a tool answered.
    ToolResult(ToolResult),
    /// The model's thinking.
    Reasoning(Reasoning),
    /// Thinking that only the model can read, in base64.
    RedactedReasoning(String),
    /// The prompt up to here is worth keeping in the cache.
    CachePoint(CacheTtl),
}

/// How long the prompt cache keeps something (API reference, `CachePointBlock`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CacheTtl {
    /// As long as the model does by itself.
    #[default]
    Default,
    /// 5 minutes.
    FiveMinutes,
    /// 1 hour.
    OneHour,
}

/// Prose with its place in a guardrail's work (API reference, `GuardrailConverseTextBlock`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardedText {
    /// The prose.
    pub text: String,
    /// What it is to the guardrail; nothing means content to check.
    pub qualifiers: Vec<Qualifier>,
}

/// What guarded text is to a guardrail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Qualifier {
    /// What an answer has to rest on.
    GroundingSource,
    /// What was asked.
    Query,
    /// Content to check.
    GuardContent,
}

/// An image with its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// What it is.
    pub media_type: MediaType,
    /// Where its bytes are.
    pub source: Source,
}

/// Where bytes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Here, decoded.
    Bytes(Bytes),
    /// In S3, where Bedrock reads them itself: an `s3://` URI.
    S3(String),
}

/// The image formats that Converse takes (API reference, `ImageBlock`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// `image/png`
    Png,
    /// `image/jpeg`
    Jpeg,
    /// `image/gif`
    Gif,
    /// `image/webp`
    Webp,
}

/// A document with its kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The file's name, as the client gave it.
    pub name: Option<String>,
    /// What it is.
    pub format: DocumentFormat,
    /// Where its bytes are.
    pub source: Source,
}

/// The document formats that Converse takes (API reference, `DocumentBlock`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the usual ending of such files")]
pub enum DocumentFormat {
    Pdf,
    Csv,
    Doc,
    Docx,
    Xls,
    Xlsx,
    Html,
    Txt,
    Md,
}

/// An image or document that stands elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// An `http` or `https` URL.
    pub url: String,
    /// What is expected there.
    pub kind: RemoteKind,
    /// The request field that holds the URL, such as `messages[0].content[1].image_url.url`.
    pub field: String,
}

/// What is expected at a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemoteKind {
    /// An image.
    Image,
    /// A document, with the name that the client gave it.
    Document(Option<String>),
}

/// The model's call of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolUse {
    /// Pairs the call with its result. As the client has it: Bedrock's rule for ids is met where
    /// the request is written for it.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments, a JSON object.
    pub input: Json,
}

/// What a tool answered.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolResult {
    /// The call that this answers.
    pub tool_use_id: String,
    /// Whether the tool worked.
    pub status: ToolResultStatus,
    /// The answer, in order.
    pub content: Vec<ResultPart>,
}

/// Whether a tool worked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolResultStatus {
    /// It did.
    Success,
    /// It did not; the content says why.
    Error,
}

/// A block of a tool's answer.
#[derive(Debug, Clone, PartialEq)]
pub enum ResultPart {
    /// Prose, or JSON that the client sent as text.
    Text(String),
    /// An image.
    Blob(Blob),
    /// A document.
    Document(Document),
    /// An image or document that has yet to be fetched.
    Remote(Remote),
    /// The prompt up to the end of this tool's answer is worth keeping in the cache.
    CachePoint(CacheTtl),
}

/// The model's thinking, as it has to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reasoning {
    /// What it thought.
    pub text: String,
    /// The model's own seal on `text`.
    pub signature: Option<String>,
}
