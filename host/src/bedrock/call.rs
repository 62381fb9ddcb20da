//! One call of Converse or ConverseStream.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio::time::timeout;

use crate::capability::{Capabilities, Price};
use crate::chat::{Delivery, Json};
use crate::error::Failure;
use crate::pipeline::{Call, Deadline, Events, Plan};

use super::reader::{self, Patience};
use super::region::{Clients, Regions};
use super::request::Written;
use super::{error, response};

/// A call that is written and not yet made.
pub(super) struct ConverseCall {
    pub(super) regions: Arc<Regions>,
    pub(super) idle: Duration,
    pub(super) first_event: Option<Duration>,
    pub(super) model: String,
    pub(super) delivery: Delivery,
    /// Of the prompt, by estimate.
    pub(super) input_tokens: u64,
    /// What the request sets as the most for the answer.
    pub(super) max_tokens: Option<u32>,
    pub(super) capabilities: Arc<Capabilities>,
    pub(super) written: Written,
}

#[async_trait]
impl Call for ConverseCall {
    fn dropped(&self) -> &[String] {
        &self.written.dropped
    }

    fn plan(&self) -> Plan {
        Plan {
            operation: match self.delivery {
                Delivery::Whole => "Converse",
                Delivery::Streamed => "ConverseStream",
            },
            region: self
                .regions
                .of(&self.model)
                .first()
                .map(|first| first.region().to_owned())
                .unwrap_or_default(),
            model: self.model.clone(),
            family: self.capabilities.family.clone(),
            body: Json::from_checked(String::from_utf8_lossy(&self.written.body)),
            input_tokens: self.input_tokens,
            max_output_tokens: self.max_output_tokens(),
            prices: self
                .capabilities
                .prices
                .map(|prices| (per_million(prices.input), per_million(prices.output))),
        }
    }

    async fn send(self: Box<Self>, deadline: Deadline) -> Result<Events, Failure> {
        let call = &*self;
        self.regions.call(&self.model, deadline, |clients| call.attempt(clients, deadline)).await
    }
}

impl ConverseCall {
    async fn attempt(&self, clients: Arc<Clients>, deadline: Deadline) -> Result<Events, Failure> {
        match (self.delivery, self.first_event) {
            (Delivery::Whole, _) => self.whole(&clients).await,
            (Delivery::Streamed, None) => self.streamed(&clients, deadline).await,
            (Delivery::Streamed, Some(first_event)) => {
                let begun = timeout(first_event, self.streamed(&clients, deadline)).await;
                begun.unwrap_or_else(|_| Err(error::silent()))
            }
        }
    }

    async fn whole(&self, clients: &Clients) -> Result<Events, Failure> {
        let call = clients.runtime().converse().model_id(&self.model).customize();
        let answer = call.mutate_request(put(self.written.body.clone())).send().await;
        let answer = answer.map_err(|fault| error::of_call(&fault, clients.region()))?;
        let batch = response::events(answer, self.written.reading.clone())?;
        Ok(stream::once(async { Ok(batch) }).boxed())
    }

    async fn streamed(&self, clients: &Clients, deadline: Deadline) -> Result<Events, Failure> {
        let call = clients.runtime().converse_stream().model_id(&self.model).customize();
        let answer = call.mutate_request(put(self.written.body.clone())).send().await;
        let answer = answer.map_err(|fault| error::of_call(&fault, clients.region()))?;
        reader::events(answer, self.written.reading.clone(), Patience { idle: self.idle, deadline }).await
    }

    fn max_output_tokens(&self) -> Option<u64> {
        let limit = self.capabilities.max_output_tokens.map(NonZeroU32::get);
        self.max_tokens.into_iter().chain(limit).min().map(u64::from)
    }
}

/// US dollars for a million tokens.
fn per_million(price: Price) -> f64 {
    // A price has at most 16 digits, which is what the type holds exactly.
    #[expect(clippy::cast_precision_loss, reason = "at most 10¹⁶, and for people to read")]
    let picodollars = price.picodollars() as f64;
    picodollars / 1e6
}

/// Gives a call its body before it is signed. `request` says why the SDK does not write it.
fn put(body: Bytes) -> impl Fn(&mut HttpRequest) + Send + Sync + 'static {
    move |http| {
        http.headers_mut().insert("content-length", body.len().to_string());
        *http.body_mut() = SdkBody::from(body.clone());
    }
}
