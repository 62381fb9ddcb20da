//! Failures become responses, and lines of the log.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, header};

use super::answer::REQUEST_ID;
use super::status;
use crate::error::{Failure, Kind, Origin, Retry};
use crate::ids::RequestId;
use crate::wire::openai;

/// Tells OpenAI's SDKs whether to repeat a request, whatever its status says to them.
pub(super) const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

/// A failure before the first byte: a status, and OpenAI's error body.
pub(crate) fn response(id: &RequestId, failure: &Failure) -> Response<Body> {
    let mut response = Response::new(Body::from(openai::error_body(failure)));
    *response.status_mut() = status::of(failure.kind);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    mark(id, failure, headers);
    response
}

/// Adds the headers that every failure has.
pub(super) fn mark(id: &RequestId, failure: &Failure, headers: &mut HeaderMap) {
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    if let Some(pause) = failure.retry_after {
        // Whole seconds, upwards: too early is the one wrong answer.
        let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    let is_final = failure.retry_after.is_none() || failure.kind == Kind::QuotaExceeded;
    if failure.kind.retry() == Retry::Never && is_final {
        headers.insert(SHOULD_RETRY, HeaderValue::from_static("false"));
    }
}

/// A request that was not answered in the whole time that it had, from its arrival.
pub fn too_slow() -> Failure {
    Failure::new(Kind::ModelTimeout, "the request took too long as a whole; try again, or ask for less")
}

/// Leaves a trace of a failure. What the client did wrong is the client's to know.
pub(super) fn log(id: &RequestId, failure: &Failure) {
    let (request, kind) = (id.as_str(), failure.kind);
    let reason = failure.reason();
    match kind.origin() {
        Origin::Client => tracing::debug!(request, ?kind, "refused"),
        Origin::Plugin | Origin::Upstream | Origin::Host => tracing::warn!(request, ?kind, reason, "failed"),
    }
}
