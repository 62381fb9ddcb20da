use bytes::Bytes;
use serde::Serialize;

use super::blocks::{Blocks, Slot};
use super::finish::{Incomplete, finish_reason};
use super::signature::Signature;
use super::tier;
use super::usage::Usage;
use crate::chat::{self, BlockKind, Event, StopReason};
use crate::error::{Failure, Kind};

/// Writes an answer in one piece, a `CreateChatCompletionResponse`. `model` is the id of the
/// model that was called, `created` the time in seconds since 1970.
///
/// Fails with [`Kind::BrokenStream`] if the events hold no end.
pub fn whole<'a>(
    id: &str,
    model: &str,
    created: u64,
    events: impl IntoIterator<Item = &'a Event>,
) -> Result<Bytes, Failure> {
    let answer = Answer::collect(events);
    let stop_reason = answer.stop_reason.ok_or(Incomplete)?;
    let finish_reason = finish_reason(stop_reason, answer.calls.len());
    let is_call_alone = answer.text.is_empty() && !answer.calls.is_empty();
    let message = Message {
        role: "assistant",
        content: (!is_call_alone).then_some(answer.text),
        refusal: None,
        reasoning_content: answer.reasoning,
        reasoning_signature: answer.signature.of_the_one_thought(),
        tool_calls: answer.calls,
    };
    let response = Response {
        id,
        object: "chat.completion",
        created,
        model,
        choices: [Choice { index: 0, message, logprobs: None, finish_reason }],
        usage: answer.usage.into(),
        service_tier: answer.usage.service_tier.map(tier::word),
    };
    serde_json::to_vec(&response).map(Bytes::from).map_err(|error| {
        Failure::new(Kind::Internal, "the answer could not be written").with_internal(error.to_string())
    })
}

/// What the events add up to.
#[derive(Default)]
struct Answer<'a> {
    text: String,
    reasoning: String,
    signature: Signature,
    calls: Vec<Call<'a>>,
    stop_reason: Option<&'a StopReason>,
    usage: chat::Usage,
}

impl<'a> Answer<'a> {
    fn collect(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let mut answer = Self::default();
        let mut blocks = Blocks::default();
        for event in events {
            match event {
                Event::Usage(usage) => answer.usage = *usage,
                _ if answer.stop_reason.is_some() => {}
                Event::BlockStart(start) => {
                    if blocks.start(start) == Slot::Reasoning {
                        answer.signature.begin_thought();
                    }
                    if let BlockKind::ToolUse { id, name } = &start.kind {
                        answer.calls.push(Call::new(id, name));
                    }
                }
                Event::Delta(delta) => match blocks.slot(delta.index) {
                    Slot::Text => answer.text.push_str(&delta.text),
                    Slot::Reasoning => answer.reasoning.push_str(&delta.text),
                    Slot::Call { place, .. } => {
                        if let Some(call) = answer.calls.get_mut(place) {
                            call.function.arguments.push_str(&delta.text);
                        }
                    }
                },
                Event::MessageStop(reason) => answer.stop_reason = Some(reason),
                Event::Signature { value, .. } => answer.signature.seal(value),
                Event::BlockStop(_) | Event::RedactedReasoning { .. } => {}
            }
        }
        for call in answer.calls.iter_mut().filter(|call| call.function.arguments.is_empty()) {
            call.function.arguments.push_str("{}");
        }
        answer
    }
}

#[derive(Serialize)]
struct Response<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: [Choice<'a>; 1],
    usage: Usage,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'static str>,
}

#[derive(Serialize)]
struct Choice<'a> {
    index: u32,
    message: Message<'a>,
    /// Always null, and required by the schema.
    logprobs: Option<()>,
    finish_reason: &'static str,
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    /// Null if the model only calls tools.
    content: Option<String>,
    /// Always null, and required by the schema.
    refusal: Option<()>,
    #[serde(skip_serializing_if = "String::is_empty")]
    reasoning_content: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_signature: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<Call<'a>>,
}

#[derive(Serialize)]
struct Call<'a> {
    id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'a>,
}

#[derive(Serialize)]
struct Function<'a> {
    name: &'a str,
    arguments: String,
}

impl<'a> Call<'a> {
    fn new(id: &'a str, name: &'a str) -> Self {
        Self { id, kind: "function", function: Function { name, arguments: String::new() } }
    }
}
