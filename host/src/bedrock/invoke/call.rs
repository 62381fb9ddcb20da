//! One call of InvokeModel or InvokeModelWithResponseStream.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::types::{ServiceTierType, Trace};
use aws_smithy_types::Blob;
use bytes::Bytes;
use futures::{StreamExt, stream};

use super::counted::Counted;
use super::payload::{PayloadWriter, received};
use crate::bedrock::region::Clients;
use crate::bedrock::target::Target;
use crate::bedrock::{error, reader};
use crate::chat::{Delivery, Guardrail, GuardrailTrace};
use crate::error::Failure;
use crate::pipeline::{Deadline, Estimate, Invocation, InvokeCall, Payloads, Plan};
use crate::telemetry::Observation;

/// A call that is written and not yet made.
pub(in crate::bedrock) struct InvokeModelCall {
    pub(super) target: Target,
    pub(super) invocation: Invocation,
    /// Goes into headers. All of the prompt is checked, and streamed text before it leaves: a policy may ask
    /// for less, not for more.
    pub(super) guardrail: Option<Guardrail>,
    pub(super) service_tier: Option<ServiceTierType>,
    /// What Bedrock notes with the call, as a JSON object.
    pub(super) metadata: Option<String>,
    pub(super) dropped: Vec<String>,
}

#[async_trait]
impl InvokeCall for InvokeModelCall {
    fn dropped(&self) -> &[String] {
        &self.dropped
    }

    fn plan(&self) -> Plan {
        let operation = match self.target.delivery {
            Delivery::Whole => "InvokeModel",
            Delivery::Streamed => "InvokeModelWithResponseStream",
        };
        self.target.plan(operation, &self.invocation.body)
    }

    fn estimate(&self) -> Estimate {
        self.target.estimate()
    }

    async fn send(self: Box<Self>, deadline: Deadline, told: &Observation) -> Result<Payloads, Failure> {
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

/// The two operations take the same, and the SDK has a type for each.
macro_rules! with_invocation {
    ($builder:expr, $call:expr) => {{
        let Invocation { body, content_type, accept, delivery: _, dropped: _ } = &$call.invocation;
        let builder = $builder
            .model_id(&$call.target.model)
            .content_type(content_type)
            .accept(accept)
            .body(Blob::new(body.as_ref()))
            .set_service_tier($call.service_tier.clone())
            .set_request_metadata($call.metadata.clone());
        match &$call.guardrail {
            None => builder,
            Some(Guardrail { id, version, trace, mode: _ }) => builder
                .guardrail_identifier(id)
                .guardrail_version(version)
                .set_trace((*trace == GuardrailTrace::Enabled).then_some(Trace::Enabled)),
        }
    }};
}

impl InvokeModelCall {
    async fn whole(&self, clients: Arc<Clients>, told: &Observation) -> Result<Payloads, Failure> {
        let counted = Counted::default();
        let call = with_invocation!(clients.runtime().invoke_model(), self);
        let answer = call.customize().interceptor(counted.clone()).send().await;
        told.bedrock_request(answer.request_id());
        let answer = answer.map_err(|fault| error::of_call(&fault, clients.region()))?;
        let mut received = received(vec![Bytes::from(answer.body.into_inner())]);
        received.usage = counted.usage().or(received.usage);
        Ok(stream::once(async { Ok(received) }).boxed())
    }

    async fn streamed(
        &self,
        clients: Arc<Clients>,
        deadline: Deadline,
        told: &Observation,
    ) -> Result<Payloads, Failure> {
        let call = with_invocation!(clients.runtime().invoke_model_with_response_stream(), self);
        let answer = call.send().await;
        told.bedrock_request(answer.request_id());
        let answer = answer.map_err(|fault| error::of_call(&fault, clients.region()))?;
        reader::read(answer, PayloadWriter::default(), self.target.patience(deadline)).await
    }
}
