//! The bodies of `POST /api/chat` and `POST /api/generate`.

use adit_plugin::Failure;
use adit_plugin::chat::{Message, Part, Request, Role, Tool};
use adit_plugin::formats::{Call, Delivery};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::conversation::{self, Conversation};
use crate::fault::invalid;
use crate::line::Endpoint;
use crate::members::Members;
use crate::{image, options};

/// What a client asks for.
pub(crate) struct Read {
    /// The model, as the client named it.
    pub(crate) model: String,
    /// None if a model is to be loaded and nothing said to it.
    pub(crate) call: Option<Call>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Think {
    Switch(bool),
    Level(String),
}

/// `{"type": "function", "function": {…}}`
#[derive(Deserialize)]
struct RawTool<'a> {
    #[serde(borrow)]
    function: RawFunction<'a>,
}

#[derive(Deserialize)]
struct RawFunction<'a> {
    name: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(borrow, default)]
    parameters: Option<&'a RawValue>,
}

/// What the contract has no member for, by OpenAI's names.
#[derive(Serialize)]
struct Extra<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<ResponseFormat<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum ResponseFormat<'a> {
    JsonObject,
    JsonSchema { json_schema: Schema<'a> },
}

#[derive(Serialize)]
struct Schema<'a> {
    name: &'static str,
    schema: &'a RawValue,
}

/// Reads a body.
pub(crate) fn read(endpoint: Endpoint, body: &[u8]) -> Result<Read, Failure> {
    let mut members = Members::of_body(body)?;
    let mut dropped = Vec::new();
    let model: String = members.take("model")?.unwrap_or_default();
    if model.trim().is_empty() {
        return Err(invalid("model", "is missing"));
    }
    let streams = members.take::<bool>("stream")?.unwrap_or(true);
    let sampling = options::read(members.inner("options", "options.")?, &mut dropped)?;
    let extra = Extra { reasoning_effort: effort(&mut members)?, response_format: format(&mut members)? };
    let conversation = match endpoint {
        Endpoint::Chat => conversation::read(members.take("messages")?.unwrap_or_default())?,
        Endpoint::Generate => prompt(&mut members)?,
    };
    let tools = match endpoint {
        Endpoint::Chat => tools(&mut members)?,
        Endpoint::Generate => Vec::new(),
    };
    // Nothing is kept alive here, and nothing goes away.
    members.ignore(&["keep_alive"]);
    dropped.extend(members.left());
    let Conversation { system, messages } = conversation;
    if messages.is_empty() && system.is_empty() {
        return Ok(Read { model, call: None });
    }
    if messages.is_empty() {
        return Err(invalid("messages", "have to hold one of a user"));
    }
    let has_extra = extra.reasoning_effort.is_some() || extra.response_format.is_some();
    let request = Request {
        model: bedrock_name(&model).to_owned(),
        system,
        messages,
        tools,
        tool_choice: None,
        sampling,
        extra: has_extra.then(|| serde_json::to_string(&extra).unwrap_or_default()),
    };
    let delivery = if streams { Delivery::Streamed } else { Delivery::Whole };
    Ok(Read { model, call: Some(Call { request, delivery, dropped }) })
}

/// Ollama's clients add a tag to names without one.
fn bedrock_name(model: &str) -> &str {
    model.strip_suffix(":latest").unwrap_or(model)
}

fn effort(members: &mut Members<'_>) -> Result<Option<String>, Failure> {
    let level = match members.take("think")? {
        None => return Ok(None),
        Some(Think::Switch(true)) => "medium".to_owned(),
        Some(Think::Switch(false)) => "none".to_owned(),
        Some(Think::Level(level)) => level,
    };
    match level.as_str() {
        "" => Ok(None),
        "none" | "low" | "medium" | "high" | "max" => Ok(Some(level)),
        _ => Err(invalid("think", "has to be true, false, `low`, `medium`, `high` or `max`")),
    }
}

fn format<'a>(members: &mut Members<'a>) -> Result<Option<ResponseFormat<'a>>, Failure> {
    let Some(raw) = members.take::<&RawValue>("format")? else { return Ok(None) };
    match raw.get() {
        "null" | "\"\"" => Ok(None),
        "\"json\"" => Ok(Some(ResponseFormat::JsonObject)),
        schema if schema.starts_with('{') => {
            Ok(Some(ResponseFormat::JsonSchema { json_schema: Schema { name: "answer", schema: raw } }))
        }
        _ => Err(invalid("format", "has to be `json` or a JSON Schema")),
    }
}

fn tools(members: &mut Members<'_>) -> Result<Vec<Tool>, Failure> {
    let tools: Vec<RawTool<'_>> = members.take("tools")?.unwrap_or_default();
    let tool = |RawTool { function }: RawTool<'_>| {
        let RawFunction { name, description, parameters } = function;
        let schema = parameters.map(RawValue::get).filter(|schema| *schema != "null");
        Tool {
            name,
            description: description.filter(|description| !description.trim().is_empty()),
            input_schema: schema.unwrap_or(r#"{"type":"object","properties":{}}"#).to_owned(),
            extra: None,
        }
    };
    Ok(tools.into_iter().map(tool).collect())
}

/// `prompt`, `system` and `images` are one turn.
fn prompt(members: &mut Members<'_>) -> Result<Conversation, Failure> {
    let system: String = members.take("system")?.unwrap_or_default();
    let prompt: String = members.take("prompt")?.unwrap_or_default();
    let images: Vec<String> = members.take("images")?.unwrap_or_default();
    let mut parts = Vec::with_capacity(images.len() + 1);
    for (index, base64) in images.iter().enumerate() {
        parts.push(image::read(&format!("images[{index}]"), base64)?);
    }
    if !prompt.trim().is_empty() {
        parts.push(Part::Text(prompt));
    }
    if parts.is_empty() {
        return Ok(Conversation::default());
    }
    let system = if system.trim().is_empty() { Vec::new() } else { vec![Part::Text(system)] };
    Ok(Conversation { system, messages: vec![Message { role: Role::User, parts }] })
}
