use std::sync::Arc;
use std::time::Duration;

use aws_sdk_bedrockruntime::operation::RequestId;
use aws_smithy_types::Blob;
use tokio::time::timeout;

use super::answer::{self, Answer};
use super::body;
use super::plan::Plan;
use crate::bedrock::error;
use crate::bedrock::invoke::Counted;
use crate::bedrock::region::Clients;
use crate::error::{Failure, Kind};
use crate::telemetry::Observation;

/// For one attempt. Vectors are made in well under a second.
const PATIENCE: Duration = Duration::from_mins(1);

/// Attempts the call for the texts of one batch.
pub(super) async fn invoke(
    clients: Arc<Clients>,
    plan: &Plan,
    texts: &[String],
    told: &Observation,
) -> Result<Answer, Failure> {
    let body = body::write(plan, texts).map_err(|error| {
        Failure::new(Kind::Internal, "the request could not be written for Bedrock")
            .with_internal(error.to_string())
    })?;
    let counted = Counted::default();
    let call = clients
        .runtime()
        .invoke_model()
        .model_id(&plan.model)
        .content_type("application/json")
        .accept("application/json")
        .body(Blob::new(body))
        .set_request_metadata(plan.metadata.clone())
        .customize()
        .interceptor(counted.clone());
    let answer = timeout(PATIENCE, call.send()).await.map_err(|_| error::silent())?;
    told.bedrock_request(answer.request_id());
    let answer = answer.map_err(|fault| error::of_call(&fault, clients.region()))?;
    answer::read(plan.api, answer.body.as_ref(), texts.len(), counted.usage().map(|usage| usage.input_tokens))
}
