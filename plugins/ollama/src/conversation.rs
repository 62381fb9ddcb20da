//! `messages`, put in the order that models demand: user and assistant take turns, the user begins,
//! and every call is answered in the very next message, in the order of the calls.

use adit_plugin::Failure;
use adit_plugin::chat::{Message, Part, Reasoning, ResultPart, Role, ToolResult, ToolUse};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::fault::invalid;
use crate::image;

/// What stands in for a beginning that was cut off.
const CONTINUED: &str = "(The beginning of this conversation is not shown.)";
/// What stands in for a result that never came.
const NO_RESULT: &str = "The tool call was interrupted and gave no result.";

/// A message as a client sends it.
#[derive(Deserialize)]
pub(crate) struct RawMessage<'a> {
    role: String,
    #[serde(default)]
    content: Option<String>,
    #[serde(default)]
    thinking: Option<String>,
    #[serde(default)]
    images: Option<Vec<String>>,
    #[serde(default, borrow)]
    tool_calls: Option<Vec<RawCall<'a>>>,
    /// Whose answer it is.
    #[serde(default, alias = "name")]
    tool_name: Option<String>,
    #[serde(default)]
    tool_call_id: Option<String>,
}

#[derive(Deserialize)]
struct RawCall<'a> {
    #[serde(default)]
    id: Option<String>,
    #[serde(borrow)]
    function: RawFunction<'a>,
}

#[derive(Deserialize)]
struct RawFunction<'a> {
    name: String,
    #[serde(default, borrow)]
    arguments: Option<&'a RawValue>,
}

/// What was said so far.
#[derive(Default)]
pub(crate) struct Conversation {
    pub(crate) system: Vec<Part>,
    pub(crate) messages: Vec<Message>,
}

/// Reads the messages.
pub(crate) fn read(messages: Vec<RawMessage<'_>>) -> Result<Conversation, Failure> {
    let mut writer = Writer::default();
    for (index, message) in messages.into_iter().enumerate() {
        let place = format!("messages[{index}]");
        match message.role.as_str() {
            "system" => writer.done.system.extend(text(message.content)),
            "user" => writer.user(&place, message)?,
            "assistant" => writer.assistant(&place, message)?,
            "tool" => writer.tool(message),
            _ => {
                let what = "has to be `system`, `user`, `assistant` or `tool`";
                return Err(invalid(&format!("{place}.role"), what));
            }
        }
    }
    Ok(writer.finish())
}

/// A text, if it says anything: models refuse blank ones.
fn text(content: Option<String>) -> Option<Part> {
    content.filter(|content| !content.trim().is_empty()).map(Part::Text)
}

#[derive(Default)]
struct Writer {
    done: Conversation,
    /// The calls of the assistant's last turn.
    calls: Vec<Open>,
    /// Calls so far: what an id is made of, the same on every turn.
    count: usize,
    /// What else the user's next message holds.
    said: Vec<Part>,
}

struct Open {
    id: String,
    name: String,
    result: Option<Vec<ResultPart>>,
}

impl Writer {
    fn user(&mut self, place: &str, message: RawMessage<'_>) -> Result<(), Failure> {
        for (index, base64) in message.images.unwrap_or_default().iter().enumerate() {
            self.said.push(image::read(&format!("{place}.images[{index}]"), base64)?);
        }
        self.said.extend(text(message.content));
        Ok(())
    }

    fn assistant(&mut self, place: &str, message: RawMessage<'_>) -> Result<(), Failure> {
        self.end_user_turn();
        let mut parts = Vec::new();
        let thinking = message.thinking.filter(|thinking| !thinking.trim().is_empty());
        parts.extend(thinking.map(|text| Part::Reasoning(Reasoning { text, signature: None })));
        parts.extend(text(message.content));
        for (index, call) in message.tool_calls.unwrap_or_default().into_iter().enumerate() {
            let RawCall { id, function: RawFunction { name, arguments } } = call;
            let input = arguments_of(arguments).ok_or_else(|| {
                invalid(&format!("{place}.tool_calls[{index}].function.arguments"), "is not an object")
            })?;
            let id = id.filter(|id| !id.is_empty()).unwrap_or_else(|| format!("call_{}", self.count));
            self.count += 1;
            self.calls.push(Open { id: id.clone(), name: name.clone(), result: None });
            parts.push(Part::ToolUse(ToolUse { id, name, input }));
        }
        match self.done.messages.last_mut() {
            Some(last) if last.role == Role::Assistant => last.parts.extend(parts),
            _ if parts.is_empty() => {}
            _ => self.done.messages.push(Message { role: Role::Assistant, parts }),
        }
        Ok(())
    }

    /// Pairs an answer with its call: by the id, else by the name, else in order. An answer to
    /// nothing is something that the model is told.
    fn tool(&mut self, message: RawMessage<'_>) {
        let RawMessage { content, tool_name, tool_call_id, .. } = message;
        let mut open = self.calls.iter_mut().filter(|call| call.result.is_none());
        let call = match (tool_call_id, tool_name) {
            (Some(id), _) if !id.is_empty() => open.find(|call| call.id == id),
            (_, Some(name)) if !name.is_empty() => open.find(|call| call.name == name),
            _ => open.next(),
        };
        match call {
            Some(call) => call.result = Some(vec![ResultPart::Text(content.unwrap_or_default())]),
            None => self.said.extend(text(content)),
        }
    }

    fn end_user_turn(&mut self) {
        let is_answered = self.calls.iter().any(|call| call.result.is_some());
        if !is_answered && self.said.is_empty() {
            return;
        }
        let result = |Open { id, name: _, result }| {
            let is_error = result.is_none();
            let content = result.unwrap_or_else(|| vec![ResultPart::Text(NO_RESULT.to_owned())]);
            Part::ToolResult(ToolResult { tool_use_id: id, is_error, content })
        };
        let mut parts: Vec<_> = self.calls.drain(..).map(result).collect();
        parts.append(&mut self.said);
        self.done.messages.push(Message { role: Role::User, parts });
    }

    fn finish(mut self) -> Conversation {
        self.end_user_turn();
        let messages = &mut self.done.messages;
        if messages.first().is_some_and(|first| first.role == Role::Assistant) {
            let first = Message { role: Role::User, parts: vec![Part::Text(CONTINUED.to_owned())] };
            messages.insert(0, first);
        }
        // An answer that the model is to go on with must not end in white space.
        if let Some(Message { role: Role::Assistant, parts }) = messages.last_mut()
            && let Some(Part::Text(text)) = parts.last_mut()
        {
            text.truncate(text.trim_end().len());
        }
        self.done
    }
}

/// An object, or a text with one in it.
fn arguments_of(raw: Option<&RawValue>) -> Option<String> {
    let raw = raw.map_or("{}", RawValue::get);
    let text = if raw.starts_with('"') { serde_json::from_str(raw).ok()? } else { raw.to_owned() };
    match text.trim() {
        "" | "null" => Some("{}".to_owned()),
        object if object.starts_with('{') => Some(object.to_owned()),
        _ => None,
    }
}
