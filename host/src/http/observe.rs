//! Each request is observed from its arrival to the last byte of its answer.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, Method};
use axum::middleware::Next;
use axum::response::Response;

use super::answer::REQUEST_ID;
use crate::telemetry::{Arrival, ClientRequestId, Invocation, Observation, Telemetry, Trace};

/// OpenAI's name for a client's own id of a request; `x-request-id` is everybody's.
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-client-request-id");

/// W3C Trace Context, section 3.2.
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Puts an [`Observation`] into the extensions of a request, which ends with the body of the answer.
pub(super) async fn observe(
    State(telemetry): State<Telemetry>,
    mut request: Request,
    next: Next,
) -> Response {
    let observation = telemetry.begin(arrival(&request));
    if !observation.is_on() {
        return next.run(request).await;
    }
    let is_head = request.method() == Method::HEAD;
    request.extensions_mut().insert(observation.clone());
    let mut response = next.run(request).await;
    observation.answers(response.status().as_u16());
    if is_head || response.body().is_end_stream() {
        // Nobody asks for its body, or there is none.
        observation.answered();
    }
    // Whoever sends the answer may have to say that it was not sent to its end.
    response.extensions_mut().insert(observation.clone());
    response.map(|body| Body::new(ObservedBody { body, observation }))
}

fn arrival(request: &Request) -> Arrival<'_> {
    let invocation = request.extensions().get::<Invocation>();
    let headers = request.headers();
    Arrival {
        method: method(request.method()),
        route: request.extensions().get::<MatchedPath>().map(MatchedPath::as_str),
        client_request: client_request(headers),
        trace: match invocation.and_then(Invocation::trace) {
            Some(trace) => Some(trace.clone()),
            None => headers.get(TRACEPARENT).and_then(|value| Trace::of_client(value.to_str().ok()?)),
        },
        invocation,
    }
}

fn client_request(headers: &HeaderMap) -> Option<ClientRequestId> {
    let given = [CLIENT_REQUEST_ID, REQUEST_ID].into_iter().find_map(|name| headers.get(name));
    ClientRequestId::parse(given?.to_str().ok()?)
}

/// The methods of HTTP. Others are a client's words (OpenTelemetry's conventions for HTTP have this name
/// for them).
fn method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "_OTHER",
    }
}

/// A body that says when it is over. Dropped before, nobody was there any more.
struct ObservedBody {
    body: Body,
    observation: Observation,
}

impl HttpBody for ObservedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, axum::Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        // A body of known length is not asked again after its last frame.
        if frame.is_none() || self.body.is_end_stream() {
            self.observation.answered();
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
#[path = "observe_tests.rs"]
mod tests;
