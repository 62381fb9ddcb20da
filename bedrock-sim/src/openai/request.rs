//! The body of a Chat Completions request: which members there are and what they may be.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::Error;
use super::message::Message;
use crate::converse::request::Request as Conversation;

/// The members that OpenAI's API has; any other is refused.
const MEMBERS: &[&str] = &[
    "frequency_penalty",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "n",
    "parallel_tool_calls",
    "presence_penalty",
    "prompt_cache_key",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
];

/// A request that the endpoint would take.
#[derive(Debug)]
pub(crate) struct Chat {
    pub(crate) model: String,
    /// The same as a request of Converse, which the model answers.
    pub(crate) conversation: Conversation,
    pub(crate) stream: bool,
    pub(crate) include_usage: bool,
    pub(crate) service_tier: Option<String>,
}

/// What of a request becomes part of the conversation.
#[derive(Debug)]
pub(super) struct Parts {
    pub(super) messages: Vec<Message>,
    pub(super) tools: Vec<Tool>,
    pub(super) tool_choice: Option<ToolChoice>,
    pub(super) max_tokens: Option<u64>,
    pub(super) stop: Vec<String>,
    pub(super) reasoning_effort: Option<Effort>,
    pub(super) response_format: Option<ResponseFormat>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tool {
    #[serde(rename = "type")]
    _kind: FunctionKind,
    pub(super) function: Function,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FunctionKind {
    Function,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Function {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) parameters: Option<Value>,
    #[serde(rename = "strict")]
    _strict: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum ToolChoice {
    Mode(ChoiceMode),
    Named(NamedChoice),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ChoiceMode {
    None,
    Auto,
    Required,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NamedChoice {
    #[serde(rename = "type")]
    _kind: FunctionKind,
    pub(super) function: FunctionName,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FunctionName {
    pub(super) name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Effort {
    None,
    Minimal,
    Low,
    Medium,
    High,
    Xhigh,
    Max,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ResponseFormat {
    Text,
    JsonObject,
    JsonSchema { json_schema: JsonSchema },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JsonSchema {
    #[serde(rename = "name")]
    _name: String,
    #[serde(rename = "description")]
    _description: Option<String>,
    pub(super) schema: Option<Value>,
    #[serde(rename = "strict")]
    _strict: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct StreamOptions {
    include_usage: Option<bool>,
    #[serde(rename = "include_obfuscation")]
    _include_obfuscation: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Stop {
    One(String),
    Many(Vec<String>),
}

/// Reads the body of a request.
pub(crate) fn read(body: &[u8]) -> Result<Chat, Error> {
    let Ok(Value::Object(body)) = serde_json::from_slice(body) else {
        let message = "We could not parse the JSON body of your request. The API expects a JSON object.";
        return Err(Error::invalid("", None, message));
    };
    if let Some(unknown) = body.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
        let message = format!("Unknown parameter: '{unknown}'.");
        return Err(Error::invalid(unknown, Some("unknown_parameter"), message));
    }
    let model = required(&body, "model")?;
    within(&body, "temperature", 0.0, 2.0)?;
    within(&body, "top_p", 0.0, 1.0)?;
    within(&body, "frequency_penalty", -2.0, 2.0)?;
    within(&body, "presence_penalty", -2.0, 2.0)?;
    if member::<u64>(&body, "n")?.is_some_and(|count| count != 1) {
        return Err(Error::invalid("n", Some("unsupported_value"), "Only 1 is supported for 'n'."));
    }
    let options: Option<StreamOptions> = member(&body, "stream_options")?;
    let stream = member(&body, "stream")?.unwrap_or(false);
    if options.is_some() && !stream {
        let message = "The 'stream_options' parameter is only allowed when 'stream' is enabled.";
        return Err(Error::invalid("stream_options", None, message));
    }
    let limit = member::<u64>(&body, "max_completion_tokens")?;
    let parts = Parts {
        messages: required(&body, "messages")?,
        tools: member(&body, "tools")?.unwrap_or_default(),
        tool_choice: member(&body, "tool_choice")?,
        max_tokens: limit.or(member(&body, "max_tokens")?),
        stop: match member(&body, "stop")? {
            None => Vec::new(),
            Some(Stop::One(stop)) => vec![stop],
            Some(Stop::Many(stops)) => stops,
        },
        reasoning_effort: member(&body, "reasoning_effort")?,
        response_format: member(&body, "response_format")?,
    };
    if parts.max_tokens == Some(0) {
        let message =
            "Invalid 'max_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.";
        return Err(Error::invalid("max_tokens", Some("integer_below_min_value"), message));
    }
    Ok(Chat {
        model,
        conversation: super::conversation::of(&parts)?,
        stream,
        include_usage: options.unwrap_or_default().include_usage.unwrap_or(false),
        service_tier: member(&body, "service_tier")?,
    })
}

/// A member, of which null means that it is absent.
fn member<T: DeserializeOwned>(body: &Map<String, Value>, name: &str) -> Result<Option<T>, Error> {
    let Some(value) = body.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
    let value = serde_json::from_value(value.clone());
    value.map(Some).map_err(|reason| {
        Error::invalid(name, Some("invalid_value"), format!("Invalid value for '{name}': {reason}."))
    })
}

fn required<T: DeserializeOwned>(body: &Map<String, Value>, name: &str) -> Result<T, Error> {
    member(body, name)?.ok_or_else(|| {
        let message = format!("Missing required parameter: '{name}'.");
        Error::invalid(name, Some("missing_required_parameter"), message)
    })
}

fn within(body: &Map<String, Value>, name: &str, least: f64, most: f64) -> Result<(), Error> {
    match member::<f64>(body, name)? {
        Some(number) if !(least..=most).contains(&number) => {
            let message =
                format!("Invalid '{name}': expected a value from {least} to {most}, but got {number}.");
            Err(Error::invalid(name, Some("decimal_out_of_range"), message))
        }
        _ => Ok(()),
    }
}
