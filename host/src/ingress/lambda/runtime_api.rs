//! The client of Lambda's Runtime API: one connection for each invocation at a time, without Nagle's delay.

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use super::answer;

const VERSION: &str = "/2018-06-01/runtime";

/// Where the Runtime API is.
#[derive(Debug, Clone)]
pub struct RuntimeApi {
    address: String,
}

/// Why there are no more invocations.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeApiError {
    /// It cannot be reached, or has closed the connection.
    #[error("the Runtime API at `{address}` cannot be reached: {reason}")]
    Unreachable {
        /// `AWS_LAMBDA_RUNTIME_API`.
        address: String,
        /// What the system says.
        reason: String,
    },
    /// It answers what it should not.
    #[error("the Runtime API answers `{path}` with {status}: {body}")]
    Refused {
        /// What was asked.
        path: String,
        /// The status.
        status: StatusCode,
        /// The beginning of what it says.
        body: String,
    },
    /// An invocation came without what it needs.
    #[error("the Runtime API gave an invocation without `lambda-runtime-aws-request-id`")]
    Anonymous,
}

/// An invocation, as it was polled.
#[derive(Debug)]
pub(super) struct Invocation {
    /// AWS's request id.
    pub(super) id: String,
    /// By when it has to be over, in ms since 1970.
    pub(super) deadline_ms: Option<u64>,
    /// Where in a trace of X-Ray it stands.
    pub(super) trace: Option<String>,
    /// To be sent back as it came.
    to_echo: Option<String>,
    /// What it is about, in JSON.
    pub(super) event: Bytes,
}

impl RuntimeApi {
    /// At the address in `AWS_LAMBDA_RUNTIME_API`, `host:port`.
    pub fn at(address: impl Into<String>) -> Self {
        Self { address: address.into() }
    }

    /// Tells that nothing can be served in this environment. Lambda ends the process and tries another one.
    pub async fn init_error(&self, message: &str) -> Result<(), RuntimeApiError> {
        let path = format!("{VERSION}/init/error");
        let request = self.error_report(&path, "Adit.Init", message);
        expect(&path, self.connection().send(request).await?, StatusCode::is_success).await.map(drop)
    }

    pub(super) fn connection(&self) -> Connection {
        Connection { api: self.clone(), open: None }
    }

    fn request(&self, method: Method, path: &str, body: Body) -> Request<Body> {
        let mut request = Request::new(body);
        *request.method_mut() = method;
        // The paths are ours, but for the id, which the Runtime API made.
        *request.uri_mut() = path.parse().unwrap_or_default();
        insert(request.headers_mut(), "host", &self.address);
        insert(request.headers_mut(), "user-agent", concat!("adit/", env!("CARGO_PKG_VERSION")));
        request
    }

    fn error_report(&self, path: &str, kind: &'static str, message: &str) -> Request<Body> {
        let body = serde_json::json!({ "errorType": kind, "errorMessage": message, "stackTrace": [] });
        let mut request = self.request(Method::POST, path, Body::from(body.to_string()));
        insert(request.headers_mut(), "content-type", "application/json");
        insert(request.headers_mut(), "lambda-runtime-function-error-type", kind);
        request
    }
}

/// A connection to the Runtime API, made when it is needed.
pub(super) struct Connection {
    api: RuntimeApi,
    open: Option<Open>,
}

/// A connection that is open, or was when it was used last.
struct Open {
    sender: SendRequest<Body>,
    /// What reads and writes. The socket is closed when it is over.
    driver: JoinHandle<()>,
}

impl Open {
    /// Drops whatever is under way, and comes back when the socket is closed: the Runtime API takes a poll that it sees
    /// before the end of an answer for a fault.
    async fn close(self) {
        self.driver.abort();
        // It was aborted, or was over before.
        let _ = self.driver.await;
    }
}

impl Connection {
    /// Waits for an invocation, and is frozen meanwhile.
    pub(super) async fn next(&mut self) -> Result<Invocation, RuntimeApiError> {
        let path = format!("{VERSION}/invocation/next");
        let poll = || self.api.request(Method::GET, &path, Body::empty());
        let (first, second) = (poll(), poll());
        let response = match self.send(first).await {
            Ok(response) => response,
            // The connection was closed since the last answer. That is nobody's invocation yet.
            Err(_) => self.send(second).await?,
        };
        let response = expect(&path, response, |status| *status == StatusCode::OK).await?;
        let (parts, body) = response.into_parts();
        let text = |name: &str| Some(parts.headers.get(name)?.to_str().ok()?.to_owned());
        let id = text("lambda-runtime-aws-request-id").ok_or(RuntimeApiError::Anonymous)?;
        let event = body.collect().await.map_err(|fault| self.api.unreachable(&fault))?.to_bytes();
        Ok(Invocation {
            id,
            deadline_ms: text("lambda-runtime-deadline-ms").and_then(|ms| ms.parse().ok()),
            trace: text("lambda-runtime-trace-id"),
            to_echo: text("lambda-runtime-invocation-id"),
            event,
        })
    }

    /// Streams an answer, and comes back when all of it was taken.
    pub(super) async fn respond(
        &mut self,
        invocation: &Invocation,
        answer: Body,
    ) -> Result<(), RuntimeApiError> {
        let path = format!("{VERSION}/invocation/{}/response", invocation.id);
        let mut request = self.api.request(Method::POST, &path, answer);
        let headers = request.headers_mut();
        insert(headers, "content-type", "application/vnd.awslambda.http-integration-response");
        insert(headers, "lambda-runtime-function-response-mode", "streaming");
        insert(headers, "transfer-encoding", "chunked");
        for name in [answer::ERROR_TYPE, answer::ERROR_BODY] {
            headers.append(header::TRAILER, name.into());
        }
        self.conclude(invocation, &path, request).await
    }

    /// Ends an invocation that is no request, so that there is no client to answer.
    pub(super) async fn fail(
        &mut self,
        invocation: &Invocation,
        kind: &'static str,
        message: &str,
    ) -> Result<(), RuntimeApiError> {
        let path = format!("{VERSION}/invocation/{}/error", invocation.id);
        let request = self.api.error_report(&path, kind, message);
        self.conclude(invocation, &path, request).await
    }

    /// Closes the connection, and with it ends whatever is under way.
    pub(super) async fn close(&mut self) {
        if let Some(open) = self.open.take() {
            open.close().await;
        }
    }

    async fn conclude(
        &mut self,
        invocation: &Invocation,
        path: &str,
        mut request: Request<Body>,
    ) -> Result<(), RuntimeApiError> {
        if let Some(id) = &invocation.to_echo {
            insert(request.headers_mut(), "lambda-runtime-invocation-id", id);
        }
        let response = self.send(request).await?;
        let response = match expect(path, response, StatusCode::is_success).await {
            Ok(response) => response,
            Err(refused) => {
                // It may have come before the end of the answer, which nobody waits for any more.
                self.close().await;
                return Err(refused);
            }
        };
        // Read to its end, so that the connection can be used again.
        if response.into_body().collect().await.is_err() {
            self.close().await;
        }
        Ok(())
    }

    /// Sends a request on the open connection, or on a new one. A connection that failed is not used again.
    async fn send(&mut self, request: Request<Body>) -> Result<Response<Incoming>, RuntimeApiError> {
        let is_ready = match &mut self.open {
            Some(open) => open.sender.ready().await.is_ok(),
            None => false,
        };
        if !is_ready {
            self.close().await;
        }
        let open = match &mut self.open {
            Some(open) => open,
            none => none.insert(self.api.connect().await?),
        };
        let sent = open.sender.send_request(request).await;
        if sent.is_err() {
            self.close().await;
        }
        sent.map_err(|fault| self.api.unreachable(&fault))
    }
}

impl RuntimeApi {
    async fn connect(&self) -> Result<Open, RuntimeApiError> {
        let socket = TcpStream::connect(&self.address).await.map_err(|fault| self.unreachable(&fault))?;
        // A small write must not wait for the ACK of the one before it.
        socket.set_nodelay(true).map_err(|fault| self.unreachable(&fault))?;
        let (sender, connection) =
            handshake(TokioIo::new(socket)).await.map_err(|fault| self.unreachable(&fault))?;
        let driver = tokio::spawn(async move {
            // Whoever sent the request is told.
            let _ = connection.await;
        });
        Ok(Open { sender, driver })
    }

    fn unreachable(&self, fault: &dyn std::error::Error) -> RuntimeApiError {
        let reason = match fault.source() {
            Some(source) => format!("{fault}: {source}"),
            None => fault.to_string(),
        };
        RuntimeApiError::Unreachable { address: self.address.clone(), reason }
    }
}

/// The answer, if its status is one that was hoped for.
async fn expect(
    path: &str,
    response: Response<Incoming>,
    hoped: impl Fn(&StatusCode) -> bool,
) -> Result<Response<Incoming>, RuntimeApiError> {
    if hoped(&response.status()) {
        return Ok(response);
    }
    let (path, status) = (path.to_owned(), response.status());
    let body =
        response.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let body = String::from_utf8_lossy(&body).chars().take(300).collect();
    Err(RuntimeApiError::Refused { path, status, body })
}

/// Sets a header whose value is ours or came as one.
fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = header::HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
