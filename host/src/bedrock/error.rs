//! What can go wrong with a call, as a [`Failure`].
//!
//! Sorted by AWS's error codes (API reference, `Converse`, "Errors"; "Common Errors" of every AWS
//! service), and by HTTP status where there is no code.

use std::error::Error;
use std::fmt::Write;
use std::time::Duration;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_bedrockruntime::types::error::{ConverseStreamOutputError, ResponseStreamError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::event_stream::RawMessage;

use crate::error::{Failure, Kind};

const INCOMPLETE: &str = "the answer from Bedrock is incomplete; try again";

/// A call that failed in a region before its answer began.
pub(super) fn of_call<E>(error: &SdkError<E, HttpResponse>, region: &str) -> Failure
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let response = error.raw_response();
    let header = |name| response.and_then(|response| response.headers().get(name));
    let status = response.map(|response| response.status().as_u16());
    let failure = match error {
        // A success whose body breaks off, or cannot be parsed.
        SdkError::ServiceError(_) | SdkError::ResponseError(_)
            if status.is_some_and(|status| (200..300).contains(&status)) =>
        {
            unreadable()
        }
        SdkError::ServiceError(service) => {
            let refusal = service.err();
            let retry_after = pause(header("x-amz-retry-after"), header("retry-after"));
            refused(refusal.code(), refusal.message(), status, retry_after)
        }
        SdkError::ConstructionFailure(_) => {
            Failure::new(Kind::Internal, "the request could not be written for Bedrock")
        }
        SdkError::ResponseError(_) => {
            refused(None, None, status, pause(header("x-amz-retry-after"), header("retry-after")))
        }
        _ if is_about_credentials(error) => credentials(),
        _ => Failure::new(Kind::Unreachable, "bedrock cannot be reached; try again later"),
    };
    let code = error.as_service_error().and_then(ProvideErrorMetadata::code);
    let internal = internal(header("x-amzn-requestid"), status, code, told(&failure, error));
    failure.with_internal(format!("{region}: {internal}"))
}

/// An answer that broke off after it had begun.
pub(super) fn of_stream<E: Exception>(error: &SdkError<E, RawMessage>, request_id: Option<&str>) -> Failure {
    let exception = error.as_service_error();
    let code = exception.and_then(Exception::name);
    let failure = match exception {
        Some(exception) => refused(code, exception.message(), None, None),
        None => broken(),
    };
    let internal = internal(request_id, None, code, told(&failure, error));
    failure.with_internal(internal)
}

/// The error whose texts may stand in the log. Those of a model are its maker's, and may quote what
/// it was asked.
fn told<'a>(failure: &Failure, error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    Some(error).filter(|_| failure.kind != Kind::ModelError)
}

/// A stream that ended too early, or made no sense.
pub(super) fn broken() -> Failure {
    Failure::new(Kind::BrokenStream, INCOMPLETE)
}

/// A whole answer that makes no sense.
pub(super) fn unreadable() -> Failure {
    Failure::new(Kind::UnreadableAnswer, INCOMPLETE)
}

/// The same failure where the answer was asked for as a whole, so that nothing of it is left to come.
pub(super) fn of_whole(failure: Failure) -> Failure {
    match failure.kind {
        Kind::BrokenStream => Failure { kind: Kind::UnreadableAnswer, ..failure },
        _ => failure,
    }
}

/// An answer that goes on without a word, or does not come at all.
pub(super) fn silent() -> Failure {
    timeout().with_internal("bedrock said nothing for too long; the call was given up")
}

/// An answer that was not complete when its time was over.
pub(super) fn late() -> Failure {
    timeout()
        .with_internal("the answer was not complete in the time that requests have; the call was given up")
}

fn timeout() -> Failure {
    Failure::new(Kind::ModelTimeout, "the model took too long; try again, or ask for less")
}

/// A call without a region to make it in.
pub(super) fn nowhere() -> Failure {
    Failure::new(Kind::Internal, "there is no region of bedrock to ask")
}

/// An exception in a stream. Its code stands beside the message, where the SDK does not keep it.
pub(super) trait Exception: ProvideErrorMetadata + Error + 'static {
    /// The code.
    fn name(&self) -> Option<&str>;
}

impl Exception for ConverseStreamOutputError {
    fn name(&self) -> Option<&str> {
        Some(match self {
            Self::InternalServerException(_) => "InternalServerException",
            Self::ModelStreamErrorException(_) => "ModelStreamErrorException",
            Self::ServiceUnavailableException(_) => "ServiceUnavailableException",
            Self::ThrottlingException(_) => "ThrottlingException",
            Self::ValidationException(_) => "ValidationException",
            other => return other.code(),
        })
    }
}

impl Exception for ResponseStreamError {
    fn name(&self) -> Option<&str> {
        Some(match self {
            Self::InternalServerException(_) => "InternalServerException",
            Self::ModelStreamErrorException(_) => "ModelStreamErrorException",
            Self::ModelTimeoutException(_) => "ModelTimeoutException",
            Self::ServiceUnavailableException(_) => "ServiceUnavailableException",
            Self::ThrottlingException(_) => "ThrottlingException",
            Self::ValidationException(_) => "ValidationException",
            other => return other.code(),
        })
    }
}

/// Bedrock answered that it will not.
pub(super) fn refused(
    code: Option<&str>,
    message: Option<&str>,
    status: Option<u16>,
    retry_after: Option<Duration>,
) -> Failure {
    let said = message.unwrap_or_default();
    let kind = kind(code.unwrap_or_default(), said, status.unwrap_or_default());
    let own = |text: &str| Failure::new(kind, text);
    let failure = match kind {
        // About the client's own request, so the client reads it.
        Kind::InvalidRequest | Kind::ContextLength if !said.is_empty() => own(said),
        Kind::InvalidRequest | Kind::ContextLength => own("bedrock finds the request invalid"),
        Kind::ModelNotFound => own("bedrock knows no such model in the gateway's region").with_param("model"),
        Kind::Denied => own(
            "bedrock refused the gateway's own AWS role, which may not use this model; your API key is fine, \
             ask the operator for access",
        ),
        Kind::Credentials => credentials(),
        Kind::Throttled => own("bedrock is throttling this model; try again later"),
        Kind::ModelNotReady => own("the model is not ready yet; try again later"),
        Kind::ModelTimeout => timeout(),
        Kind::ModelError => own("the model failed on this request"),
        Kind::UpstreamUnavailable => own("bedrock is unavailable; try again later"),
        _ => own("bedrock had an internal error; try again"),
    };
    match retry_after {
        Some(pause) => failure.with_retry_after(pause),
        None => failure,
    }
}

fn credentials() -> Failure {
    Failure::new(
        Kind::Credentials,
        "the gateway's own AWS credentials are missing or not valid; ask the operator",
    )
}

fn kind(code: &str, message: &str, status: u16) -> Kind {
    match code {
        "ValidationException" => of_validation(message),
        "AccessDeniedException" if is_about_bearer_token(message) => Kind::Credentials,
        "AccessDeniedException" => Kind::Denied,
        "ExpiredToken"
        | "ExpiredTokenException"
        | "IncompleteSignature"
        | "IncompleteSignatureException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "MissingAuthenticationToken"
        | "MissingAuthenticationTokenException"
        | "RequestExpired"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClient"
        | "UnrecognizedClientException" => Kind::Credentials,
        "ResourceNotFoundException" => Kind::ModelNotFound,
        "ThrottlingException" | "TooManyRequestsException" | "ServiceQuotaExceededException" => {
            Kind::Throttled
        }
        "ModelNotReadyException" => Kind::ModelNotReady,
        "ModelTimeoutException" => Kind::ModelTimeout,
        "ModelErrorException" | "ModelStreamErrorException" => Kind::ModelError,
        "InternalServerException" | "InternalFailure" => Kind::UpstreamInternal,
        "ServiceUnavailableException" | "ServiceUnavailable" => Kind::UpstreamUnavailable,
        _ => match status {
            400 => of_validation(message),
            401 => Kind::Credentials,
            403 if is_about_bearer_token(message) => Kind::Credentials,
            403 => Kind::Denied,
            // Bedrock says what it does not know; something that does not is not Bedrock.
            404 if !code.is_empty() => Kind::ModelNotFound,
            408 => Kind::ModelTimeout,
            413 => Kind::TooLarge,
            424 => Kind::ModelError,
            429 => Kind::Throttled,
            503 => Kind::UpstreamUnavailable,
            _ => Kind::UpstreamInternal,
        },
    }
}

/// Bedrock has one code for all that is wrong with a request; only the message tells more.
fn of_validation(message: &str) -> Kind {
    const TOO_LONG: [&str; 4] =
        ["input is too long", "prompt is too long", "exceed context limit", "maximum context length"];
    let message = message.to_ascii_lowercase();
    if message.contains("provided model identifier is invalid") {
        Kind::ModelNotFound
    } else if TOO_LONG.iter().any(|text| message.contains(text)) {
        Kind::ContextLength
    } else {
        Kind::InvalidRequest
    }
}

/// A Bedrock API key that is not valid is refused with the code of a missing permission.
fn is_about_bearer_token(message: &str) -> bool {
    let message = message.to_ascii_lowercase();
    message.contains("api key") || message.contains("bearer token")
}

/// No credentials were found, or they could not be loaded: the call was never sent.
fn is_about_credentials(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| {
        cause.is::<CredentialsError>() || cause.to_string().starts_with("failed to select an auth scheme")
    })
}

/// `x-amz-retry-after` is in milliseconds, `retry-after` in seconds.
pub(super) fn pause(milliseconds: Option<&str>, seconds: Option<&str>) -> Option<Duration> {
    let milliseconds = milliseconds.and_then(|text| text.trim().parse().ok()).map(Duration::from_millis);
    milliseconds.or_else(|| seconds.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs))
}

/// What the operator reads. Made of `Display` texts only: the SDK's `Debug` holds whole answers.
pub(super) fn internal(
    request_id: Option<&str>,
    status: Option<u16>,
    code: Option<&str>,
    error: Option<&(dyn Error + 'static)>,
) -> String {
    // Writing to a `String` cannot fail.
    let mut text = format!("bedrock request `{}`", request_id.unwrap_or("unknown"));
    if let Some(status) = status {
        let _ = write!(text, ", status {status}");
    }
    if let Some(code) = code {
        let _ = write!(text, ", `{code}`");
    }
    for cause in error.into_iter().flat_map(causes) {
        let cause = cause.to_string();
        // The SDK wraps a refusal in an error that says the same.
        if !text.ends_with(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |cause| {
        let cause: &'a (dyn Error + 'static) = *cause;
        cause.source()
    })
}

#[cfg(test)]
mod tests;
