//! The Model Context Protocol at `/mcp`: the key, the body and the status of what fails are as everywhere.

mod clerk;
mod late;

use std::convert::Infallible;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use bytes::Bytes;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use http_body_util::BodyExt;
use http_body_util::combinators::BoxBody;
use tokio::time::{sleep, timeout};

use self::clerk::Clerk;
use super::answer::{self, Noted};
use super::auth::authenticate;
use super::caller::Caller;
use super::{App, body, failure, status};
use crate::config;
use crate::error::{Failure, Origin};
use crate::mcp::{self, Answer, Code, Endpoint, Mode, Visit};
use crate::pipeline::Deadline;
use crate::store::Sessions;
use crate::telemetry::Invocation;

/// What a tool says at the end of its time needs so long to come out.
const MOMENT: Duration = Duration::from_millis(500);

/// The endpoint, which is built when the first request comes to it.
#[derive(Clone)]
pub struct Mcp(Arc<Inner>);

struct Inner {
    settings: config::Mcp,
    sessions: Arc<dyn Sessions>,
    secret: [u8; 32],
    endpoint: OnceLock<Endpoint>,
}

impl Mcp {
    /// An endpoint with these settings that keeps sessions there, and seals what clients keep with this secret.
    pub fn new(settings: config::Mcp, sessions: Arc<dyn Sessions>, secret: [u8; 32]) -> Self {
        Self(Arc::new(Inner { settings, sessions, secret, endpoint: OnceLock::new() }))
    }
}

/// `/mcp`.
pub(super) async fn serve(State(app): State<App>, caller: Caller, request: Request) -> Response<Body> {
    let noted = Noted::of(&caller);
    let (id, observation) = (caller.id.clone(), caller.observation.clone());
    let mut message = Bytes::new();
    let mut response = match answer(&app, &noted, caller, request, &mut message).await {
        Ok(response) => response,
        Err(failure) => {
            failure::log(&id, &observation, &failure);
            refusal(&failure, &message, |headers| failure::mark(&id, &failure, headers))
        }
    };
    answer::mark(&id, &[], response.headers_mut());
    noted.mark(response)
}

async fn answer(
    app: &App,
    noted: &Noted,
    caller: Caller,
    request: Request,
    message: &mut Bytes,
) -> Result<Response<Body>, Failure> {
    let Some(Mcp(inner)) = &app.mcp else { return Err(failure::too_slow()) };
    let time = caller.time(&app.timeouts);
    let deadline = Deadline::after(time);
    let (parts, body) = request.into_parts();
    let arriving = async {
        let key = authenticate(app, &caller).await?;
        let message = if parts.method == Method::POST {
            body::read(&caller, body, app.max_body_bytes).await?
        } else {
            Bytes::new()
        };
        Ok::<_, Failure>((key, message))
    };
    let (key, arrived) = timeout(time, arriving).await.unwrap_or_else(|_| Err(failure::too_slow()))?;
    *message = arrived;
    let mode = match parts.extensions.get::<Invocation>() {
        Some(_) => Mode::Brief,
        None => Mode::Resident,
    };
    let (id, observation) = (caller.id.clone(), caller.observation.clone());
    let visit = Visit {
        key: key.key.id.clone(),
        desk: Arc::new(Clerk {
            app: app.clone(),
            key,
            caller,
            noted: noted.clone(),
            deadline,
            is_booked: AtomicBool::new(false),
        }),
    };

    let (inner, timeouts) = (Arc::clone(inner), app.timeouts);
    let request = Request::from_parts(parts, message.clone());
    let answering = async move {
        let endpoint = inner.endpoint.get_or_init(|| {
            Endpoint::new(inner.settings.clone(), &timeouts, Arc::clone(&inner.sessions), inner.secret, mode)
        });
        endpoint.answer(request, visit).await
    };
    let left = deadline.left().map_or(time, |left| left.saturating_add(MOMENT).min(time));
    let answering =
        timeout(left, answering).map(|answer| answer.unwrap_or_else(|_| Err(failure::too_slow()))).boxed();
    let Some(quiet) = timeouts.keep_alive.filter(|_| mcp::can_wait(message)) else {
        return Ok(over_http(answering.await?, time));
    };
    let message = message.clone();
    let told = move |failure: &Failure| {
        failure::log(&id, &observation, failure);
        error_of(failure, &message)
    };
    late::answered(answering, quiet, time, told).await
}

fn over_http(answer: Answer, time: Duration) -> Response<Body> {
    if is_stream(&answer) {
        answer.map(|body| Body::from_stream(streamed(body, time)))
    } else {
        answer.map(Body::new)
    }
}

/// The events of an answer, which take no longer than that from now on.
fn streamed(
    body: BoxBody<Bytes, Infallible>,
    time: Duration,
) -> BoxStream<'static, Result<Bytes, Infallible>> {
    body.into_data_stream().take_until(sleep(time)).boxed()
}

fn is_stream(answer: &Answer) -> bool {
    let kind = answer.headers().get(header::CONTENT_TYPE);
    kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

/// A failure before the first byte: a status, and an error of JSON-RPC.
fn refusal(failure: &Failure, message: &[u8], mark: impl FnOnce(&mut header::HeaderMap)) -> Response<Body> {
    let mut response = Response::new(Body::from(error_of(failure, message)));
    *response.status_mut() = status::of(failure.kind);
    let is_unauthenticated = response.status() == StatusCode::UNAUTHORIZED;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if is_unauthenticated {
        // RFC 9110, section 11.6.1.
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    mark(headers);
    response
}

/// What a failure is in JSON-RPC, in answer to a message.
fn error_of(failure: &Failure, message: &[u8]) -> Vec<u8> {
    let code = match failure.kind.origin() {
        Origin::Client => Code::Refused,
        Origin::Plugin | Origin::Upstream | Origin::Host => Code::Internal,
    };
    mcp::error_body(code, &failure.message, mcp::id_of(message))
}
