//! The texts of a request.

use adit_plugin::chat::{Message, Part, Request, ResultPart, Role, Tool};
use serde_json::Value;

/// A text of a request.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Piece<'r> {
    Text(&'r str),
    /// JSON that the caller or a model made up: its strings count, so that no escape hides one.
    Json(&'r str),
    /// JSON whose members have names of a format, such as a schema: the values count.
    Values(&'r str),
    /// What a tool said, which is often JSON.
    Either(&'r str),
}

impl Piece<'_> {
    /// Whether it is, or has in it, such a text.
    pub(crate) fn has(self, is: &mut impl FnMut(&str) -> bool) -> bool {
        let in_json =
            |json, names, is: &mut _| serde_json::from_str(json).is_ok_and(|value| any_in(&value, names, is));
        match self {
            Self::Text(text) => is(text),
            Self::Json(json) => in_json(json, Names::Count, is),
            Self::Values(json) => in_json(json, Names::Pass, is),
            Self::Either(text) => is(text) || in_json(text, Names::Count, is),
        }
    }

    /// In bytes, as it is written.
    fn len(self) -> usize {
        let (Self::Text(text) | Self::Json(text) | Self::Values(text) | Self::Either(text)) = self;
        text.len()
    }
}

/// Whether names of members are texts.
#[derive(Clone, Copy, PartialEq)]
enum Names {
    Count,
    Pass,
}

fn any_in(value: &Value, names: Names, is: &mut impl FnMut(&str) -> bool) -> bool {
    match value {
        Value::String(text) => is(text),
        Value::Array(items) => items.iter().any(|item| any_in(item, names, is)),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| (names == Names::Count && is(name)) || any_in(value, names, is)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// All that leaves with a request: instructions, tools, messages, and settings that are texts.
pub(crate) fn pieces(request: &Request) -> impl Iterator<Item = Piece<'_>> {
    let system = request.system.iter().flat_map(of_part);
    let tools = request.tools.iter().flat_map(of_tool);
    let messages = request.messages.iter().flat_map(of_message);
    let stops = request.sampling.stop_sequences.iter().map(|text| Piece::Text(text));
    let extra = request.extra.iter().map(|json| Piece::Values(json));
    system.chain(tools).chain(messages).chain(stops).chain(extra)
}

/// The texts of a message.
pub(crate) fn of_message(message: &Message) -> impl Iterator<Item = Piece<'_>> {
    message.parts.iter().flat_map(of_part)
}

/// The newest message in which the caller says something, and not only a tool.
pub(crate) fn newest_turn(request: &Request) -> Option<&Message> {
    let mut turns = request.messages.iter().rev().filter(|message| message.role == Role::User);
    turns.find(|message| message.parts.iter().any(is_said))
}

/// Prose, be it marked for a guardrail or not.
fn is_said(part: &Part) -> bool {
    match part {
        Part::Text(_) => true,
        Part::Other(json) => {
            serde_json::from_str(json).is_ok_and(|value: Value| value.get("guarded_text").is_some())
        }
        _ => false,
    }
}

fn of_tool(tool: &Tool) -> impl Iterator<Item = Piece<'_>> {
    let texts = [Some(&tool.name), tool.description.as_ref()].into_iter().flatten();
    let schemas = [Some(&tool.input_schema), tool.extra.as_ref()].into_iter().flatten();
    texts.map(|text| Piece::Text(text)).chain(schemas.map(|json| Piece::Values(json)))
}

fn of_part(part: &Part) -> Vec<Piece<'_>> {
    match part {
        Part::Text(text) => vec![Piece::Text(text)],
        Part::Reasoning(reasoning) => vec![Piece::Text(&reasoning.text)],
        Part::ToolUse(call) => vec![Piece::Text(&call.name), Piece::Json(&call.input)],
        Part::ToolResult(result) => result.content.iter().filter_map(of_result).collect(),
        Part::Other(json) => vec![Piece::Values(json)],
        Part::Blob(blob) => blob.name.iter().map(|name| Piece::Text(name)).collect(),
        Part::Data(data) => data.name.iter().map(|name| Piece::Text(name)).collect(),
        Part::RedactedReasoning(_) => Vec::new(),
    }
}

fn of_result(part: &ResultPart) -> Option<Piece<'_>> {
    match part {
        ResultPart::Text(text) => Some(Piece::Either(text)),
        ResultPart::Other(json) => Some(Piece::Values(json)),
        ResultPart::Blob(blob) => blob.name.as_deref().map(Piece::Text),
        ResultPart::Data(data) => data.name.as_deref().map(Piece::Text),
    }
}

/// Bytes of all texts; JSON counts as it is written.
pub(crate) fn prompt_bytes(request: &Request) -> usize {
    pieces(request).map(Piece::len).sum()
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
