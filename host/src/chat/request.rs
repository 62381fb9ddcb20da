use bytes::Bytes;

use super::Json;

/// One call of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// As the client named it, until a route hook or an alias puts a Bedrock model id or ARN there.
    pub model: String,
    /// Instructions, in order. Text parts.
    pub system: Vec<Part>,
    /// The conversation, oldest first.
    pub messages: Vec<Message>,
    /// What the model may call.
    pub tools: Vec<Tool>,
    /// Whether it has to; none leaves it to the model.
    pub tool_choice: Option<ToolChoice>,
    /// How tokens are drawn, and how many.
    pub sampling: Sampling,
    /// How the client wants the answer.
    pub delivery: Delivery,
}

/// How the client wants the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// As it is made.
    Streamed,
    /// In one piece.
    Whole,
}

/// Who speaks. Instructions are not messages: they stand in [`Request::system`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The caller, tool results included.
    User,
    /// The model.
    Assistant,
}

/// One turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said, in order.
    pub parts: Vec<Part>,
}

/// A block of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Prose.
    Text(String),
    /// An image.
    Blob(Blob),
    /// The model's call of a tool.
    ToolUse(ToolUse),
    /// What a tool answered.
    ToolResult(ToolResult),
    /// The model's thinking.
    Reasoning(Reasoning),
}

/// Bytes with their kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// What the bytes are.
    pub media_type: MediaType,
    /// The bytes, decoded.
    pub bytes: Bytes,
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

/// The model's call of a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ToolUse {
    /// Pairs the call with its result.
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
}

/// The model's thinking, as it has to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reasoning {
    /// What it thought.
    pub text: String,
    /// The model's own seal on `text`.
    pub signature: Option<String>,
}

/// A tool that the model may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tool {
    /// 1 to 64 characters of `[a-zA-Z0-9_-]`.
    pub name: String,
    /// What it is for. Not blank.
    pub description: Option<String>,
    /// JSON Schema of its arguments, an object.
    pub input_schema: Json,
}

/// Which tool the model has to call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToolChoice {
    /// As it likes.
    Auto,
    /// Some tool.
    Any,
    /// None: it must answer in text.
    None,
    /// This one.
    Named(String),
}

/// How tokens are drawn, and how many. None leaves it to the model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sampling {
    /// Most tokens of the answer.
    pub max_tokens: Option<u32>,
    /// 0 to 1 on Bedrock.
    pub temperature: Option<f32>,
    /// 0 to 1.
    pub top_p: Option<f32>,
    /// Texts at which the answer ends.
    pub stop_sequences: Vec<String>,
}
