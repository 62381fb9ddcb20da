//! What of an answer is read: a chunk of a stream, or all of it. They differ in one name.
//!
//! OpenAI's API reference, "The chat completion object" and "The chat completion chunk object";
//! `reasoning_content`, or `reasoning`, is how servers of open models show thinking.

use serde::Deserialize;

use super::error::Refusal;

#[derive(Deserialize)]
pub(super) struct Chunk {
    pub(super) choices: Option<Vec<Choice>>,
    pub(super) usage: Option<Usage>,
    pub(super) service_tier: Option<String>,
    pub(super) error: Option<Refusal>,
    /// User guide, "Use a guardrail with the InvokeModel operation": `INTERVENED` or `NONE`.
    #[serde(rename = "amazon-bedrock-guardrailAction")]
    pub(super) guardrail_action: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    pub(super) index: u32,
    pub(super) delta: Option<Delta>,
    /// A whole answer has this one.
    pub(super) message: Option<Delta>,
    pub(super) finish_reason: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Delta {
    pub(super) reasoning_content: Option<String>,
    /// The same under another name; some servers write both.
    pub(super) reasoning: Option<String>,
    pub(super) content: Option<String>,
    pub(super) refusal: Option<String>,
    pub(super) tool_calls: Option<Vec<Call>>,
}

#[derive(Deserialize)]
pub(super) struct Call {
    /// A whole answer has none: its calls stand in order.
    pub(super) index: Option<u32>,
    pub(super) id: Option<String>,
    pub(super) function: Option<Function>,
}

#[derive(Deserialize)]
pub(super) struct Function {
    pub(super) name: Option<String>,
    pub(super) arguments: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Usage {
    #[serde(default)]
    pub(super) prompt_tokens: u64,
    #[serde(default)]
    pub(super) completion_tokens: u64,
    pub(super) prompt_tokens_details: Option<PromptDetails>,
}

#[derive(Deserialize)]
pub(super) struct PromptDetails {
    pub(super) cached_tokens: Option<u64>,
}
