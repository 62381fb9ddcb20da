//! Calls of a model in a format of its own. What is sent and what comes back are bytes here; a
//! [`ModelFormat`](super::ModelFormat) writes and reads them.

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::BoxStream;

use super::{Deadline, Estimate, Plan};
use crate::chat::{Delivery, Usage};
use crate::error::Failure;
use crate::telemetry::Observation;

/// What a model is asked, in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    /// Sent as it is.
    pub body: Bytes,
    /// What the body is.
    pub content_type: String,
    /// What the answer should be.
    pub accept: String,
    /// How the answer is asked for, whatever the client wants.
    pub delivery: Delivery,
    /// Request fields that the model cannot be told, by their OpenAI names.
    pub dropped: Vec<String>,
}

/// Parts of an answer that arrived together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Received {
    /// What the model said, one complete payload each; an answer in one piece is one.
    pub payloads: Vec<Bytes>,
    /// What the answer cost, once Bedrock has said so.
    pub usage: Option<Usage>,
    /// Whether the guardrail of the key has stepped in.
    pub intervention: Intervention,
}

/// Whether a guardrail has put its own text in an answer's place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Intervention {
    /// It has not, or there is none.
    #[default]
    None,
    /// It has.
    Intervened,
}

/// The parts of an answer. An `Err` is the last item. Nothing at all in an item is a sign that the answer
/// has begun. Dropping the stream ends the call of the model.
pub type Payloads = BoxStream<'static, Result<Received, Failure>>;

/// A call that is written and not yet made.
#[async_trait]
pub trait InvokeCall: Send {
    /// Request fields that the interface cannot carry, by their OpenAI names.
    fn dropped(&self) -> &[String];

    /// What would be sent.
    fn plan(&self) -> Plan;

    /// What the call may use.
    fn estimate(&self) -> Estimate;

    /// Makes the call and waits for the first parts, with all repeats that fit into the time left. `told`
    /// learns where and how often.
    async fn send(self: Box<Self>, deadline: Deadline, told: &Observation) -> Result<Payloads, Failure>;
}
