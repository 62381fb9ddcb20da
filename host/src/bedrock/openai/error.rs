//! Refusals in OpenAI's form as a [`Failure`].

use std::borrow::Cow;
use std::fmt::Write;

use aws_sdk_bedrockruntime::operation::invoke_model_with_response_stream::InvokeModelWithResponseStreamError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use serde::Deserialize;
use serde_json::Value;

use crate::bedrock::error::{internal, of_call, pause, refused};
use crate::error::{Failure, Kind};

/// `error` of a body or a chunk (OpenAI's API reference, "Error codes").
#[derive(Deserialize)]
pub(super) struct Refusal {
    message: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
    param: Option<String>,
    /// A word; some servers write the status here.
    code: Option<Value>,
}

/// A body that says why there is no answer.
#[derive(Deserialize)]
struct Refused {
    error: Refusal,
}

/// A call that failed in a region before its answer began. What stands before the endpoint speaks as
/// AWS does elsewhere.
pub(super) fn before_answer(
    error: &SdkError<InvokeModelWithResponseStreamError, HttpResponse>,
    region: &str,
) -> Failure {
    let Some((response, refusal)) = error.raw_response().and_then(|response| {
        let body: Refused = serde_json::from_slice(response.body().bytes()?).ok()?;
        Some((response, body.error))
    }) else {
        return of_call(error, region);
    };
    let header = |name| response.headers().get(name);
    let status = response.status().as_u16();
    let failure = failure(&refusal, Some(status));
    let failure = match pause(header("x-amz-retry-after"), header("retry-after")) {
        Some(pause) => failure.with_retry_after(pause),
        None => failure,
    };
    let told = told(&refusal, &failure, header("x-amzn-requestid"), Some(status));
    failure.with_internal(format!("{region}: {told}"))
}

/// An answer that broke off with an error.
pub(super) fn in_answer(refusal: &Refusal, request_id: Option<&str>) -> Failure {
    let failure = failure(refusal, None);
    let told = told(refusal, &failure, request_id, None);
    failure.with_internal(told)
}

fn failure(refusal: &Refusal, status: Option<u16>) -> Failure {
    let status = status.or_else(|| refusal.status());
    let mut failure = refused(refusal.word(), refusal.message.as_deref(), status, None);
    if failure.kind == Kind::InvalidRequest && refusal.word() == Some("context_length_exceeded") {
        failure.kind = Kind::ContextLength;
    }
    if matches!(failure.kind, Kind::InvalidRequest | Kind::ContextLength) {
        failure.param.clone_from(&refusal.param);
        failure.code = refusal.code.as_ref().and_then(Value::as_str).map(|code| Cow::Owned(code.to_owned()));
    }
    failure
}

/// What the operator reads. A message about the request may quote it; the client has that one.
fn told(refusal: &Refusal, failure: &Failure, request_id: Option<&str>, status: Option<u16>) -> String {
    let mut told = internal(request_id, status, refusal.word(), None);
    if let Some(message) = &refusal.message
        && !matches!(failure.kind, Kind::InvalidRequest | Kind::ContextLength | Kind::ModelError)
    {
        // Writing to a `String` cannot fail.
        let _ = write!(told, ": {message}");
    }
    told
}

impl Refusal {
    /// The most exact word for what happened.
    fn word(&self) -> Option<&str> {
        let code = self.code.as_ref().and_then(Value::as_str);
        code.or(self.kind.as_deref()).filter(|word| !word.is_empty())
    }

    /// The status that an error would have had, had it come before the answer.
    fn status(&self) -> Option<u16> {
        let number = self.code.as_ref().and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
        number.or_else(|| {
            let words = [self.code.as_ref().and_then(Value::as_str), self.kind.as_deref()];
            words.into_iter().flatten().find_map(status_of)
        })
    }
}

fn status_of(word: &str) -> Option<u16> {
    Some(match word {
        "invalid_request_error" | "context_length_exceeded" => 400,
        "authentication_error" | "invalid_api_key" => 401,
        "permission_error" => 403,
        "not_found_error" | "model_not_found" => 404,
        "timeout" | "timeout_error" => 408,
        "model_error" => 424,
        "rate_limit_error" | "rate_limit_exceeded" | "insufficient_quota" => 429,
        "server_error" | "api_error" => 500,
        "overloaded_error" | "service_unavailable" | "service_unavailable_error" => 503,
        _ => return None,
    })
}
