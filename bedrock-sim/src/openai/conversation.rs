//! A chat as a conversation of Converse.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::error::Error;
use super::message::{Assistant, Content, Message, Part};
use super::request::{ChoiceMode, Effort, Parts, ResponseFormat, ToolChoice};
use crate::converse::request::Request as Conversation;

/// The conversation that the model answers. Neighbours of one role become one message.
pub(super) fn of(parts: &Parts) -> Result<Conversation, Error> {
    if parts.messages.is_empty() {
        let message = "Invalid 'messages': empty array. Expected an array with minimum length 1.";
        return Err(Error::invalid("messages", Some("empty_array"), message));
    }
    let mut system = Vec::new();
    let mut turns: Vec<(&str, Vec<Value>)> = Vec::new();
    let mut open = BTreeSet::new();
    for (index, message) in parts.messages.iter().enumerate() {
        let (role, content) = match message {
            Message::System(said) => {
                system.extend(blocks(index, &said.content)?);
                continue;
            }
            Message::User(said) => ("user", blocks(index, &said.content)?),
            Message::Assistant(assistant) => ("assistant", answered(index, assistant)?),
            Message::Tool(answer) => {
                if !open.remove(&answer.tool_call_id) {
                    let param = format!("messages.[{index}].role");
                    let message = "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'.";
                    return Err(Error::invalid(&param, None, message));
                }
                let content = blocks(index, &answer.content)?;
                let result = json!({"toolResult": {"toolUseId": answer.tool_call_id, "content": content}});
                ("user", vec![result])
            }
        };
        if !matches!(message, Message::Tool(_)) {
            all_answered(index, &open)?;
        }
        if let Message::Assistant(assistant) = message {
            open.extend(assistant.tool_calls.iter().map(|call| call.id.clone()));
        }
        match turns.last_mut() {
            Some((last, turn)) if *last == role => turn.extend(content),
            _ => turns.push((role, content)),
        }
    }
    all_answered(parts.messages.len(), &open)?;
    let messages: Vec<Value> =
        turns.into_iter().map(|(role, content)| json!({"role": role, "content": content})).collect();
    let mut request = json!({"messages": messages, "system": system});
    if let Some(request) = request.as_object_mut() {
        settings(parts, request);
    }
    serde_json::from_value(request)
        .map_err(|reason| Error::invalid("messages", Some("invalid_value"), reason.to_string()))
}

fn all_answered(index: usize, open: &BTreeSet<String>) -> Result<(), Error> {
    if open.is_empty() {
        return Ok(());
    }
    let missing = open.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
    let message = format!(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. \
         The following tool_call_ids did not have response messages: {missing}"
    );
    Err(Error::invalid(&format!("messages.[{index}].role"), None, message))
}

fn settings(parts: &Parts, request: &mut Map<String, Value>) {
    let mut set = |name: &str, value: Value| request.insert(name.to_owned(), value);
    set("inferenceConfig", json!({"maxTokens": parts.max_tokens, "stopSequences": parts.stop}));
    let choice = match &parts.tool_choice {
        Some(ToolChoice::Named(named)) => json!({"tool": {"name": named.function.name}}),
        Some(ToolChoice::Mode(ChoiceMode::Required)) => json!({"any": {}}),
        _ => json!({"auto": {}}),
    };
    // A model that must not call is one without tools.
    let silent = matches!(parts.tool_choice, Some(ToolChoice::Mode(ChoiceMode::None)));
    if !parts.tools.is_empty() && !silent {
        let tools: Vec<Value> = parts
            .tools
            .iter()
            .map(|tool| {
                let function = &tool.function;
                let schema = function.parameters.clone().unwrap_or_else(|| json!({"type": "object"}));
                let description = &function.description;
                json!({"toolSpec": {"name": function.name, "description": description, "inputSchema": {"json": schema}}})
            })
            .collect();
        set("toolConfig", json!({"tools": tools, "toolChoice": choice}));
    }
    if parts.reasoning_effort.is_some_and(|effort| effort != Effort::None) {
        set("additionalModelRequestFields", json!({"reasoning_effort": "on"}));
    }
    let schema = match &parts.response_format {
        Some(ResponseFormat::JsonSchema { json_schema }) => {
            Some(json_schema.schema.clone().unwrap_or_else(|| json!({})))
        }
        Some(ResponseFormat::JsonObject) => Some(json!({"type": "object"})),
        Some(ResponseFormat::Text) | None => None,
    };
    if let Some(schema) = schema {
        let structure = json!({"jsonSchema": {"schema": schema.to_string()}});
        set("outputConfig", json!({"textFormat": {"type": "json_schema", "structure": structure}}));
    }
}

fn answered(index: usize, assistant: &Assistant) -> Result<Vec<Value>, Error> {
    let mut content = match &assistant.content {
        Some(content) => blocks(index, content)?,
        None => Vec::new(),
    };
    content.extend(assistant.tool_calls.iter().map(|call| {
        let input: Value = serde_json::from_str(&call.function.arguments).unwrap_or_else(|_| json!({}));
        json!({"toolUse": {"toolUseId": call.id, "name": call.function.name, "input": input}})
    }));
    Ok(content)
}

fn blocks(index: usize, content: &Content) -> Result<Vec<Value>, Error> {
    let parts = match content {
        Content::Text(text) => return Ok(vec![json!({"text": text})]),
        Content::Parts(parts) => parts,
    };
    parts
        .iter()
        .map(|part| match part {
            Part::Text { text } | Part::Refusal { refusal: text } => Ok(json!({"text": text})),
            Part::ImageUrl { image_url } => image(&image_url.url).ok_or_else(|| {
                let message = "Invalid image: expected a data URL of a PNG, JPEG, GIF or WebP in base64.";
                Error::invalid(&format!("messages.[{index}].content"), Some("invalid_image_url"), message)
            }),
        })
        .collect()
}

fn image(url: &str) -> Option<Value> {
    let (head, bytes) = url.strip_prefix("data:image/")?.split_once(";base64,")?;
    let format = ["png", "jpeg", "gif", "webp"].into_iter().find(|format| *format == head)?;
    Some(json!({"image": {"format": format, "source": {"bytes": bytes}}}))
}
