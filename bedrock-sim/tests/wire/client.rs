//! A raw HTTP client and a decoder of event streams.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder};
use bedrock_sim::{Options, Script, Sim};
use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

pub(crate) const NOVA: &str = "/model/us.amazon.nova-lite-v1%3A0/converse";
pub(crate) const NOVA_STREAM: &str = "/model/us.amazon.nova-lite-v1%3A0/converse-stream";
pub(crate) const CLAUDE_STREAM: &str = "/model/anthropic.claude-3-haiku-20240307-v1%3A0/converse-stream";

/// An answer that was read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: hyper::HeaderMap,
    pub(crate) body: Bytes,
    /// The connection broke inside the body.
    pub(crate) broken: bool,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The frames, as (message type, event or exception type, payload without padding). Checksums are checked.
    pub(crate) fn frames(&self) -> Vec<(String, String, Value)> {
        let mut decoder = MessageFrameDecoder::new();
        let mut rest = self.body.clone();
        let mut frames = Vec::new();
        while let DecodedFrame::Complete(message) = decoder.decode_frame(&mut rest).unwrap() {
            let header = |name: &str| {
                let found = message.headers().iter().find(|header| header.name().as_str() == name);
                found.map(|header| header.value().as_string().unwrap().as_str().to_owned())
            };
            assert_eq!(header(":content-type").as_deref(), Some("application/json"));
            let mut payload: Value = serde_json::from_slice(message.payload()).unwrap();
            let padding = payload.as_object_mut().unwrap().remove("p");
            let kind = header(":event-type").or(header(":exception-type")).unwrap();
            let message_type = header(":message-type").unwrap();
            assert_eq!(padding.is_some(), message_type == "event");
            frames.push((message_type, kind, payload));
        }
        frames
    }

    /// The stream as one answer: event types in a row, and the text of all deltas.
    pub(crate) fn summary(&self) -> (String, String) {
        let frames = self.frames();
        let kinds = frames.iter().map(|(_, kind, _)| kind.as_str()).collect::<Vec<_>>().join(" ");
        let text =
            frames.iter().filter_map(|(_, _, payload)| payload.pointer("/delta/text")?.as_str()).collect();
        (kinds, text)
    }
}

pub(crate) async fn start(script: Value) -> Sim {
    let script = Script::try_from(script).unwrap();
    Sim::start(Options { script, ..Options::default() }).await.unwrap()
}

/// A request whose only message is this text.
pub(crate) fn say(text: &str) -> Value {
    json!({"messages": [{"role": "user", "content": [{"text": text}]}]})
}

/// Sends a request with credentials and gives the answer when its head is there.
pub(crate) async fn open(sim: &Sim, method: &str, path: &str, body: Option<Value>) -> Response<Incoming> {
    send_raw(sim, method, path, body, Some("Bearer key")).await
}

pub(crate) async fn send_raw(
    sim: &Sim,
    method: &str,
    path: &str,
    body: Option<Value>,
    authorization: Option<&str>,
) -> Response<Incoming> {
    let address = sim.url().strip_prefix("http://").unwrap();
    let socket = TcpStream::connect(address).await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let mut request =
        Request::builder().method(method).uri(path).header("host", address).header("user-agent", "wire-test");
    if let Some(authorization) = authorization {
        request = request.header("authorization", authorization);
    }
    let request =
        request.header("content-type", "application/json").body(Full::new(Bytes::from(body))).unwrap();
    sender.send_request(request).await.unwrap()
}

/// Reads an answer to its end.
pub(crate) async fn read(response: Response<Incoming>) -> Answer {
    let (parts, mut incoming) = response.into_parts();
    let mut body = BytesMut::new();
    let mut broken = false;
    while let Some(frame) = incoming.frame().await {
        let Ok(frame) = frame else {
            broken = true;
            break;
        };
        body.extend_from_slice(&frame.into_data().unwrap_or_default());
    }
    Answer { status: parts.status.as_u16(), headers: parts.headers, body: body.freeze(), broken }
}

pub(crate) async fn post(sim: &Sim, path: &str, body: Value) -> Answer {
    read(open(sim, "POST", path, Some(body)).await).await
}

pub(crate) async fn get(sim: &Sim, path: &str) -> Answer {
    read(open(sim, "GET", path, None).await).await
}
