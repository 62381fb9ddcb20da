use bytes::Bytes;
use serde::Serialize;

use super::finish::finish_reason;
use crate::chat::{self, Event};
use crate::error::{Failure, Kind};
use crate::wire::openai::encode::{Blocks, Incomplete, Slot, Usage};

/// Writes an answer in one piece, a `CreateCompletionResponse`. `model` is the model that answers,
/// `created` the time in seconds since 1970.
///
/// Fails with [`Kind::BrokenStream`] if the events hold no end.
pub fn whole<'a>(
    id: &str,
    model: &str,
    created: u64,
    events: impl IntoIterator<Item = &'a Event>,
) -> Result<Bytes, Failure> {
    let mut blocks = Blocks::default();
    let mut text = String::new();
    let mut usage = chat::Usage::default();
    let mut end = None;
    for event in events {
        match event {
            Event::Usage(counted) => usage = *counted,
            _ if end.is_some() => {}
            Event::BlockStart(start) => {
                blocks.start(start);
            }
            Event::Delta(delta) if blocks.slot(delta.index) == Slot::Text => text.push_str(&delta.text),
            Event::MessageStop(reason) => end = Some(finish_reason(reason)),
            Event::Delta(_)
            | Event::BlockStop(_)
            | Event::Signature { .. }
            | Event::RedactedReasoning { .. } => {}
        }
    }
    let finish_reason = end.ok_or(Incomplete)?;
    let response = Response {
        id,
        object: "text_completion",
        created,
        model,
        choices: [Choice { text, index: 0, logprobs: None, finish_reason }],
        usage: usage.into(),
    };
    serde_json::to_vec(&response).map(Bytes::from).map_err(|error| {
        Failure::new(Kind::Internal, "the answer could not be written").with_internal(error.to_string())
    })
}

#[derive(Serialize)]
struct Response<'a> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: [Choice; 1],
    usage: Usage,
}

#[derive(Serialize)]
struct Choice {
    text: String,
    index: u32,
    /// Always null, and required by the schema.
    logprobs: Option<()>,
    finish_reason: &'static str,
}
