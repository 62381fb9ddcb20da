//! One call of Converse or ConverseStream.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_bedrockruntime::operation::RequestId;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures::{StreamExt, stream};

use crate::chat::Delivery;
use crate::error::Failure;
use crate::pipeline::{Call, Deadline, Estimate, Events, Plan};
use crate::telemetry::Observation;

use super::region::Clients;
use super::request::Written;
use super::target::Target;
use super::{error, reader, response};

/// A call that is written and not yet made.
pub(super) struct ConverseCall {
    pub(super) target: Target,
    pub(super) written: Written,
}

#[async_trait]
impl Call for ConverseCall {
    fn dropped(&self) -> &[String] {
        &self.written.dropped
    }

    fn plan(&self) -> Plan {
        let operation = match self.target.delivery {
            Delivery::Whole => "Converse",
            Delivery::Streamed => "ConverseStream",
        };
        let max_output_tokens = self.written.max_tokens.map(u64::from);
        Plan { max_output_tokens, ..self.target.plan(operation, &self.written.body) }
    }

    fn estimate(&self) -> Estimate {
        let estimate = self.target.estimate();
        let max_output_tokens = self.written.max_tokens.map(u64::from).or(estimate.max_output_tokens);
        Estimate { max_output_tokens, ..estimate }
    }

    async fn send(self: Box<Self>, deadline: Deadline, told: &Observation) -> Result<Events, Failure> {
        let call = &*self;
        let attempt = |clients| async move {
            match call.target.delivery {
                Delivery::Whole => call.whole(clients, told).await,
                Delivery::Streamed => call.streamed(clients, deadline, told).await,
            }
        };
        call.target.call(deadline, told, attempt).await
    }
}

impl ConverseCall {
    async fn whole(&self, clients: Arc<Clients>, told: &Observation) -> Result<Events, Failure> {
        let call = clients.runtime().converse().model_id(&self.target.model).customize();
        let answer = call.mutate_request(put(self.written.body.clone())).send().await;
        told.bedrock_request(answer.request_id());
        let answer = answer.map_err(|fault| error::of_call(&fault, clients.region()))?;
        let batch = response::events(answer, self.written.reading.clone())?;
        Ok(stream::once(async { Ok(batch) }).boxed())
    }

    async fn streamed(
        &self,
        clients: Arc<Clients>,
        deadline: Deadline,
        told: &Observation,
    ) -> Result<Events, Failure> {
        let call = clients.runtime().converse_stream().model_id(&self.target.model).customize();
        let answer = call.mutate_request(put(self.written.body.clone())).send().await;
        told.bedrock_request(answer.request_id());
        let answer = answer.map_err(|fault| error::of_call(&fault, clients.region()))?;
        reader::events(answer, self.written.reading.clone(), self.target.patience(deadline)).await
    }
}

/// Gives a call its body before it is signed. `request` says why the SDK does not write it.
pub(super) fn put(body: Bytes) -> impl Fn(&mut HttpRequest) + Send + Sync + 'static {
    move |http| {
        http.headers_mut().insert("content-length", body.len().to_string());
        *http.body_mut() = SdkBody::from(body.clone());
    }
}
