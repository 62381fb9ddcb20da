//! `messages`: role by role.

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::body::Body;
use super::content::{Allow, Content, pieces};
use super::dropped::Dropped;
use super::object::{Text, object};
use super::repair::{Turn, begin_with_user, conversation};
use super::{fault, json};
use crate::chat::{Json, Message, Part, Role, ToolUse};
use crate::error::Failure;

object! {
    /// A message, of any role.
    RawMessage<'a> {
        role: Text<'a> = "role",
        content: Content<'a> = "content",
        refusal: Text<'a> = "refusal",
        tool_calls: Vec<RawCall<'a>> = "tool_calls",
        tool_call_id: Text<'a> = "tool_call_id",
        function_call: IgnoredAny = "function_call",
    } ignores ["annotations"]
}

object! {
    /// A tool call of the model's.
    RawCall<'a> {
        id: Text<'a> = "id",
        kind: Text<'a> = "type",
        function: RawFunction<'a> = "function",
    } ignores ["index"]
}

object! {
    /// What a tool call calls.
    RawFunction<'a> {
        name: Text<'a> = "name",
        arguments: &'a RawValue = "arguments",
    } ignores []
}

/// Reads `messages`: the instructions, and the conversation.
pub(super) fn decode(body: &Body<'_>, dropped: &mut Dropped) -> Result<(Vec<Part>, Vec<Message>), Failure> {
    let raw: Vec<RawMessage<'_>> =
        body.read("messages")?.ok_or_else(|| fault::missing("messages", "an array of messages"))?;
    let mut system = Vec::new();
    let mut turns = Vec::with_capacity(raw.len());
    for (place, message) in raw.into_iter().enumerate() {
        match turn(message, &format!("messages[{place}]"), dropped)? {
            Spoken::Instructions(parts) => system.extend(parts),
            Spoken::Turn(turn) => turns.push(turn),
        }
    }
    let mut messages = conversation(turns);
    if !messages.iter().any(|message| message.role == Role::User) {
        return Err(fault::invalid("messages", "has to hold a message of role `user` that is not blank"));
    }
    begin_with_user(&mut messages);
    Ok((system, messages))
}

/// Where a message belongs.
enum Spoken {
    /// Ahead of the conversation, wherever it stood.
    Instructions(Vec<Part>),
    /// In it.
    Turn(Turn),
}

fn turn(message: RawMessage<'_>, path: &str, dropped: &mut Dropped) -> Result<Spoken, Failure> {
    let role = message.role.as_ref().map(Text::as_str);
    for member in &message.unknown {
        // A tool's name is no loss: its call says it.
        if role != Some("tool") || member != "name" {
            dropped.note(format!("messages[].{member}"));
        }
    }
    match role {
        Some("system" | "developer") => {
            Ok(Spoken::Instructions(required(message, path, Allow::Text, dropped)?))
        }
        Some("user") => Ok(Spoken::Turn(Turn::User(required(message, path, Allow::Images, dropped)?))),
        Some("assistant") => Ok(Spoken::Turn(Turn::Assistant(assistant(message, path, dropped)?))),
        Some("tool") => Ok(Spoken::Turn(tool(message, path, dropped)?)),
        Some("function") => Err(fault::unsupported(
            &format!("{path}.role"),
            "must not be `function`, which is deprecated: use `tool` with a `tool_call_id`",
        )),
        Some(_) => Err(fault::invalid(
            &format!("{path}.role"),
            "has to be one of `system`, `developer`, `user`, `assistant`, `tool`",
        )),
        None => Err(fault::missing(
            &format!("{path}.role"),
            "one of `system`, `developer`, `user`, `assistant`, `tool`",
        )),
    }
}

/// Content that has to be there.
fn required(
    message: RawMessage<'_>,
    path: &str,
    allow: Allow,
    dropped: &mut Dropped,
) -> Result<Vec<Part>, Failure> {
    let path = format!("{path}.content");
    let content =
        message.content.ok_or_else(|| fault::missing(&path, "a string or an array of content parts"))?;
    Ok(pieces(content, &path, allow, dropped)?.into_iter().map(Part::from).collect())
}

/// What the model said, then what it called.
fn assistant(message: RawMessage<'_>, path: &str, dropped: &mut Dropped) -> Result<Vec<Part>, Failure> {
    if message.function_call.is_some() {
        return Err(fault::unsupported(&format!("{path}.function_call"), "is deprecated: use `tool_calls`"));
    }
    let mut parts: Vec<Part> = Vec::new();
    if let Some(content) = message.content {
        parts.extend(
            pieces(content, &format!("{path}.content"), Allow::Text, dropped)?.into_iter().map(Part::from),
        );
    }
    if let Some(refusal) = message.refusal.filter(|refusal| !refusal.is_blank()) {
        parts.push(Part::Text(refusal.into_string()));
    }
    for (place, call) in message.tool_calls.into_iter().flatten().enumerate() {
        parts.push(Part::ToolUse(tool_use(call, &format!("{path}.tool_calls[{place}]"), dropped)?));
    }
    Ok(parts)
}

/// What a tool answered; nothing at all is an answer too.
fn tool(message: RawMessage<'_>, path: &str, dropped: &mut Dropped) -> Result<Turn, Failure> {
    let tool_use_id = message
        .tool_call_id
        .filter(|id| !id.is_blank())
        .ok_or_else(|| fault::missing(&format!("{path}.tool_call_id"), "the id of the call that it answers"))?
        .into_string();
    let content = match message.content {
        Some(content) => pieces(content, &format!("{path}.content"), Allow::Images, dropped)?,
        None => Vec::new(),
    };
    Ok(Turn::ToolResult { tool_use_id, content: content.into_iter().map(Into::into).collect() })
}

fn tool_use(call: RawCall<'_>, path: &str, dropped: &mut Dropped) -> Result<ToolUse, Failure> {
    if call.kind.is_some_and(|kind| kind.as_str() != "function") {
        return Err(fault::unsupported(
            &format!("{path}.type"),
            "has to be `function`: no other tools are supported",
        ));
    }
    dropped.note_unknown("messages[].tool_calls[]", &call.unknown);
    let id = call
        .id
        .filter(|id| !id.is_blank())
        .ok_or_else(|| fault::missing(&format!("{path}.id"), "the id of the call"))?;
    let function = call.function.ok_or_else(|| fault::missing(&format!("{path}.function"), "an object"))?;
    let name = function
        .name
        .filter(|name| !name.is_blank())
        .ok_or_else(|| fault::missing(&format!("{path}.function.name"), "the name of a tool"))?;
    let input = match function.arguments.map(arguments) {
        Some(Arguments::Object(input)) => input,
        Some(Arguments::Nothing) | None => Json::empty_object(),
        Some(Arguments::Broken) => {
            dropped.note(format!("{path}.function.arguments"));
            Json::empty_object()
        }
    };
    Ok(ToolUse { id: id.into_string(), name: name.into_string(), input })
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
        text => json::object(text).map_or(Arguments::Broken, Arguments::Object),
    }
}
