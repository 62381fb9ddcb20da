//! A plugin that knows the format of a model that Converse does not speak for: it writes the body of
//! InvokeModel and reads the answer. All else stays the host's: the call, its repeats, the guardrail and
//! what was counted.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use super::attempt::Attempt;
use super::grammar::{Grammar, Maker};
use super::invocation::{Intervention, InvokeCall, Payloads, Received};
use super::{Call, Deadline, Estimate, Events, Invocation, Plan, Plugin, Upstream};
use crate::chat::{Batch, Delivery, Event, Request, StopReason, Usage};
use crate::error::{Failure, Kind};
use crate::ids::PluginName;
use crate::telemetry::Observation;

/// Names of fields that a plugin may report, and how long one may be.
const MOST_DROPPED: usize = 64;
const LONGEST_NAME_BYTES: usize = 64;

/// The longest media type that a plugin may name, in bytes.
const LONGEST_MEDIA_TYPE_BYTES: usize = 128;

/// A plugin at work on one request as the format of its model. After a failure it is not called again.
#[async_trait]
pub trait ModelFormat: Send {
    /// Writes the request.
    async fn encode(&mut self, request: &Request) -> Result<Encoded, Failure>;

    /// Reads complete payloads of a streamed answer.
    async fn decode_chunks(&mut self, payloads: &[Bytes]) -> Result<Batch, Failure>;

    /// Reads an answer in one piece.
    async fn decode_response(&mut self, body: &Bytes) -> Result<Batch, Failure>;
}

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Encoded {
    /// The model is asked this.
    Invoke(Invocation),
    /// The client gets this: the model cannot do what it wants.
    Deny(Failure),
}

/// The plugin that is the format of a request's model, begun.
pub(super) struct Spoken {
    pub(super) plugin: PluginName,
    source: Arc<dyn Plugin>,
    format: Box<dyn ModelFormat>,
    attempt: Arc<Attempt>,
}

impl Spoken {
    /// A plugin that has begun.
    pub(super) fn new(source: Arc<dyn Plugin>, format: Box<dyn ModelFormat>, attempt: Arc<Attempt>) -> Self {
        Self { plugin: source.name().clone(), source, format, attempt }
    }

    /// Writes the request. Whoever asks notes what comes of it.
    pub(super) async fn encode(&mut self, request: &Request) -> Result<Encoded, Failure> {
        let encoded = self.format.encode(request).await?;
        if let Encoded::Invoke(invocation) = &encoded {
            check(invocation).map_err(|fault| Failure::plugin(&self.plugin, &format!("encode: {fault}")))?;
        }
        Ok(encoded)
    }

    /// Prepares the call without making it.
    pub(super) async fn prepare(
        self,
        upstream: &dyn Upstream,
        request: &Request,
        encoded: Encoded,
    ) -> Result<Box<dyn Call>, Failure> {
        let invocation = match encoded {
            Encoded::Invoke(invocation) => invocation,
            Encoded::Deny(failure) => return Err(failure),
        };
        let delivery = invocation.delivery;
        let mut dropped = invocation.dropped.clone();
        let call = upstream.prepare_invocation(request, invocation).await?;
        dropped.extend_from_slice(call.dropped());
        Ok(Box::new(FormatCall { spoken: self, call, delivery, dropped }))
    }
}

/// The host puts these into headers.
fn check(invocation: &Invocation) -> Result<(), String> {
    let Invocation { body: _, content_type, accept, delivery: _, dropped } = invocation;
    for media_type in [content_type, accept] {
        let visible = media_type.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        if media_type.trim().is_empty() || media_type.len() > LONGEST_MEDIA_TYPE_BYTES || !visible {
            return Err("a media type that is none".to_owned());
        }
    }
    let is_name = |name: &String| {
        (1..=LONGEST_NAME_BYTES).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_.[]-".contains(&byte))
    };
    if dropped.len() > MOST_DROPPED || !dropped.iter().all(is_name) {
        return Err("dropped fields that have no names of OpenAI's".to_owned());
    }
    Ok(())
}

/// A call of InvokeModel whose answer a plugin reads.
struct FormatCall {
    spoken: Spoken,
    call: Box<dyn InvokeCall>,
    delivery: Delivery,
    dropped: Vec<String>,
}

#[async_trait]
impl Call for FormatCall {
    fn dropped(&self) -> &[String] {
        &self.dropped
    }

    fn format(&self) -> Option<[u8; 32]> {
        Some(self.spoken.source.fingerprint())
    }

    fn plan(&self) -> Plan {
        self.call.plan()
    }

    fn estimate(&self) -> Estimate {
        self.call.estimate()
    }

    async fn send(self: Box<Self>, deadline: Deadline, told: &Observation) -> Result<Events, Failure> {
        let Self { spoken, call, delivery, dropped: _ } = *self;
        let payloads = call.send(deadline, told).await?;
        let mut decoding = Decoding { spoken, payloads, delivery, answer: Answer::default() };
        let Some(first) = decoding.next().await? else { return Ok(stream::empty().boxed()) };
        let rest = stream::try_unfold(decoding, async |mut decoding| {
            Ok(decoding.next().await?.map(|batch| (batch, decoding)))
        });
        Ok(stream::once(async { Ok(first) }).chain(rest).boxed())
    }
}

/// An answer on its way through the plugin. Dropping it ends the call of the model.
struct Decoding {
    spoken: Spoken,
    payloads: Payloads,
    delivery: Delivery,
    answer: Answer,
}

/// What has been said, and what is known beside it.
#[derive(Default)]
struct Answer {
    grammar: Grammar,
    /// Bedrock's count, until it is told.
    usage: Option<Usage>,
    intervention: Intervention,
}

impl Decoding {
    /// The next events, or nothing of them as a sign that the answer has begun. None at the end.
    async fn next(&mut self) -> Result<Option<Batch>, Failure> {
        while let Some(Received { payloads, usage, intervention }) = self.payloads.try_next().await? {
            if payloads.is_empty() {
                return Ok(Some(Batch::new()));
            }
            self.answer.usage = usage.or(self.answer.usage);
            if intervention == Intervention::Intervened {
                self.answer.intervention = intervention;
            }
            let batch = self.read(&payloads).await?;
            if !batch.is_empty() {
                return Ok(Some(batch));
            }
        }
        if self.answer.grammar.is_stopped() {
            return Ok(None);
        }
        Err(self.spoken.attempt.noted(self.incomplete()))
    }

    /// What the plugin finds in payloads.
    async fn read(&mut self, payloads: &[Bytes]) -> Result<Batch, Failure> {
        let begun = Instant::now();
        let batch = match (self.delivery, payloads.first()) {
            (Delivery::Whole, Some(body)) => self.spoken.format.decode_response(body).await,
            _ => self.spoken.format.decode_chunks(payloads).await,
        };
        let batch = batch.and_then(|batch| self.answer.take(batch).map_err(|fault| self.broken(&fault)));
        let attempt = &self.spoken.attempt;
        attempt.called(self.call(), begun, &batch);
        batch.map_err(|failure| attempt.noted(failure))
    }

    /// The function that reads, by its name in the contract.
    fn call(&self) -> &'static str {
        match self.delivery {
            Delivery::Whole => "decode-response",
            Delivery::Streamed => "decode-chunks",
        }
    }

    /// A stream may have been cut off; a whole answer cannot.
    fn incomplete(&self) -> Failure {
        match self.delivery {
            Delivery::Whole => self.broken("no `message-stop`"),
            Delivery::Streamed => {
                let plugin = &self.spoken.plugin;
                Failure::new(Kind::BrokenStream, "the answer from Bedrock is incomplete; try again")
                    .with_internal(format!("the stream ended, and plugin `{plugin}` had found no stop in it"))
            }
        }
    }

    fn broken(&self, fault: &str) -> Failure {
        Failure::plugin(&self.spoken.plugin, &format!("{} answered with {fault}", self.call()))
    }
}

impl Answer {
    /// The plugin's events with the host's own word on what they cost, and on why they end where a
    /// guardrail has stepped in.
    fn take(&mut self, batch: Batch) -> Result<Batch, String> {
        let mut events = Batch::with_capacity(batch.len() + 1);
        for event in batch {
            self.grammar.take(&event, Maker::Plugin)?;
            events.push(match event {
                Event::Usage(_) => continue,
                Event::MessageStop(_) if self.intervention == Intervention::Intervened => {
                    Event::MessageStop(StopReason::ContentFiltered)
                }
                event => event,
            });
        }
        if self.grammar.is_stopped() {
            events.extend(self.usage.take().map(Event::Usage));
        }
        Ok(events)
    }
}

#[cfg(test)]
#[path = "model_format_tests.rs"]
mod tests;
