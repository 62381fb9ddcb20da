use super::{Json, Strictness};

/// How much the model thinks before it answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Thinking {
    /// The client did not say.
    Unsaid,
    /// Not at all.
    Off,
    /// By OpenAI's scale.
    Effort(Effort),
    /// The client gave Anthropic's own `thinking` object.
    Given(Json),
}

/// OpenAI's scale of `reasoning_effort`, `none` excepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effort {
    /// `minimal`
    Minimal,
    /// `low`
    Low,
    /// `medium`
    Medium,
    /// `high`
    High,
    /// `xhigh`
    Xhigh,
    /// `max`
    Max,
}

impl Effort {
    /// All, the least first.
    pub const ALL: [Self; 6] = [Self::Minimal, Self::Low, Self::Medium, Self::High, Self::Xhigh, Self::Max];

    /// From OpenAI's word for it, which is Bedrock's word too.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effort| effort.as_str() == word)
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Xhigh => "xhigh",
            Self::Max => "max",
        }
    }
}

/// What form the answer has to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutputFormat {
    /// Prose.
    Text,
    /// Some JSON object.
    JsonObject,
    /// JSON by a schema.
    JsonSchema(Schema),
}

/// A JSON Schema for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// What the client calls it: 1 to 64 of `[a-zA-Z0-9_-]`.
    pub name: String,
    /// What it is for. Not blank.
    pub description: Option<String>,
    /// The schema, an object.
    pub schema: Json,
    /// Whether the client wants it followed to the letter. Converse always does that.
    pub strictness: Strictness,
}

/// How urgent a call is (API reference, `ServiceTier`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceTier {
    /// As usual.
    Default,
    /// Cheaper, and slower when there is much to do.
    Flex,
    /// Dearer, and first in line.
    Priority,
    /// Capacity that the operator has reserved.
    Reserved,
}

impl ServiceTier {
    /// All that Converse knows.
    pub const ALL: [Self; 4] = [Self::Default, Self::Flex, Self::Priority, Self::Reserved];

    /// From Bedrock's word for it.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == word)
    }

    /// Bedrock's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Flex => "flex",
            Self::Priority => "priority",
            Self::Reserved => "reserved",
        }
    }
}

/// What checks a prompt and its answer (API reference, `GuardrailConfiguration`). Only the newest
/// user turn of the prompt is checked, so that one bad turn does not block all that follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guardrail {
    /// The guardrail's id or ARN.
    pub id: String,
    /// A version number, or `DRAFT`.
    pub version: String,
    /// Whether Bedrock says what was found.
    pub trace: GuardrailTrace,
    /// When streamed text is checked.
    pub mode: GuardrailMode,
}

/// Whether Bedrock says what a guardrail found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GuardrailTrace {
    /// It does not.
    #[default]
    Disabled,
    /// It does; the findings go to the operator's log in numbers, never in text.
    Enabled,
}

/// When streamed text is checked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum GuardrailMode {
    /// Before it leaves.
    #[default]
    Sync,
    /// While it leaves.
    Async,
}

/// Who marks what is worth keeping in the prompt cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Caching {
    /// The client alone.
    #[default]
    ByClient,
    /// Adit too: the tools, the instructions and the conversation so far.
    Automatic,
}
