//! `messages`: role by role.

use serde::de::IgnoredAny;

use super::assistant::{self, RawCall};
use super::body::Body;
use super::cache::{self, CacheControl};
use super::content::{Content, Piece, Reader, Speaker};
use super::fault;
use super::object::{Text, object};
use super::reasoning::ThinkingBlock;
use super::repair::{Turn, begin_with_user, conversation, trim_end};
use crate::chat::{CacheTtl, Message, Part, Prefill, ResultPart, Role};
use crate::error::Failure;

/// Most messages of a request.
const MOST: usize = 100_000;

object! {
    /// A message, of any role.
    pub(super) RawMessage<'a> {
        role: Text<'a> = "role",
        content: Content<'a> = "content",
        refusal: Text<'a> = "refusal",
        tool_calls: Vec<RawCall<'a>> = "tool_calls",
        tool_call_id: Text<'a> = "tool_call_id",
        function_call: IgnoredAny = "function_call",
        reasoning_content: Text<'a> = "reasoning_content",
        reasoning: Text<'a> = "reasoning",
        reasoning_signature: Text<'a> = "reasoning_signature",
        thinking_blocks: Vec<ThinkingBlock<'a>> = "thinking_blocks",
        cache_control: CacheControl<'a> = "cache_control",
        prefix: bool = "prefix",
    } ignores ["annotations"]
}

/// What `messages` holds.
pub(super) struct Conversation {
    /// The instructions, in order.
    pub(super) system: Vec<Part>,
    /// The turns.
    pub(super) messages: Vec<Message>,
    /// Whether the last of them has to go out as it is (`prefix`, as DeepSeek and Mistral call it).
    pub(super) prefill: Prefill,
}

/// Reads `messages`: the instructions, and the conversation.
pub(super) fn decode(body: &Body<'_>, reader: &mut Reader<'_>) -> Result<Conversation, Failure> {
    let raw: Vec<RawMessage<'_>> =
        body.read("messages")?.ok_or_else(|| fault::missing("messages", "an array of messages"))?;
    if raw.len() > MOST {
        return Err(fault::invalid("messages", "must hold at most 100000 messages"));
    }
    let is_prefix = raw.last().is_some_and(|last| last.prefix == Some(true));
    let prefill = if is_prefix { Prefill::AsGiven } else { Prefill::Bridged };
    let mut system = Vec::new();
    let mut turns = Vec::with_capacity(raw.len());
    for (place, message) in raw.into_iter().enumerate() {
        match turn(message, &format!("messages[{place}]"), reader)? {
            Spoken::Instructions(parts) => system.extend(parts),
            Spoken::Turn(turn) => turns.push(turn),
        }
    }
    let mut messages = conversation(turns);
    if !messages.iter().any(|message| message.role == Role::User) {
        return Err(fault::invalid("messages", "has to hold a message of role `user` that is not blank"));
    }
    begin_with_user(&mut messages);
    trim_end(&mut messages);
    Ok(Conversation { system, messages, prefill })
}

/// Where a message belongs.
enum Spoken {
    /// Ahead of the conversation, wherever it stood.
    Instructions(Vec<Part>),
    /// In it.
    Turn(Turn),
}

fn turn(message: RawMessage<'_>, path: &str, reader: &mut Reader<'_>) -> Result<Spoken, Failure> {
    let role = message.role.as_ref().map(Text::as_str);
    for member in &message.unknown {
        // A tool's name is no loss: its call says it.
        if role != Some("tool") || member != "name" {
            reader.dropped.note(format!("messages[].{member}"));
        }
    }
    let mark = message.cache_control.as_ref().map(|control| cache::control(control, path)).transpose()?;
    match role {
        Some("system" | "developer") => {
            let parts = required(message, path, Speaker::Instructor, reader)?;
            Ok(Spoken::Instructions(marked(parts, mark.map(Part::CachePoint))))
        }
        Some("user") => {
            let parts = required(message, path, Speaker::User, reader)?;
            Ok(Spoken::Turn(Turn::User(marked(parts, mark.map(Part::CachePoint)))))
        }
        Some("assistant") => {
            let parts = assistant::decode(message, path, reader)?;
            Ok(Spoken::Turn(Turn::Assistant(marked(parts, mark.map(Part::CachePoint)))))
        }
        Some("tool") => Ok(Spoken::Turn(tool(message, path, mark, reader)?)),
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

/// Parts with the mark of their message behind them, unless the last has the same or there is nothing to mark.
fn marked<T: PartialEq>(mut parts: Vec<T>, mark: Option<T>) -> Vec<T> {
    let mark = mark.filter(|mark| parts.last().is_some_and(|last| last != mark));
    parts.extend(mark);
    parts
}

/// Content that has to be there.
fn required(
    message: RawMessage<'_>,
    path: &str,
    speaker: Speaker,
    reader: &mut Reader<'_>,
) -> Result<Vec<Part>, Failure> {
    let path = format!("{path}.content");
    let content =
        message.content.ok_or_else(|| fault::missing(&path, "a string or an array of content parts"))?;
    Ok(reader.pieces(content, &path, speaker)?.into_iter().map(Part::from).collect())
}

/// What a tool answered; nothing at all is an answer too.
fn tool(
    message: RawMessage<'_>,
    path: &str,
    mark: Option<CacheTtl>,
    reader: &mut Reader<'_>,
) -> Result<Turn, Failure> {
    let tool_use_id = message
        .tool_call_id
        .filter(|id| !id.is_blank())
        .ok_or_else(|| fault::missing(&format!("{path}.tool_call_id"), "the id of the call that it answers"))?
        .into_string();
    let pieces = match message.content {
        Some(content) => reader.pieces(content, &format!("{path}.content"), Speaker::Tool)?,
        None => Vec::new(),
    };
    let plain = |piece| match piece {
        Piece::Plain(part) => Some(part),
        // Not for a tool: the reader has refused them.
        Piece::Guarded(_) | Piece::Thought(_) => None,
    };
    let content = pieces.into_iter().filter_map(plain).collect();
    Ok(Turn::ToolResult { tool_use_id, content: marked(content, mark.map(ResultPart::CachePoint)) })
}
