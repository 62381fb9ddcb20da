//! A request body becomes a [`Request`].
//!
//! [`body`] reads the top level once, as names and raw values; each module below then takes its
//! own members. [`messages`] reads turn by turn, [`repair`] makes of the turns a conversation that
//! Converse accepts.

mod additional;
mod assistant;
mod body;
mod cache;
mod content;
mod data_url;
mod document;
mod dropped;
pub(super) mod fault;
mod image;
mod json;
mod location;
mod members;
mod messages;
mod metadata;
mod object;
mod one_or_many;
mod output;
mod reasoning;
mod repair;
mod sampling;
mod thinking;
mod tier;
mod tool_choice;
mod tools;

use std::borrow::Cow;

use crate::chat::{Delivery, Request};
use crate::error::Failure;
use crate::wire::openai::fields::CHAT;

use content::Reader;
use messages::Conversation;

pub(super) use body::Body;
pub use dropped::Dropped;
pub(super) use object::Text;
pub(super) use sampling::decode as sampling;

pub use location::refuse_remote;

/// The longest model id or ARN that Bedrock takes (API reference, `Converse`, `modelId`).
const MAX_MODEL_BYTES: usize = 2048;

/// What a request body said.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The call.
    pub request: Request,
    /// Whether a stream ends with a chunk that says what it cost (`stream_options.include_usage`).
    pub include_usage: UsageChunk,
    /// What was left out although it says something, each once: `seed`, `messages[].name`. Plain ASCII.
    pub dropped: Vec<Cow<'static, str>>,
}

/// Whether a stream says what it cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageChunk {
    /// In a last chunk.
    Include,
    /// It does not.
    Omit,
}

/// Reads the body of `POST /v1/chat/completions`.
///
/// Every fault is an [`InvalidRequest`](crate::error::Kind::InvalidRequest) that says what is wrong
/// and what is expected; its `param` names the field as OpenAI does (`messages[2].content[0].text`),
/// and no message repeats what a prompt says.
pub fn decode(body: &[u8]) -> Result<Decoded, Failure> {
    let mut dropped = Dropped::default();
    let body = Body::scan(body, &CHAT)?;
    body.treat_what_is_not_mapped(&mut dropped)?;

    let model = model(&body)?;
    let sampling = sampling::decode(&body, &mut dropped)?;
    let mut tools = tools::decode(&body, &mut dropped)?;
    let tool_choice = tool_choice::decode(&body, &mut tools)?;
    let (delivery, include_usage) = delivery(&body)?;
    let cache = cache::options(&body, &mut dropped)?;
    let request = Request {
        tools,
        tool_choice,
        parallel_calls: tools::parallel_calls(&body)?,
        sampling,
        thinking: thinking::decode(&body, &mut dropped)?,
        output: output::decode(&body, &mut dropped)?,
        service_tier: tier::decode(&body)?,
        metadata: metadata::decode(&body, &mut dropped)?,
        caching: cache.caching,
        additional: additional::decode(&body)?,
        delivery,
        ..Request::new(model, Vec::new())
    };
    let mut reader = Reader { dropped: &mut dropped, breakpoint: cache.breakpoint };
    let Conversation { system, messages, prefill } = messages::decode(&body, &mut reader)?;
    let request = Request { system, messages, prefill, ..request };
    Ok(Decoded { request, include_usage, dropped: dropped.into_names() })
}

/// `model`: any name that is not blank.
pub(super) fn model(body: &Body<'_>) -> Result<String, Failure> {
    let model: Text<'_> = body.read("model")?.ok_or_else(|| fault::missing("model", "the id of a model"))?;
    if model.is_blank() {
        return Err(fault::invalid("model", "has to be the id of a model, not blank"));
    }
    if model.as_str().len() > MAX_MODEL_BYTES {
        return Err(fault::invalid("model", "is longer than any id of a model"));
    }
    // The id is part of the path of the call, where these would lead elsewhere.
    if model.as_str().split('/').any(|segment| matches!(segment, "." | "..")) {
        return Err(fault::invalid("model", "must not have `.` or `..` as a segment"));
    }
    Ok(model.into_string())
}

object::object! {
    /// `stream_options`
    StreamOptions<'a> {
        include_usage: bool = "include_usage",
    } ignores ["include_obfuscation"]
}

/// `stream`, and `stream_options`, which mean nothing without it.
pub(super) fn delivery(body: &Body<'_>) -> Result<(Delivery, UsageChunk), Failure> {
    let options: StreamOptions<'_> = body.read("stream_options")?.unwrap_or_default();
    let include_usage =
        if options.include_usage == Some(true) { UsageChunk::Include } else { UsageChunk::Omit };
    match body.read("stream")? {
        Some(true) => Ok((Delivery::Streamed, include_usage)),
        Some(false) | None => Ok((Delivery::Whole, UsageChunk::Omit)),
    }
}
