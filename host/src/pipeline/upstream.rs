use std::borrow::Cow;

use async_trait::async_trait;
use futures::stream::BoxStream;

use super::{CountedBy, Deadline, Invocation, InvokeCall};
use crate::capability::Prices;
use crate::chat::{Batch, Json, Request};
use crate::error::{Failure, Kind};
use crate::telemetry::Observation;

/// The batches of an answer. An `Err` is the last item: the answer is not complete.
///
/// Dropping the stream ends the call of the model.
pub type Events = BoxStream<'static, Result<Batch, Failure>>;

/// A model that can be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The id to ask for: a foundation model's or an inference profile's.
    pub id: String,
    /// Who made it.
    pub owner: String,
}

/// Where models are called.
#[async_trait]
pub trait Upstream: Send + Sync {
    /// The model id or ARN behind a name; the name itself, if it is no alias.
    fn resolve<'a>(&'a self, name: &'a str) -> Cow<'a, str> {
        Cow::Borrowed(name)
    }

    /// Writes a call without making it: whatever is wrong with the request shows here.
    async fn prepare(&self, request: &Request) -> Result<Box<dyn Call>, Failure>;

    /// Writes a call of InvokeModel for the request, with this body and on the request's terms, without
    /// making it. An upstream that has no such call refuses.
    async fn prepare_invocation(
        &self,
        _request: &Request,
        _invocation: Invocation,
    ) -> Result<Box<dyn InvokeCall>, Failure> {
        Err(Failure::new(Kind::ModelNotFound, "this model cannot be called in a format of its own"))
    }

    /// How many tokens the model would read, and whose count that is. No answer is made. An upstream that counts none
    /// refuses.
    async fn count_tokens(
        &self,
        _request: &Request,
        _deadline: Deadline,
        _told: &Observation,
    ) -> Result<(u64, CountedBy), Failure> {
        Err(Failure::new(Kind::ModelNotFound, "the tokens of this model cannot be counted"))
    }

    /// What can be called.
    async fn models(&self) -> Result<Vec<Model>, Failure>;
}

/// A call that is written and not yet made.
#[async_trait]
pub trait Call: Send {
    /// Request fields that this model's interface cannot carry, by their OpenAI names.
    fn dropped(&self) -> &[String];

    /// The plugin that has written it, by its [fingerprint](super::Plugin::fingerprint), if one has.
    fn format(&self) -> Option<[u8; 32]> {
        None
    }

    /// What would be sent.
    fn plan(&self) -> Plan;

    /// What the call may use.
    fn estimate(&self) -> Estimate;

    /// Makes the call and waits for its first batch, so a failure before it is the `Err` and can
    /// still become an HTTP status. Repeats that fit into the time left are made in here. `told` learns where
    /// and how often.
    async fn send(self: Box<Self>, deadline: Deadline, told: &Observation) -> Result<Events, Failure>;
}

/// What a call may use, before it is made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Tokens of the prompt, about.
    pub input_tokens: u64,
    /// Most tokens of the answer, if that is known.
    pub max_output_tokens: Option<u64>,
    /// What tokens cost, if that is known.
    pub prices: Option<Prices>,
}

/// What would be sent, for somebody who wants to understand it.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The operation, such as `ConverseStream`.
    pub operation: &'static str,
    /// Where to.
    pub region: String,
    /// The model id or ARN that is called.
    pub model: String,
    /// The family of models that the capability data knows it by.
    pub family: String,
    /// The body, exactly.
    pub body: Json,
    /// Tokens of the prompt, by estimate.
    pub input_tokens: u64,
    /// Most tokens of the answer, if that is known.
    pub max_output_tokens: Option<u64>,
    /// US dollars for a million tokens of the prompt and of the answer, if they are known.
    pub prices: Option<(f64, f64)>,
}
