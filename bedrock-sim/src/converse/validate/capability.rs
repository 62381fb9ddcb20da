//! What the model of a request can do: limits, tools, images, caching, answers that keep to a schema.
//! The data is in `capabilities.json`; the first entry whose `model` begins the model's id counts.

use std::sync::LazyLock;

use serde::Deserialize;

use super::model_id::bare;
use crate::converse::request::{ContentBlock, Request, SystemBlock, Tool, ToolChoice, ToolResultBlock};
use crate::error::ServiceError;

/// The data, read when it is first needed.
static KNOWN: LazyLock<Result<Vec<Capability>, serde_json::Error>> =
    LazyLock::new(|| serde_json::from_str(include_str!("capabilities.json")));

/// One line of the data. What a line does not say is true of a model that is not in the data too.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Capability {
    model: String,
    /// The most that `maxTokens` may be.
    max_tokens: Option<u64>,
    /// The most stop sequences.
    stop_sequences: Option<usize>,
    system: bool,
    tools: Tools,
    images: bool,
    caching: Caching,
    /// `outputConfig.textFormat` and strict tools.
    structured: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Tools {
    None,
    /// Tools, but no choice other than the model's own.
    Auto,
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Caching {
    None,
    /// Cache points, but not how long the cache lives.
    Plain,
    /// Cache points with `ttl`.
    Timed,
}

impl Default for Capability {
    fn default() -> Self {
        Self {
            model: String::new(),
            max_tokens: None,
            stop_sequences: None,
            system: true,
            tools: Tools::All,
            images: true,
            caching: Caching::None,
            structured: false,
        }
    }
}

impl Capability {
    fn of(model: &str) -> Result<Self, ServiceError> {
        let id = bare(model);
        if !id.contains('.') {
            // An ARN that does not name its model: nothing is known, so nothing is refused.
            return Ok(Self { caching: Caching::Timed, structured: true, ..Self::default() });
        }
        let known = KNOWN
            .as_ref()
            .map_err(|error| ServiceError::internal(format!("reading the capabilities failed: {error}")))?;
        Ok(known.iter().find(|known| id.starts_with(&known.model)).cloned().unwrap_or_default())
    }
}

pub(super) fn check(request: &Request, model: &str) -> Result<(), ServiceError> {
    let capability = Capability::of(model)?;
    limits(request, &capability)?;
    if !capability.system && !request.system().is_empty() {
        return Err(ServiceError::validation(
            "This model doesn't support system messages. Try again without a system message or use a model that supports \
             system messages.",
        ));
    }
    tools(request, &capability)?;
    if !capability.images && has_image(request) {
        return Err(unsupported("image"));
    }
    if !capability.structured && request.answer_schema().is_some() {
        return Err(unsupported("outputConfig.textFormat"));
    }
    caching(request, &capability)
}

fn limits(request: &Request, capability: &Capability) -> Result<(), ServiceError> {
    let Some(config) = &request.inference_config else { return Ok(()) };
    if let (Some(asked), Some(most)) = (config.max_tokens, capability.max_tokens)
        && asked > most
    {
        return Err(ServiceError::validation(format!(
            "The maximum tokens you requested exceeds the model limit of {most}. \
             Try again with a maximum tokens value that is lower than {most}."
        )));
    }
    let stops = config.stop_sequences.as_ref().map_or(0, Vec::len);
    match capability.stop_sequences {
        Some(most) if stops > most => Err(ServiceError::model_refused(format!(
            "Malformed input request: #/inferenceConfig/stopSequences: expected maximum item count: {most}, \
             found: {stops}, please reformat your input and try again."
        ))),
        _ => Ok(()),
    }
}

fn tools(request: &Request, capability: &Capability) -> Result<(), ServiceError> {
    if capability.tools == Tools::None && request.tool_config.is_some() {
        return Err(ServiceError::validation("This model doesn't support tool use."));
    }
    match request.tool_choice() {
        Some(ToolChoice::Any {}) if capability.tools == Tools::Auto => {
            return Err(unsupported("toolConfig.toolChoice.any"));
        }
        Some(ToolChoice::Tool { .. }) if capability.tools == Tools::Auto => {
            return Err(unsupported("toolConfig.toolChoice.tool"));
        }
        _ => {}
    }
    let tools = request.tool_config.iter().flat_map(|config| &config.tools).enumerate();
    let strict = tools.filter_map(|(index, tool)| match tool {
        Tool::ToolSpec(spec) if spec.strict == Some(true) => Some(index),
        _ => None,
    });
    match strict.into_iter().next() {
        Some(index) if !capability.structured => {
            Err(unsupported(&format!("toolConfig.tools.{index}.toolSpec.strict")))
        }
        _ => Ok(()),
    }
}

fn caching(request: &Request, capability: &Capability) -> Result<(), ServiceError> {
    let in_tools =
        request.tool_config.iter().flat_map(|config| &config.tools).filter_map(|tool| match tool {
            Tool::CachePoint { ttl } => Some(ttl),
            _ => None,
        });
    let in_system = request.system().iter().filter_map(|block| match block {
        SystemBlock::CachePoint { ttl } => Some(ttl),
        _ => None,
    });
    let in_messages =
        request.messages.iter().flat_map(|message| &message.content).filter_map(|block| match block {
            ContentBlock::CachePoint { ttl } => Some(ttl),
            _ => None,
        });
    for ttl in in_tools.chain(in_system).chain(in_messages) {
        if capability.caching == Caching::None {
            return Err(ServiceError::validation(
                "You invoked an unsupported model or your request did not allow prompt caching. \
                 See the documentation for more information.",
            ));
        }
        if ttl.is_some() && capability.caching != Caching::Timed {
            return Err(unsupported("cachePoint.ttl"));
        }
    }
    Ok(())
}

fn has_image(request: &Request) -> bool {
    request.messages.iter().flat_map(|message| &message.content).any(|block| match block {
        ContentBlock::Image(_) => true,
        ContentBlock::ToolResult(result) => {
            result.content.iter().any(|part| matches!(part, ToolResultBlock::Image(_)))
        }
        _ => false,
    })
}

/// The words that the service has for a member which a model does not take.
fn unsupported(member: &str) -> ServiceError {
    ServiceError::validation(format!(
        "This model doesn't support the {member} field. Remove {member} and try again."
    ))
}
