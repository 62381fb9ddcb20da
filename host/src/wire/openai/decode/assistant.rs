//! What the model said and called, as the client kept it.

use serde_json::value::RawValue;

use super::cache::{self, CacheControl};
use super::content::{Piece, Reader, Speaker};
use super::messages::RawMessage;
use super::object::{Text, object};
use super::{fault, reasoning};
use crate::chat::{Json, Part, ToolUse};
use crate::error::Failure;

object! {
    /// A tool call of the model's.
    pub(super) RawCall<'a> {
        id: Text<'a> = "id",
        kind: Text<'a> = "type",
        function: RawFunction<'a> = "function",
        cache_control: CacheControl<'a> = "cache_control",
    } ignores ["index"]
}

object! {
    /// What a tool call calls.
    pub(super) RawFunction<'a> {
        name: Text<'a> = "name",
        arguments: &'a RawValue = "arguments",
    } ignores []
}

/// Reads an assistant's message at `path`: what the model thought, then what it said, then what it
/// called. Models refuse thoughts that stand behind their words.
pub(super) fn decode(
    message: RawMessage<'_>,
    path: &str,
    reader: &mut Reader<'_>,
) -> Result<Vec<Part>, Failure> {
    if message.function_call.is_some() {
        return Err(fault::unsupported(&format!("{path}.function_call"), "is deprecated: use `tool_calls`"));
    }
    // A client may keep the same thoughts in several shapes; the fullest counts.
    let mut thoughts =
        reasoning::blocks(message.thinking_blocks.unwrap_or_default(), &format!("{path}.thinking_blocks"))?;
    let (mut among_content, mut said) = (Vec::new(), Vec::new());
    if let Some(content) = message.content {
        for piece in reader.pieces(content, &format!("{path}.content"), Speaker::Assistant)? {
            match piece {
                Piece::Thought(part) => among_content.push(part),
                other => said.push(other.into()),
            }
        }
        strip_echo(&mut said);
    }
    if thoughts.is_empty() {
        thoughts = among_content;
    }
    if thoughts.is_empty() {
        let text = message.reasoning_content.or(message.reasoning);
        thoughts.extend(reasoning::sealed(text, message.reasoning_signature));
    }
    if let Some(refusal) = message.refusal.filter(|refusal| !refusal.is_blank()) {
        said.push(Part::Text(refusal.into_string()));
    }
    for (place, call) in message.tool_calls.into_iter().flatten().enumerate() {
        let path = format!("{path}.tool_calls[{place}]");
        let mark = call.cache_control.as_ref().map(|control| cache::control(control, &path)).transpose()?;
        said.push(Part::ToolUse(tool_use(call, &path, reader)?));
        said.extend(mark.map(Part::CachePoint));
    }
    thoughts.append(&mut said);
    Ok(thoughts)
}

/// Leaves out thoughts that stand as text in front of what was said.
fn strip_echo(said: &mut Vec<Part>) {
    let Some(Part::Text(first)) = said.first_mut() else { return };
    let rest = reasoning::behind_echo(first);
    if rest.len() == first.len() {
        return;
    }
    if rest.trim().is_empty() {
        said.remove(0);
        if matches!(said.first(), Some(Part::CachePoint(_))) {
            said.remove(0);
        }
    } else {
        *first = rest.to_owned();
    }
}

fn tool_use(call: RawCall<'_>, path: &str, reader: &mut Reader<'_>) -> Result<ToolUse, Failure> {
    if call.kind.is_some_and(|kind| kind.as_str() != "function") {
        return Err(fault::unsupported(
            &format!("{path}.type"),
            "has to be `function`: no other tools are supported",
        ));
    }
    reader.dropped.note_unknown("messages[].tool_calls[]", &call.unknown);
    let id = call
        .id
        .filter(|id| !id.is_blank())
        .ok_or_else(|| fault::missing(&format!("{path}.id"), "the id of the call"))?;
    let function = call.function.ok_or_else(|| fault::missing(&format!("{path}.function"), "an object"))?;
    let name = function
        .name
        .filter(|name| !name.is_blank())
        .ok_or_else(|| fault::missing(&format!("{path}.function.name"), "the name of a tool"))?
        .into_string();
    if name.len() > super::tools::MAX_NAME_BYTES {
        return Err(fault::invalid(&format!("{path}.function.name"), "has to be at most 1024 bytes"));
    }
    let input = match function.arguments.map(arguments) {
        Some(Arguments::Object(input)) => input,
        Some(Arguments::Nothing) | None => Json::empty_object(),
        Some(Arguments::Broken) => {
            reader.dropped.note(format!("{path}.function.arguments"));
            Json::empty_object()
        }
    };
    Ok(ToolUse { id: id.into_string(), name, input })
}

/// The arguments of a call in the history. The model wrote them, so the caller cannot mend them.
enum Arguments {
    /// As they should be.
    Object(Json),
    /// A call without arguments.
    Nothing,
    /// Cut off, or no object: Converse would refuse the whole conversation.
    Broken,
}

/// OpenAI's arguments are a string that holds JSON; some clients send the JSON itself.
fn arguments(raw: &RawValue) -> Arguments {
    let unquoted = serde_json::from_str::<Text<'_>>(raw.get());
    let text = unquoted.as_ref().map_or(raw.get(), Text::as_str);
    match text.trim() {
        "" | "null" => Arguments::Nothing,
        text => Json::parse_object(text).map_or(Arguments::Broken, Arguments::Object),
    }
}
