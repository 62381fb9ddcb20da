//! A Converse request, typed. Read only after its shape was checked, so that what is left out here is known to be well formed.

use serde::Deserialize;
use serde_json::{Map, Value};

/// The members of a Converse request that the stand-in looks at.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Request {
    #[serde(default)]
    pub(crate) messages: Vec<Message>,
    system: Option<Vec<SystemBlock>>,
    pub(crate) inference_config: Option<InferenceConfig>,
    pub(crate) tool_config: Option<ToolConfig>,
    additional_model_request_fields: Option<Map<String, Value>>,
    output_config: Option<OutputConfig>,
    pub(crate) guardrail_config: Option<GuardrailConfig>,
    service_tier: Option<ServiceTier>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    User,
    Assistant,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Message {
    pub(crate) role: Role,
    pub(crate) content: Vec<ContentBlock>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ContentBlock {
    Text(String),
    Image(Media),
    Document(Document),
    Video(Media),
    Audio(Media),
    ToolUse(ToolUse),
    ToolResult(ToolResult),
    GuardContent(GuardContent),
    CachePoint { ttl: Option<String> },
    ReasoningContent(ReasoningContent),
    CitationsContent(Value),
    SearchResult(Value),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum SystemBlock {
    Text(String),
    GuardContent(GuardContent),
    CachePoint { ttl: Option<String> },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum GuardContent {
    Text {
        text: String,
        #[serde(default)]
        qualifiers: Vec<String>,
    },
    Image(Media),
}

/// An image, a video or a sound.
#[derive(Debug, Deserialize)]
pub(crate) struct Media {
    pub(crate) format: String,
    pub(crate) source: Source,
}

#[derive(Debug, Deserialize)]
pub(crate) struct Document {
    pub(crate) format: Option<String>,
    pub(crate) name: String,
    pub(crate) source: Source,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Source {
    /// Base64, checked before.
    Bytes(String),
    S3Location {},
    Text(String),
    Content(Value),
}

#[derive(Debug, Deserialize)]
pub(crate) struct ToolUse {
    #[serde(rename = "toolUseId")]
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) input: Value,
    /// `server_tool_use` for a call that the service answered itself.
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToolResult {
    pub(crate) tool_use_id: String,
    pub(crate) content: Vec<ToolResultBlock>,
    pub(crate) status: Option<String>,
    /// Names the service's own tool, if it was one.
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ToolResultBlock {
    Text(String),
    Json(Value),
    Image(Media),
    Document(Document),
    Video(Media),
    SearchResult(Value),
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ReasoningContent {
    ReasoningText {
        text: String,
        signature: Option<String>,
    },
    /// Base64.
    RedactedContent(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InferenceConfig {
    pub(crate) max_tokens: Option<u64>,
    pub(crate) temperature: Option<f64>,
    pub(crate) top_p: Option<f64>,
    pub(crate) stop_sequences: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToolConfig {
    pub(crate) tools: Vec<Tool>,
    pub(crate) tool_choice: Option<ToolChoice>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::enum_variant_names, reason = "the members as the service names them")]
pub(crate) enum Tool {
    ToolSpec(ToolSpec),
    SystemTool {},
    CachePoint { ttl: Option<String> },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ToolSpec {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) input_schema: InputSchema,
    pub(crate) strict: Option<bool>,
}

#[derive(Debug, Deserialize)]
pub(crate) struct InputSchema {
    pub(crate) json: Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ToolChoice {
    Auto {},
    Any {},
    Tool { name: String },
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GuardrailConfig {
    pub(crate) guardrail_identifier: Option<String>,
    pub(crate) guardrail_version: Option<String>,
    pub(crate) trace: Option<String>,
    pub(crate) stream_processing_mode: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ServiceTier {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct OutputConfig {
    text_format: Option<TextFormat>,
}

#[derive(Debug, Deserialize)]
struct TextFormat {
    structure: FormatStructure,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FormatStructure {
    json_schema: AnswerSchema,
}

#[derive(Debug, Deserialize)]
struct AnswerSchema {
    schema: String,
}

/// Whether and how the model is asked to reason before it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Thinking {
    Off,
    /// Claude's `thinking`, with the budget in tokens when it has one.
    Claude {
        budget: Option<u64>,
    },
    /// A level by name, or another family's switch.
    Other,
}

impl Request {
    pub(crate) fn system(&self) -> &[SystemBlock] {
        self.system.as_deref().unwrap_or_default()
    }

    pub(crate) fn tool_specs(&self) -> impl Iterator<Item = &ToolSpec> {
        self.tool_config.iter().flat_map(|config| &config.tools).filter_map(|tool| match tool {
            Tool::ToolSpec(spec) => Some(spec),
            Tool::SystemTool {} | Tool::CachePoint { .. } => None,
        })
    }

    pub(crate) fn tool_choice(&self) -> Option<&ToolChoice> {
        self.tool_config.as_ref()?.tool_choice.as_ref()
    }

    /// The last message of the user, which is what the model answers.
    pub(crate) fn last_user_turn(&self) -> &[ContentBlock] {
        self.messages
            .iter()
            .rev()
            .find(|message| message.role == Role::User)
            .map_or(&[], |message| message.content.as_slice())
    }

    pub(crate) fn additional(&self, name: &str) -> Option<&Value> {
        self.additional_model_request_fields.as_ref()?.get(name)
    }

    /// The tier that was asked for, which the answer names again.
    pub(crate) fn service_tier(&self) -> Option<&str> {
        self.service_tier.as_ref().map(|tier| tier.kind.as_str())
    }

    /// The JSON Schema, as text, that the answer must keep to.
    pub(crate) fn answer_schema(&self) -> Option<&str> {
        Some(&self.output_config.as_ref()?.text_format.as_ref()?.structure.json_schema.schema)
    }

    pub(crate) fn thinking(&self) -> Thinking {
        if let Some(thinking) = self.additional("thinking")
            && matches!(thinking.get("type").and_then(Value::as_str), Some("enabled" | "adaptive"))
        {
            return Thinking::Claude { budget: thinking.get("budget_tokens").and_then(Value::as_u64) };
        }
        let on = |name: &str| match self.additional(name) {
            Some(Value::String(level)) => level != "none" && level != "disabled",
            Some(Value::Object(config)) => config.get("type").and_then(Value::as_str) != Some("disabled"),
            _ => false,
        };
        if ["reasoning_effort", "reasoningConfig", "reasoning_config"].into_iter().any(on) {
            return Thinking::Other;
        }
        Thinking::Off
    }
}

impl Source {
    /// How many bytes were sent, of what came inside the request.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Bytes(base64) => {
                base64.len() / 4 * 3 - base64.bytes().rev().take_while(|byte| *byte == b'=').count().min(2)
            }
            Self::Text(text) => text.len(),
            Self::Content(blocks) => blocks.to_string().len(),
            Self::S3Location {} => 0,
        }
    }
}
