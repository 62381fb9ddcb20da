//! The Runtime API, as one environment sees it.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::oneshot;

use crate::answer::{self, Failure};
use crate::environment::{self, Environment};
use crate::event;
use crate::fault::Fault;
use crate::invocation::{Answered, streamed};
use crate::pool::{Pool, Work};
use crate::prelude::Reader;

/// What every path begins with.
const VERSION: &str = "/2018-06-01/runtime/";

/// How a runtime tells of an error in a stream. It belongs into trailers.
const ERROR_TYPE: &str = "lambda-runtime-function-error-type";

type Reply = Response<Full<Bytes>>;

/// Listens on a free port.
pub(crate) fn listen(buffer_bytes: Option<u32>) -> io::Result<(TcpListener, SocketAddr)> {
    let socket = TcpSocket::new_v4()?;
    if let Some(bytes) = buffer_bytes {
        socket.set_recv_buffer_size(bytes)?;
    }
    socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
    let address = socket.local_addr()?;
    Ok((socket.listen(1024)?, address))
}

/// Answers one environment.
pub(crate) async fn serve(listener: TcpListener, pool: Arc<Pool>, environment: Arc<Environment>) {
    while let Ok((socket, _)) = listener.accept().await {
        // Our own answers shall not wait either.
        let _ = socket.set_nodelay(true);
        let side = Side { pool: Arc::clone(&pool), environment: Arc::clone(&environment) };
        let service = service_fn(move |request| {
            let side = side.clone();
            async move { Ok::<_, Infallible>(side.route(request).await) }
        });
        // A process that ends leaves its connections open in the middle of something: that is noticed elsewhere.
        let connection = hyper::server::conn::http1::Builder::new();
        tokio::spawn(async move { connection.serve_connection(TokioIo::new(socket), service).await });
    }
}

/// Our side of the conversation with an environment.
#[derive(Clone)]
struct Side {
    pool: Arc<Pool>,
    environment: Arc<Environment>,
}

impl Side {
    async fn route(&self, request: Request<Incoming>) -> Reply {
        let path = request.uri().path().to_owned();
        let segments: Vec<_> = path.strip_prefix(VERSION).unwrap_or_default().split('/').collect();
        match (request.method(), segments.as_slice()) {
            (&Method::GET, ["invocation", "next"]) => self.next().await,
            (&Method::POST, ["invocation", id, "response"]) => self.response(id, &path, request).await,
            (&Method::POST, ["invocation", id, "error"]) => self.error(id, &path, request).await,
            (&Method::POST, ["init", "error"]) => {
                let said = diagnostic(request.into_body()).await;
                self.pool.note(Fault::Init(said));
                accepted()
            }
            (method, _) => {
                self.pool.note(Fault::UnknownRoute { method: method.to_string(), path });
                refused(StatusCode::NOT_FOUND, "there is nothing here")
            }
        }
    }

    /// Waits for work.
    async fn next(&self) -> Reply {
        let Some(waiting) = self.pool.poll(self.environment.number) else {
            return refused(StatusCode::GONE, "this environment has ended");
        };
        let Ok(Work { invocation, event }) = waiting.await else {
            return refused(StatusCode::GONE, "this environment has ended");
        };
        let deadline = (now() + self.pool.function.timeout).as_millis();
        let response = Response::builder()
            .header("content-type", "application/json")
            .header("lambda-runtime-aws-request-id", &invocation)
            .header("lambda-runtime-deadline-ms", deadline.to_string())
            .header("lambda-runtime-invoked-function-arn", environment::arn())
            .header("lambda-runtime-trace-id", event::trace(&invocation))
            .body(Full::new(event));
        response.unwrap_or_else(|fault| refused(StatusCode::INTERNAL_SERVER_ERROR, &fault.to_string()))
    }

    async fn response(&self, id: &str, path: &str, request: Request<Incoming>) -> Reply {
        let Some(client) = self.pool.answer(self.environment.number, id) else { return self.unknown(path) };
        let is = |name, value: &str| {
            request.headers().get(name).is_some_and(|given| given.as_bytes() == value.as_bytes())
        };
        let fault = if is("lambda-runtime-function-response-mode", "streaming") {
            let has_prelude = is("content-type", "application/vnd.awslambda.http-integration-response");
            self.streamed(id, client, has_prelude, request.into_body()).await
        } else {
            self.buffered(id, client, request.into_body()).await
        };
        if let Err(fault) = fault {
            self.pool.note(fault);
        }
        self.pool.answered(self.environment.number, id);
        accepted()
    }

    async fn error(&self, id: &str, path: &str, request: Request<Incoming>) -> Reply {
        let Some(client) = self.pool.answer(self.environment.number, id) else { return self.unknown(path) };
        let said = diagnostic(request.into_body()).await;
        self.pool.note(Fault::Function(said));
        // The client may have gone.
        let _ = client.send(Err(Failure::Function));
        self.pool.answered(self.environment.number, id);
        accepted()
    }

    fn unknown(&self, path: &str) -> Reply {
        self.pool.note(Fault::UnknownInvocation { path: path.to_owned() });
        refused(StatusCode::BAD_REQUEST, "no invocation with this id waits for an answer")
    }

    async fn buffered(
        &self,
        id: &str,
        client: oneshot::Sender<Answered>,
        body: Incoming,
    ) -> Result<(), Fault> {
        let front = &self.pool.function.front;
        let read = body.collect().await.map_err(|_| Fault::CutOff);
        self.environment.note_byte();
        let response =
            read.and_then(|payload| answer::buffered(&payload.to_bytes(), front).map_err(Fault::Buffered));
        let (answered, fault) = match response {
            Ok(mut response) => {
                answer::dress(&mut response, id, front);
                (Ok(response), Ok(()))
            }
            Err(fault) => (Err(Failure::Function), Err(fault)),
        };
        // The client may have gone.
        let _ = client.send(answered);
        fault
    }

    /// Hands on what the function says while it says it.
    async fn streamed(
        &self,
        id: &str,
        client: oneshot::Sender<Answered>,
        has_prelude: bool,
        mut body: Incoming,
    ) -> Result<(), Fault> {
        let mut reader = has_prelude.then(Reader::default);
        let (sender, far_end) = streamed();
        let (mut client, mut far_end) = (Some(client), Some(far_end));
        let mut watch = Watch::default();
        if !has_prelude {
            self.begin(id, &mut client, far_end.take().map(Response::new));
        }
        while let Some(frame) = body.frame().await {
            let Ok(frame) = frame else { return Err(Self::fail(client, Fault::CutOff)) };
            self.environment.note_byte();
            let chunk = match frame.into_data() {
                Ok(chunk) => chunk,
                Err(frame) => match error_in(frame.trailers_ref()) {
                    Some(error_type) => return Err(Self::fail(client, Fault::Stream(error_type))),
                    None => continue,
                },
            };
            let chunk = match reader.as_mut().map(|reader| reader.push(&chunk)) {
                None => chunk,
                Some(Ok(None)) => continue,
                Some(Ok(Some((head, rest)))) => {
                    reader = None;
                    let response = far_end.take().map(|body| Response::from_parts(head, body));
                    self.begin(id, &mut client, response);
                    rest
                }
                Some(Err(fault)) => {
                    let fault = Self::fail(client, Fault::Prelude(fault));
                    throw_away(body).await;
                    return Err(fault);
                }
            };
            if watch.sees_runtime_text(&chunk) {
                self.pool.note(Fault::RuntimeText);
            }
            sender.send(chunk).await;
        }
        if reader.is_some() {
            return Err(Self::fail(client, Fault::Prelude("the body ended within it".to_owned())));
        }
        sender.end().await;
        Ok(())
    }

    /// Gives the client a head.
    fn begin(
        &self,
        id: &str,
        client: &mut Option<oneshot::Sender<Answered>>,
        response: Option<Response<answer::Body>>,
    ) {
        if let (Some(client), Some(mut response)) = (client.take(), response) {
            answer::dress(&mut response, id, &self.pool.function.front);
            // The client may have gone.
            let _ = client.send(Ok(response));
        }
    }

    /// Gives a client that still waits for a head something to read.
    fn fail(client: Option<oneshot::Sender<Answered>>, fault: Fault) -> Fault {
        if let Some(client) = client {
            // The client may have gone.
            let _ = client.send(Err(Failure::Function));
        }
        fault
    }
}

/// Looks for the words of a runtime in a body, wherever it is cut into chunks.
#[derive(Default)]
struct Watch {
    end_of_last: Vec<u8>,
}

impl Watch {
    fn sees_runtime_text(&mut self, chunk: &[u8]) -> bool {
        let text: Vec<u8> = [&self.end_of_last, chunk].concat().to_ascii_lowercase();
        let keep = text.len().min(ERROR_TYPE.len() - 1);
        self.end_of_last = text.get(text.len() - keep..).unwrap_or_default().to_vec();
        text.windows(ERROR_TYPE.len()).any(|words| words == ERROR_TYPE.as_bytes())
    }
}

fn error_in(trailers: Option<&HeaderMap>) -> Option<String> {
    let error_type = trailers?.get(ERROR_TYPE)?;
    Some(String::from_utf8_lossy(error_type.as_bytes()).into_owned())
}

/// What a runtime says of an error.
async fn diagnostic(body: Incoming) -> String {
    let Ok(body) = body.collect().await else { return "the diagnostic was cut off".to_owned() };
    let value: Value = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
    let member = |name| value.get(name).and_then(Value::as_str).unwrap_or("?");
    format!("{}: {}", member("errorType"), member("errorMessage"))
}

async fn throw_away(mut body: Incoming) {
    while let Some(Ok(_)) = body.frame().await {}
}

fn accepted() -> Reply {
    json(StatusCode::ACCEPTED, "{\"status\":\"OK\"}\n")
}

fn refused(status: StatusCode, why: &str) -> Reply {
    json(status, &serde_json::json!({"errorMessage": why, "errorType": "InvalidRequest"}).to_string())
}

fn json(status: StatusCode, text: &str) -> Reply {
    let mut reply = Response::new(Full::new(Bytes::copy_from_slice(text.as_bytes())));
    *reply.status_mut() = status;
    reply
}

/// The time since 1970.
#[expect(clippy::disallowed_methods, reason = "a deadline is a time of day, and the process is not ours")]
fn now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_runtime_is_seen_in_any_cut() {
        let text = b"data: {}\n\nLambda-Runtime-Function-Error-Type: Runtime.StreamError\r\n";
        for cut in 0..=text.len() {
            let (first, second) = text.split_at(cut);
            let mut watch = Watch::default();
            let seen = [watch.sees_runtime_text(first), watch.sees_runtime_text(second)];
            assert!(seen.contains(&true), "cut at {cut}");
        }
        assert!(!Watch::default().sees_runtime_text(b"lambda-runtime-function-error-typ"));
    }
}
