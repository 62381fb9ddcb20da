//! Counts the tokens of a prompt (API reference, `CountTokens`).

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::types::{ConverseTokensRequest, CountTokensInput};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::time::timeout;

use super::call::put;
use super::error;
use super::region::Clients;
use super::request;
use super::target::Target;
use crate::capability::{Backend, Bare, bare};
use crate::chat::Request;
use crate::error::{Failure, Kind};
use crate::pipeline::{CountedBy, Deadline};
use crate::telemetry::Observation;

/// For one attempt: nothing is generated.
const PATIENCE: Duration = Duration::from_secs(30);

/// What CountTokens reads of a request.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counted<'a> {
    #[serde(borrow)]
    messages: &'a RawValue,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    system: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    tool_config: Option<&'a RawValue>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    additional_model_request_fields: Option<&'a RawValue>,
}

#[derive(Serialize)]
struct Body<'a> {
    input: Input<'a>,
}

#[derive(Serialize)]
struct Input<'a> {
    converse: Counted<'a>,
}

/// The tokens of a request's prompt: by Bedrock, or by estimate for a model whose tokens it does not count.
pub(super) async fn tokens(
    target: &Target,
    request: &Request,
    deadline: Deadline,
    told: &Observation,
) -> Result<(u64, CountedBy), Failure> {
    let estimate = (target.input_tokens, CountedBy::Estimate);
    // Tokens are counted for foundation models of Converse, by their own ids alone.
    let (Backend::Converse, Bare::Id(model)) = (target.capabilities.backend, bare(&target.model)) else {
        return Ok(estimate);
    };
    let written = request::write(request, &target.capabilities)?;
    let body = body(&written.body)?;
    let attempt = |clients| count(clients, model, body.clone(), told);
    let counted = target.call(deadline, told, attempt).await?;
    Ok(counted.map_or(estimate, |tokens| (tokens, CountedBy::Upstream)))
}

fn body(converse: &[u8]) -> Result<bytes::Bytes, Failure> {
    let unwritable = |fault: serde_json::Error| {
        Failure::new(Kind::Internal, "the request could not be written for Bedrock")
            .with_internal(fault.to_string())
    };
    let converse: Counted<'_> = serde_json::from_slice(converse).map_err(unwritable)?;
    serde_json::to_vec(&Body { input: Input { converse } }).map(Into::into).map_err(unwritable)
}

/// None for a model whose tokens are not counted.
async fn count(
    clients: Arc<Clients>,
    model: &str,
    body: bytes::Bytes,
    told: &Observation,
) -> Result<Option<u64>, Failure> {
    // What the SDK would write is replaced, as for Converse.
    let placeholder = CountTokensInput::Converse(ConverseTokensRequest::builder().build());
    let call = clients.runtime().count_tokens().model_id(model).input(placeholder).customize();
    let answer =
        timeout(PATIENCE, call.mutate_request(put(body)).send()).await.map_err(|_| error::silent())?;
    told.bedrock_request(answer.request_id());
    match answer {
        Ok(answer) => Ok(u64::try_from(answer.input_tokens).ok()),
        Err(fault) => {
            let said = fault.as_service_error().and_then(ProvideErrorMetadata::message).unwrap_or_default();
            if said.contains("support counting tokens") {
                return Ok(None);
            }
            Err(error::of_call(&fault, clients.region()))
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn only_what_is_read_is_sent() {
        let converse = br#"{"messages":[{"b":1,"a":2}],"system":[],"inferenceConfig":{"maxTokens":1},"requestMetadata":{}}"#;
        let body = body(converse).unwrap();
        let expected = r#"{"input":{"converse":{"messages":[{"b":1,"a":2}],"system":[]}}}"#;
        assert_eq!(std::str::from_utf8(&body).unwrap(), expected);
    }
}
