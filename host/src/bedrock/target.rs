//! What all calls of a model have in common, whichever of Bedrock's APIs they are made by.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::time::timeout;

use crate::capability::{Capabilities, Price};
use crate::chat::{Delivery, Json};
use crate::error::Failure;
use crate::pipeline::{Deadline, Estimate, Plan};
use crate::telemetry::Observation;

use super::error;
use super::reader::Patience;
use super::region::{Clients, Regions};

/// Which model is called, where, and how long it is waited for.
pub(super) struct Target {
    pub(super) regions: Arc<Regions>,
    pub(super) idle: Duration,
    pub(super) first_event: Option<Duration>,
    pub(super) keep_alive: Option<Duration>,
    /// The id or ARN that is called.
    pub(super) model: String,
    /// In which regions it may be; all, if none is named.
    pub(super) within: Vec<String>,
    pub(super) delivery: Delivery,
    /// Of the prompt, by estimate.
    pub(super) input_tokens: u64,
    /// What the request sets as the most for the answer.
    pub(super) max_tokens: Option<u32>,
    pub(super) capabilities: Arc<Capabilities>,
}

impl Target {
    /// What a call would send.
    pub(super) fn plan(&self, operation: &'static str, body: &[u8]) -> Plan {
        let regions = self.regions.of(&self.model, &self.within);
        Plan {
            operation,
            region: regions.first().map(|first| first.region().to_owned()).unwrap_or_default(),
            model: self.model.clone(),
            family: self.capabilities.family.clone(),
            body: json(body),
            input_tokens: self.input_tokens,
            max_output_tokens: self.max_output_tokens(),
            prices: self
                .capabilities
                .prices
                .map(|prices| (per_million(prices.input), per_million(prices.output))),
        }
    }

    /// What a call may use.
    pub(super) fn estimate(&self) -> Estimate {
        Estimate {
            input_tokens: self.input_tokens,
            max_output_tokens: self.max_output_tokens(),
            prices: self.capabilities.prices,
        }
    }

    /// Makes the call, as often and in as many regions as it takes: see
    /// [`Retries::run`](super::retry::Retries::run).
    pub(super) async fn call<T, F>(
        &self,
        deadline: Deadline,
        told: &Observation,
        attempt: impl Fn(Arc<Clients>) -> F,
    ) -> Result<T, Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let attempt = |clients| self.begun(attempt(clients));
        self.regions.call(&self.model, &self.within, deadline, told, attempt).await
    }

    /// How long the rest of an answer is waited for.
    pub(super) fn patience(&self, deadline: Deadline) -> Patience {
        // Who limits the time to the first event wants a status when it is over.
        let wordless = self.keep_alive.filter(|_| self.first_event.is_none());
        Patience { idle: self.idle, deadline, wordless }
    }

    /// A stream has only so long for its first event.
    async fn begun<T>(&self, attempt: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
        match self.first_event.filter(|_| self.delivery == Delivery::Streamed) {
            None => attempt.await,
            Some(first_event) => timeout(first_event, attempt).await.unwrap_or_else(|_| Err(error::silent())),
        }
    }

    fn max_output_tokens(&self) -> Option<u64> {
        let limit = self.capabilities.max_output_tokens.map(NonZeroU32::get);
        self.max_tokens.into_iter().chain(limit).min().map(u64::from)
    }
}

/// A body as JSON: itself, or a text with it if it is something else.
fn json(body: &[u8]) -> Json {
    match serde_json::from_slice::<&RawValue>(body) {
        Ok(json) => Json::from_checked(json.get()),
        Err(_) => Json::from_checked(serde_json::Value::from(String::from_utf8_lossy(body)).to_string()),
    }
}

/// US dollars for a million tokens.
fn per_million(price: Price) -> f64 {
    // A price has at most 16 digits, which is what the type holds exactly.
    #[expect(clippy::cast_precision_loss, reason = "at most 10¹⁶, and for people to read")]
    let picodollars = price.picodollars() as f64;
    picodollars / 1e6
}
