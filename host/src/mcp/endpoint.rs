//! The door: one request of HTTP in, one answer out, in either era of the protocol.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use rmcp::model::ProtocolVersion;
use rmcp::transport::streamable_http_server::session::{SessionState, SessionStore, SessionStoreError};
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::desk::{Desk, Guest};
use super::error::{Code, error_body};
use super::kept::Kept;
use super::live::{self, Live};
use super::server::Server;
use crate::config::mcp::AllowedOrigins;
use crate::config::{Mcp, Timeouts};
use crate::error::{Failure, Kind};
use crate::ids::KeyId;
use crate::store::{Session, Sessions, StoreError};

const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const JSON: &str = "application/json";
const INITIALIZE: &str = "initialize";

/// When a client whose connection broke asks for the rest.
const RETRY: Duration = Duration::from_secs(3);

/// What a request is answered with.
pub type Answer = Response<BoxBody<Bytes, Infallible>>;

/// How long the process lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// From request to request: streams may stay open beside them.
    Resident,
    /// For one request at a time, and frozen between them, on a platform that looks after hosts and bills for open
    /// streams.
    Brief,
}

/// Who makes a request.
pub struct Visit {
    /// What it may ask Adit for.
    pub desk: Arc<dyn Desk>,
    /// Its key, to which its sessions are bound.
    pub key: KeyId,
}

/// Serves the protocol.
pub struct Endpoint {
    service: StreamableHttpService<Server, Live>,
    live: Arc<Live>,
    sessions: Arc<dyn Sessions>,
    lifetime: Duration,
    mode: Mode,
    origins: Origins,
}

/// Whose pages may call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origins {
    All,
    Listed,
}

impl Endpoint {
    /// An endpoint that keeps sessions there, and seals with this secret what clients keep. Nothing is started.
    pub fn new(
        settings: Mcp,
        timeouts: &Timeouts,
        sessions: Arc<dyn Sessions>,
        secret: [u8; 32],
        mode: Mode,
    ) -> Self {
        let retry = (mode == Mode::Resident).then_some(RETRY);
        let config = service_config(&settings, timeouts, mode);
        let lifetime = settings.session;
        let origins = match settings.allowed_origins {
            AllowedOrigins::Any => Origins::All,
            AllowedOrigins::Listed(_) => Origins::Listed,
        };
        let server = Server::new(Arc::new(settings), secret, mode);
        let live = Arc::new(Live::new(timeouts.total, retry));
        let service = StreamableHttpService::new(move || Ok(server.clone()), Arc::clone(&live), config);
        Self { service, live, sessions, lifetime, mode, origins }
    }

    /// Answers a request whose key is known. What the protocol refuses is an answer; an `Err` is a fault of Adit's
    /// own.
    pub async fn answer(&self, request: Request<Bytes>, visit: Visit) -> Result<Answer, Failure> {
        let (mut parts, body) = request.into_parts();
        if self.mode == Mode::Brief && parts.method == Method::GET {
            let message = "no stream can be held open here: ask by POST";
            let mut refusal = refusal(StatusCode::METHOD_NOT_ALLOWED, Code::Refused, message, None);
            refusal.headers_mut().insert(http::header::ALLOW, HeaderValue::from_static("POST, DELETE"));
            return Ok(refusal);
        }
        let envelope = match envelope(&parts.method, &body) {
            Ok(envelope) => envelope,
            Err(refused) => return Ok(*refused),
        };
        let id = envelope.id;
        // Before there is a session that nothing could keep.
        if body.len() > Session::MAX_BYTES && method_of(&body).is_some_and(|method| method == INITIALIZE) {
            return Ok(too_large(id));
        }

        let mut kept = Kept::new(Arc::clone(&self.sessions), visit.key.clone(), self.lifetime);
        let is_end = parts.method == Method::DELETE;
        let mut in_use = None;
        let of_a_session = parts
            .headers
            .get(PROTOCOL_VERSION)
            .is_none_or(|version| version.as_bytes() < ProtocolVersion::NO_INITIALIZE.as_str().as_bytes());
        if let Some(session) = parts.headers.get(SESSION_ID).filter(|_| of_a_session) {
            let session = session.to_str().ok();
            let is_there = match session {
                Some(session) => kept.find(session).await?,
                None => false,
            };
            if !is_there {
                let message = "there is no such session, or not any more: initialize a new one";
                return Ok(refusal(StatusCode::NOT_FOUND, Code::UnknownSession, message, id));
            }
            if let Some(session) = session.filter(|_| !is_end) {
                in_use = Some(self.live.enter(&visit.key, session).await?);
            }
        }
        if !of_a_session {
            // The newer era has none: nobody has looked whose it is.
            parts.headers.remove(SESSION_ID);
        }
        parts.extensions.insert(kept.clone());
        parts.extensions.insert(Guest(visit.desk));

        let mut service = self.service.clone();
        if self.origins == Origins::Listed {
            service.config.allowed_origins.extend(own_origins(&parts.headers));
        }
        service.config.session_store = Some(Arc::new(kept.clone()));
        let answer = service.handle(Request::from_parts(parts, Full::new(body.clone()))).await;
        drop(in_use);
        if let Some(fault) = kept.fault() {
            let opened = answer.headers().get(SESSION_ID).and_then(|session| session.to_str().ok());
            if let Some(session) = opened {
                // In memory already, and nobody learns its id.
                self.live.end(session).await;
            }
            return match fault {
                StoreError::SessionTooLarge => Ok(too_large(id)),
                fault => Err(fault.into()),
            };
        }
        if is_end && answer.status() == StatusCode::ACCEPTED {
            if let Some(session) = kept.id() {
                self.live.end(session).await;
            }
            // Nothing is left to be done, as 202 would have it.
            let mut gone = Response::new(Full::default().boxed());
            *gone.status_mut() = StatusCode::NO_CONTENT;
            return Ok(gone);
        }
        explained(answer, id).await
    }
}

fn service_config(settings: &Mcp, timeouts: &Timeouts, mode: Mode) -> StreamableHttpServerConfig {
    let config = StreamableHttpServerConfig::default()
        // Answered at once where nothing is said before the result.
        .with_json_response(true)
        .with_sse_keep_alive(timeouts.keep_alive)
        // An event without data confuses clients that are older than the event.
        .with_sse_retry(None)
        // Whoever hands over a body has measured it.
        .with_max_request_body_bytes(usize::MAX);
    let config = match &settings.allowed_origins {
        AllowedOrigins::Any => config.disable_allowed_origins(),
        AllowedOrigins::Listed(origins) => config.with_allowed_origins(origins).enforce_origin_validation(),
    };
    let mut config = match (&settings.allowed_hosts, mode) {
        (Some(hosts), _) => config.with_allowed_hosts(hosts.clone()),
        (None, Mode::Brief) => config.disable_allowed_hosts(),
        (None, Mode::Resident) => config,
    };
    // Says that there is one; which one, each request says.
    config.session_store = Some(Arc::new(Nowhere));
    config
}

/// The origins of a page that this server itself would have: its name in `Host` is checked before they are.
fn own_origins(headers: &HeaderMap) -> Vec<String> {
    let host = headers.get(http::header::HOST).and_then(|host| host.to_str().ok());
    let host = host.and_then(|host| host.parse::<http::uri::Authority>().ok());
    match host {
        Some(host) if host.port().is_some() => vec![format!("http://{host}"), format!("https://{host}")],
        Some(host) => vec![format!("http://{host}:80"), format!("https://{host}:443")],
        None => Vec::new(),
    }
}

/// What is read of a message before the SDK reads it.
#[derive(Default, Deserialize)]
struct Envelope<'a> {
    #[serde(borrow, default)]
    id: Option<&'a RawValue>,
}

/// The id of a message, or why there is none to be had.
fn envelope<'a>(method: &Method, body: &'a [u8]) -> Result<Envelope<'a>, Box<Answer>> {
    if method != Method::POST {
        return Ok(Envelope::default());
    }
    let refused = |code, message| Err(Box::new(refusal(StatusCode::BAD_REQUEST, code, message, None)));
    if body.trim_ascii_start().starts_with(b"[") {
        return refused(
            Code::InvalidRequest,
            "batches are no part of the protocol any more: send each message by itself",
        );
    }
    serde_json::from_slice(body).or_else(|fault| {
        if fault.is_data() {
            refused(Code::InvalidRequest, "the body is no message of JSON-RPC 2.0")
        } else {
            refused(Code::Parse, "the body is not JSON")
        }
    })
}

/// The id of a message, if it can be read and has one.
pub fn id_of(message: &[u8]) -> Option<&RawValue> {
    serde_json::from_slice::<Envelope<'_>>(message).ok().and_then(|envelope| envelope.id)
}

/// Whether the head of an answer to a message may be sent before the answer is known. That to `initialize` names the
/// session, and what is no request has no answer but its status.
pub fn can_wait(message: &[u8]) -> bool {
    method_of(message).is_some_and(|method| method != INITIALIZE)
}

/// The method of a message that is a request.
fn method_of(message: &[u8]) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Request<'a> {
        #[serde(rename = "id", borrow)]
        _id: &'a RawValue,
        #[serde(borrow)]
        method: Cow<'a, str>,
    }
    serde_json::from_slice::<Request<'_>>(message).ok().map(|request| request.method)
}

/// The answer, with a body of JSON-RPC if the SDK has refused the request in plain words.
async fn explained(answer: Answer, id: Option<&RawValue>) -> Result<Answer, Failure> {
    let status = answer.status();
    let is_json = answer
        .headers()
        .get(CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"application/json"));
    if status.is_success() || is_json {
        return Ok(answer);
    }
    let (parts, body) = answer.into_parts();
    let said = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    if status.is_server_error() && said.ends_with(live::FULL) {
        return Err(live::all_in_use());
    }
    if status.is_server_error() {
        return Err(Failure::new(Kind::Internal, "internal error").with_internal(said.into_owned()));
    }
    let (status, code, message) = match status {
        StatusCode::UNSUPPORTED_MEDIA_TYPE if said.starts_with("fail to deserialize") => {
            (StatusCode::BAD_REQUEST, Code::InvalidRequest, "the body is no message of JSON-RPC 2.0")
        }
        StatusCode::FORBIDDEN if said.contains("Host") => (
            status,
            Code::Refused,
            "this `Host` is not listed: the operator can add it to `allowed_hosts` of `[mcp]`",
        ),
        StatusCode::FORBIDDEN => (
            status,
            Code::Refused,
            "this `Origin` is not listed: the operator can add it to `allowed_origins` of `[mcp]`",
        ),
        StatusCode::BAD_REQUEST => (status, Code::InvalidRequest, &*said),
        StatusCode::NOT_FOUND => (status, Code::UnknownSession, &*said),
        _ => (status, Code::Refused, &*said),
    };
    let mut refusal = refusal(status, code, message, id);
    if let Some(allow) = parts.headers.get(http::header::ALLOW) {
        refusal.headers_mut().insert(http::header::ALLOW, allow.clone());
    }
    Ok(refusal)
}

/// The answer to a client that introduces itself at such length that no store keeps it.
fn too_large(id: Option<&RawValue>) -> Answer {
    let message =
        format!("a session keeps at most {} bytes: send an `initialize` that is shorter", Session::MAX_BYTES);
    refusal(StatusCode::PAYLOAD_TOO_LARGE, Code::Refused, &message, id)
}

fn refusal(status: StatusCode, code: Code, message: &str, id: Option<&RawValue>) -> Answer {
    let mut response = Response::new(Full::from(error_body(code, message, id)).boxed());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    response
}

/// The store of sessions of a request that has none.
struct Nowhere;

#[async_trait]
impl SessionStore for Nowhere {
    async fn load(&self, _id: &str) -> Result<Option<SessionState>, SessionStoreError> {
        Ok(None)
    }

    async fn store(&self, _id: &str, _state: &SessionState) -> Result<(), SessionStoreError> {
        Ok(())
    }

    async fn delete(&self, _id: &str) -> Result<(), SessionStoreError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn places_that_are_all_taken_are_told_from_a_fault() {
        for (said, kind) in [(live::FULL, Kind::Overloaded), ("something", Kind::Internal)] {
            let said = format!("Encounter an error when create session: {said}");
            let mut answer = Response::new(Full::from(said).boxed());
            *answer.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            assert_eq!(explained(answer, None).await.err().map(|failure| failure.kind), Some(kind));
        }
    }

    #[test]
    fn only_requests_whose_answer_has_a_plain_head_can_wait() {
        for (message, expected) in [
            (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#, true),
            (r#"{"jsonrpc":"2.0","id":"a","method":"tools\/list"}"#, true),
            (r#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#, false),
            (r#"{"jsonrpc":"2.0","id":1,"method":"initial\u0069ze"}"#, false),
            (r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#, false),
            (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, false),
            ("{", false),
        ] {
            assert_eq!(can_wait(message.as_bytes()), expected, "{message}");
        }
    }
}
