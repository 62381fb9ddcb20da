use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use axum::response::IntoResponse;

use super::caller::Caller;
use super::{cache, failure, rate_limits};
use crate::error::Failure;
use crate::ids::{PluginName, RequestId};
use crate::pipeline::{CacheNote, Rates, Skipped};
use crate::telemetry::Observation;

/// Under which id a request is logged; OpenAI's SDKs show it in their errors.
pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The request fields that had no effect, by their OpenAI names.
const DROPPED: HeaderName = HeaderName::from_static("x-adit-dropped");

/// The session of a client of the Model Context Protocol.
const MCP_SESSION: HeaderName = HeaderName::from_static("mcp-session-id");

/// The plugins that failed and that the request went on without, up to the head of its answer.
const PLUGINS_SKIPPED: HeaderName = HeaderName::from_static("x-adit-plugins-skipped");

/// Under which id Lambda logs the invocation that brought the request.
pub(crate) const AWS_REQUEST_ID: HeaderName = HeaderName::from_static("x-adit-aws-request-id");

/// What is said in headers that only Adit or OpenAI have: a page in a browser may read these, if it may read
/// answers at all.
pub(super) fn own_headers() -> [HeaderName; 13] {
    [
        REQUEST_ID,
        AWS_REQUEST_ID,
        DROPPED,
        MCP_SESSION,
        PLUGINS_SKIPPED,
        cache::CACHE,
        failure::SHOULD_RETRY,
        rate_limits::REQUESTS.limit,
        rate_limits::REQUESTS.remaining,
        rate_limits::REQUESTS.reset,
        rate_limits::TOKENS.limit,
        rate_limits::TOKENS.remaining,
        rate_limits::TOKENS.reset,
    ]
}

/// A request that ended with a failure before its first byte.
pub(super) struct Refusal {
    id: RequestId,
    failure: Box<Failure>,
    noted: Noted,
}

/// What is told of a request's way while it goes, and said in the headers however it ends. Clones are the same thing.
#[derive(Clone)]
pub(super) struct Noted {
    /// What the operator is told of it.
    pub(super) observation: Observation,
    /// The plugins that it goes on without.
    pub(super) skipped: Skipped,
    /// How the limits of its key and team stand.
    pub(super) rates: Rates,
    /// What the response cache has done.
    pub(super) cache: CacheNote,
}

impl Noted {
    /// Nothing yet.
    pub(super) fn of(caller: &Caller) -> Self {
        Self {
            observation: caller.observation.clone(),
            skipped: Skipped::default(),
            rates: Rates::default(),
            cache: CacheNote::default(),
        }
    }

    pub(super) fn mark(&self, response: Response<Body>) -> Response<Body> {
        let response = rate_limits::mark(without(response, &self.skipped), &self.rates);
        cache::tell(&self.observation, &self.cache);
        cache::mark(response, &self.cache)
    }
}

impl Refusal {
    pub(super) fn new(id: RequestId, noted: Noted, failure: Failure) -> Self {
        Self { id, failure: Box::new(failure), noted }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        failure::log(&self.id, &self.noted.observation, &self.failure);
        self.noted.mark(failure::response(&self.id, &self.failure))
    }
}

/// What came of a request, with what was noted on its way.
pub(super) fn outcome(
    id: RequestId,
    noted: Noted,
    answer: Result<Response<Body>, Failure>,
) -> Result<Response<Body>, Refusal> {
    match answer {
        Ok(response) => Ok(noted.mark(response)),
        Err(failure) => Err(Refusal::new(id, noted, failure)),
    }
}

/// A response with the headers that every answer has.
pub(super) fn response(
    id: &RequestId,
    media_type: &'static str,
    body: Body,
    dropped: &[String],
) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    mark(id, dropped, headers);
    response
}

/// Adds the headers that every answer has.
pub(super) fn mark(id: &RequestId, dropped: &[String], headers: &mut HeaderMap) {
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-cache"));
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        headers.insert(REQUEST_ID, id);
    }
    if !dropped.is_empty()
        && let Ok(names) = HeaderValue::from_str(&dropped.join(","))
    {
        headers.insert(DROPPED, names);
    }
}

/// A response that says which plugins its request went on without.
fn without(mut response: Response<Body>, skipped: &Skipped) -> Response<Body> {
    let names = skipped.so_far();
    let names = names.iter().map(PluginName::as_str).collect::<Vec<_>>().join(",");
    if !names.is_empty()
        && let Ok(names) = HeaderValue::from_str(&names)
    {
        response.headers_mut().insert(PLUGINS_SKIPPED, names);
    }
    response
}
