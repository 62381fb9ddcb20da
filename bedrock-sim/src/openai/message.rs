//! Messages of Chat Completions.

use serde::Deserialize;

use super::request::FunctionKind;

#[derive(Debug, Deserialize)]
#[serde(tag = "role", rename_all = "lowercase")]
pub(super) enum Message {
    #[serde(alias = "developer")]
    System(Said),
    User(Said),
    Assistant(Assistant),
    Tool(ToolAnswer),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Said {
    pub(super) content: Content,
    #[serde(rename = "name")]
    _name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Assistant {
    pub(super) content: Option<Content>,
    #[serde(default)]
    pub(super) tool_calls: Vec<ToolCall>,
    #[serde(rename = "name")]
    _name: Option<String>,
    #[serde(rename = "refusal")]
    _refusal: Option<String>,
    /// Sent back by clients that show reasoning; the endpoint does not read it.
    #[serde(rename = "reasoning_content")]
    _reasoning_content: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolAnswer {
    pub(super) tool_call_id: String,
    pub(super) content: Content,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolCall {
    pub(super) id: String,
    #[serde(rename = "type")]
    _kind: FunctionKind,
    pub(super) function: CalledFunction,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CalledFunction {
    pub(super) name: String,
    /// JSON as text.
    pub(super) arguments: String,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Part {
    Text { text: String },
    Refusal { refusal: String },
    ImageUrl { image_url: ImageUrl },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ImageUrl {
    pub(super) url: String,
    #[serde(rename = "detail")]
    _detail: Option<String>,
}
