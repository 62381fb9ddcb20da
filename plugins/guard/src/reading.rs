//! The texts of a request.

use adit_plugin::chat::{Message, Part, Request, ResultPart, Role};
use serde_json::Value;

/// Whether any text that the caller or a tool wrote, or the model said before, is such a text.
pub(crate) fn any_text(request: &Request, is: &mut impl FnMut(&str) -> bool) -> bool {
    request.messages.iter().any(|message| any_in_message(message, is))
}

/// The newest message of the caller's that is not only made of tool results.
pub(crate) fn newest_turn(request: &Request) -> Option<&Message> {
    let mut turns = request.messages.iter().rev().filter(|message| message.role == Role::User);
    turns.find(|message| message.parts.iter().any(|part| matches!(part, Part::Text(_))))
}

/// Whether any text of a message is such a text.
pub(crate) fn any_in_message(message: &Message, is: &mut impl FnMut(&str) -> bool) -> bool {
    message.parts.iter().any(|part| any_in_part(part, is))
}

fn any_in_part(part: &Part, is: &mut impl FnMut(&str) -> bool) -> bool {
    match part {
        Part::Text(text) => is(text),
        Part::Reasoning(reasoning) => is(&reasoning.text),
        Part::ToolUse(call) => any_in_json(&call.input, is),
        Part::ToolResult(result) => result.content.iter().any(|part| match part {
            ResultPart::Text(text) => is(text) || any_in_json(text, is),
            ResultPart::Other(json) => any_in_json(json, is),
            ResultPart::Blob(blob) => blob.name.as_deref().is_some_and(&mut *is),
            ResultPart::Data(data) => data.name.as_deref().is_some_and(&mut *is),
        }),
        Part::Other(json) => any_in_json(json, is),
        Part::Blob(blob) => blob.name.as_deref().is_some_and(is),
        Part::Data(data) => data.name.as_deref().is_some_and(is),
        Part::RedactedReasoning(_) => false,
    }
}

/// Strings inside JSON, so that no escape hides one.
fn any_in_json(json: &str, is: &mut impl FnMut(&str) -> bool) -> bool {
    serde_json::from_str(json).is_ok_and(|value| any_in_value(&value, is))
}

fn any_in_value(value: &Value, is: &mut impl FnMut(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is(text),
        Value::Array(items) => items.iter().any(|item| any_in_value(item, is)),
        Value::Object(members) => members.iter().any(|(name, value)| is(name) || any_in_value(value, is)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Bytes of text that the model would read, without tools.
pub(crate) fn prompt_bytes(request: &Request) -> usize {
    let mut bytes = 0;
    let mut count = |text: &str| {
        bytes += text.len();
        false
    };
    for part in &request.system {
        any_in_part(part, &mut count);
    }
    any_text(request, &mut count);
    bytes
}

/// Images and documents.
pub(crate) fn files(request: &Request) -> usize {
    let parts = request.messages.iter().flat_map(|message| &message.parts);
    parts
        .map(|part| match part {
            Part::Blob(_) | Part::Data(_) => 1,
            Part::ToolResult(result) => result
                .content
                .iter()
                .filter(|part| matches!(part, ResultPart::Blob(_) | ResultPart::Data(_)))
                .count(),
            _ => 0,
        })
        .sum()
}
