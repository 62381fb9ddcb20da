//! A request as the JSON body of Converse and ConverseStream (both take the same one).
//!
//! Written directly, not through the SDK's input types: those keep JSON in hash maps, which would
//! give a tool's schema another member order on every call. Models read a schema in order, and
//! Bedrock's prompt cache only knows a prompt again by its exact text.
//!
//! What a model does not take is changed to what comes nearest or left out, and then its OpenAI name is
//! reported; where that would lose content, the request is refused. [`thinking`] decides first, as much
//! depends on it; [`answer`] says how a form of the answer is kept; the other modules each write a member.

mod additional;
mod answer;
mod body;
mod cache;
mod guardrail;
mod media;
mod messages;
mod names;
mod sampling;
mod schema;
mod thinking;
mod tools;

use bytes::Bytes;
use serde_json::value::RawValue;

use crate::capability::{Capabilities, Support};
use crate::chat::{Delivery, OutputFormat, Part, Request, ServiceTier, ToolChoice};
use crate::error::{Failure, Kind};

use self::additional::Additional;
use self::answer::Answer;
pub(super) use self::body::Metadata;
use self::body::{Block, Body, CachePoint};
use self::media::Media;
use self::messages::Writer;
pub(super) use self::names::Names;
use self::tools::Offer;

/// Whether the model may call tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Calls {
    /// Its calls are part of the answer.
    Allowed,
    /// There is none to call. Converse has no `none`, and demands a tool where the history holds
    /// calls; so a call may still come, of the placeholder, and is no part of the answer.
    Withheld,
}

impl Calls {
    fn of(request: &Request) -> Self {
        if request.tools.is_empty() || request.tool_choice == Some(ToolChoice::None) {
            Self::Withheld
        } else {
            Self::Allowed
        }
    }
}

/// A request as Converse takes it.
#[derive(Debug)]
pub(super) struct Written {
    /// The body.
    pub(super) body: Bytes,
    /// The most tokens that the body allows the answer; none if it says nothing of it.
    pub(super) max_tokens: Option<u32>,
    /// Request fields that the model cannot take, by their OpenAI names.
    pub(super) dropped: Vec<String>,
    /// How Bedrock is asked for the answer: at once where the model takes no tools in a stream, though
    /// the client wants one.
    pub(super) delivery: Delivery,
    /// What the answer has to be read by.
    pub(super) reading: Reading,
}

/// What an answer has to be read by: what was changed on the way in is changed back.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// Whether calls are part of the answer.
    pub(super) calls: Calls,
    /// The tools whose names were changed.
    pub(super) names: Names,
    /// The tool whose input is the answer.
    pub(super) answer: Option<String>,
}

impl Reading {
    /// Nothing was changed.
    pub(super) fn unchanged() -> Self {
        Self { calls: Calls::Allowed, names: Names::default(), answer: None }
    }
}

/// Names of request fields that were left out, each once.
#[derive(Debug, Default)]
pub(super) struct Dropped(pub(super) Vec<String>);

impl Dropped {
    pub(super) fn note(&mut self, name: &str) {
        if !self.0.iter().any(|noted| noted == name) {
            self.0.push(name.to_owned());
        }
    }
}

/// Writes a request (API reference, `Converse`) for a model that can do what `capabilities` says.
///
/// Fails where content would be lost: an image for a model that sees none, too many stop sequences.
pub(super) fn write(request: &Request, capabilities: &Capabilities) -> Result<Written, Failure> {
    let mut dropped = Dropped::default();
    let mut additional = Additional::given(&request.additional)?;
    let names = Names::of(request);
    let calls = if capabilities.tools.is_some() { Calls::of(request) } else { Calls::Withheld };
    let thinking = thinking::decide(request, capabilities, &mut additional, &mut dropped);
    let mode = thinking.mode;
    let answer = Answer::of(request, capabilities, calls, mode);
    if request.output != OutputFormat::Text && answer.is_loose() {
        dropped.note("response_format");
    }

    let inference_config =
        sampling::config(&request.sampling, capabilities, &thinking, &mut additional, &mut dropped)?;
    let max_tokens = inference_config.as_ref().and_then(|config| config.max_tokens);
    let offer = Offer { request, capabilities, calls, names: &names, answer: &answer, mode };
    let tool_config = offer.config(&mut additional, &mut dropped)?;
    let streams = tool_config.is_none()
        || capabilities.tools.is_none_or(|support| support.streamed == Support::Accepted);
    let delivery = if streams { request.delivery } else { Delivery::Whole };
    let guardrail_config = guardrail::config(request, capabilities)?;
    let is_guarded = guardrail_config.is_some();

    let mut system = system(&request.system)?;
    system.extend(answer.told().map(Block::text));
    let mut instructions = Vec::new();
    if capabilities.system == Support::Refused {
        instructions.append(&mut system);
        instructions.retain(|block| !matches!(block, Block::CachePoint(_)));
    }
    let media = Media::new(capabilities);
    let prefill = request.prefill;
    let writer = Writer { capabilities, names: &names, mode, prefill, is_guarded, media };
    let mut body = Body {
        system,
        messages: writer.turns(&request.messages, instructions)?,
        inference_config,
        tool_config,
        output_config: answer.output_config(),
        additional_model_request_fields: additional,
        service_tier: service_tier(request.service_tier, capabilities, &mut dropped),
        guardrail_config,
        request_metadata: Metadata::of(&request.metadata, &mut dropped),
    };
    cache::settle(&mut body, request.caching, capabilities, &mut dropped);

    let bytes = serde_json::to_vec(&body).map_err(|fault| unwritable(&fault))?;
    let answer = answer.tool().map(|tool| tool.name.clone());
    let reading = Reading { calls, names, answer };
    Ok(Written { body: bytes.into(), max_tokens, dropped: dropped.0, delivery, reading })
}

fn system(parts: &[Part]) -> Result<Vec<Block<'_>>, Failure> {
    let mut blocks = Vec::with_capacity(parts.len());
    for (index, part) in parts.iter().enumerate() {
        blocks.push(match part {
            Part::Text(text) if is_blank(text) => continue,
            Part::Text(text) => Block::text(text),
            Part::CachePoint(ttl) => Block::CachePoint(CachePoint::of(*ttl)),
            _ => {
                return Err(Failure::invalid(format!("system[{index}]"), "a system prompt can only be text"));
            }
        });
    }
    Ok(blocks)
}

/// Bedrock's default needs no word where the model knows no other tier.
fn service_tier(
    asked: Option<ServiceTier>,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Option<body::ServiceTier> {
    let tier = asked?;
    if capabilities.service_tiers.contains(&tier) {
        return Some(body::ServiceTier { kind: tier.as_str() });
    }
    if tier != ServiceTier::Default {
        dropped.note("service_tier");
    }
    None
}

/// Converse refuses text of white space alone.
fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn raw(json: &str) -> Result<&RawValue, Failure> {
    serde_json::from_str(json).map_err(|fault| unwritable(&fault))
}

fn unwritable(fault: &serde_json::Error) -> Failure {
    internal().with_internal(format!("cannot write the Converse body: {fault}"))
}

fn left_over() -> Failure {
    internal().with_internal("an image or document that was to be fetched is still elsewhere")
}

fn internal() -> Failure {
    Failure::new(Kind::Internal, "the request could not be written for Bedrock")
}

#[cfg(test)]
mod tests;
