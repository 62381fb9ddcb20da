//! Turns as clients send them become a conversation as Converse accepts it: user and assistant
//! take turns, the user begins, and every tool call is answered in the very next message, in the
//! order of the calls, before anything else is said there.

use std::collections::{HashMap, VecDeque};

use super::content::part_of;
use crate::chat::{Message, Part, ResultPart, Role, ToolResult, ToolResultStatus};

/// What stands in for a beginning that was cut off.
const CONTINUED: &str = "(The beginning of this conversation is not shown.)";
/// What stands in for a result that never came.
const NO_RESULT: &str = "The tool call was interrupted and gave no result.";

/// A message of the client's, by its meaning.
#[derive(Debug)]
pub(super) enum Turn {
    /// The user says something.
    User(Vec<Part>),
    /// The model says something or calls tools.
    Assistant(Vec<Part>),
    /// A tool answers.
    ToolResult {
        /// The call that it answers.
        tool_use_id: String,
        /// What it answers.
        content: Vec<ResultPart>,
    },
}

/// Puts the turns in order. An assistant may still be the first.
pub(super) fn conversation(turns: impl IntoIterator<Item = Turn>) -> Vec<Message> {
    let mut conversation = Conversation::default();
    for turn in turns {
        match turn {
            Turn::User(parts) => conversation.said.extend(parts),
            Turn::Assistant(parts) => conversation.assistant(parts),
            Turn::ToolResult { tool_use_id, content } => conversation.tool_result(&tool_use_id, content),
        }
    }
    conversation.end_user_message();
    conversation.messages
}

/// A history that was cut to a window often begins with an answer. The caller cannot mend that, and
/// to leave the answer out would lose what was said, so the user is given a first word.
pub(super) fn begin_with_user(messages: &mut Vec<Message>) {
    if messages.first().is_some_and(|first| first.role == Role::Assistant) {
        messages.insert(0, Message { role: Role::User, parts: vec![Part::Text(CONTINUED.to_owned())] });
    }
}

/// An answer that the model is to continue must not end in white space: models refuse that.
pub(super) fn trim_end(messages: &mut [Message]) {
    let Some(Message { role: Role::Assistant, parts }) = messages.last_mut() else { return };
    let said = parts.iter_mut().rev().find(|part| !matches!(part, Part::CachePoint(_)));
    if let Some(Part::Text(text)) = said {
        text.truncate(text.trim_end().len());
    }
}

#[derive(Default)]
struct Conversation {
    /// Complete, except that an assistant's last message may still grow.
    messages: Vec<Message>,
    /// The calls of the assistant's last message.
    calls: Vec<Call>,
    /// Where in `calls` the calls stand that have no result yet, by id. An id may come twice.
    open: HashMap<String, VecDeque<usize>>,
    /// Whether one of them has a result.
    is_answered: bool,
    /// What else the user's next message holds.
    said: Vec<Part>,
}

struct Call {
    id: String,
    result: Option<Vec<ResultPart>>,
}

impl Conversation {
    fn assistant(&mut self, parts: Vec<Part>) {
        if parts.is_empty() {
            return;
        }
        if self.is_answered || !self.said.is_empty() {
            self.end_user_message();
        }
        for part in &parts {
            if let Part::ToolUse(call) = part {
                self.open.entry(call.id.clone()).or_default().push_back(self.calls.len());
                self.calls.push(Call { id: call.id.clone(), result: None });
            }
        }
        match self.messages.last_mut() {
            Some(last) if last.role == Role::Assistant => last.parts.extend(parts),
            _ => self.messages.push(Message { role: Role::Assistant, parts }),
        }
    }

    /// A result that answers no open call is kept as what it is to the model: something it is told.
    fn tool_result(&mut self, tool_use_id: &str, content: Vec<ResultPart>) {
        let place = self.open.get_mut(tool_use_id).and_then(VecDeque::pop_front);
        match place.and_then(|place| self.calls.get_mut(place)) {
            Some(call) => {
                call.result = Some(content);
                self.is_answered = true;
            }
            None if content.is_empty() => {}
            None => {
                // An id can be long: some gateways keep a model's thoughts in it.
                let named = if tool_use_id.len() <= 64 { format!(" {tool_use_id}") } else { String::new() };
                self.said.push(Part::Text(format!("Result of the earlier tool call{named}:")));
                self.said.extend(content.into_iter().map(part_of));
            }
        }
    }

    /// Closes the user's message: first the results, then what was said.
    fn end_user_message(&mut self) {
        self.open.clear();
        self.is_answered = false;
        let results = self.calls.drain(..).map(|call| {
            let (status, content) = match call.result {
                Some(content) => (ToolResultStatus::Success, content),
                None => (ToolResultStatus::Error, vec![ResultPart::Text(NO_RESULT.to_owned())]),
            };
            Part::ToolResult(ToolResult { tool_use_id: call.id, status, content })
        });
        let parts: Vec<Part> = results.chain(self.said.drain(..)).collect();
        if !parts.is_empty() {
            self.messages.push(Message { role: Role::User, parts });
        }
    }
}
