//! Answers on their way to Lambda: a prelude of JSON, eight zero bytes, and the body as it comes
//! (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html>).

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use bytes::{BufMut, Bytes, BytesMut};
use http_body::Frame;
use serde::Serialize;

use super::event::Shape;

/// Between the prelude and the body.
const END_OF_PRELUDE: [u8; 8] = [0; 8];

/// Headers that belong to a connection. The length is that of a stream, which nobody knows.
const OF_THE_CONNECTION: [header::HeaderName; 3] =
    [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// The body that Lambda is sent for an answer, and the hold on the answer's own.
pub(super) fn over_the_wire(response: Response<Body>, shape: Shape) -> (Body, Held) {
    let (parts, body) = response.into_parts();
    let held = Arc::new(Mutex::new(Some(body)));
    let prelude = Some(prelude(parts.status, parts.headers, shape));
    (Body::new(Framed { prelude, body: Arc::clone(&held), over: false }), Held(held))
}

/// Lets go of the body of an answer when it is dropped, even while a connection that is closing still has it: only then
/// does what is left to do of the request begin.
pub(super) struct Held(Arc<Mutex<Option<Body>>>);

impl Drop for Held {
    fn drop(&mut self) {
        let body = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(body);
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Prelude {
    status_code: u16,
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    multi_value_headers: BTreeMap<String, Vec<String>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<String>,
}

fn prelude(status: StatusCode, mut headers: HeaderMap, shape: Shape) -> Bytes {
    for name in OF_THE_CONNECTION {
        headers.remove(name);
    }
    // Lambda would say `application/octet-stream` of an answer that does not say what it is.
    headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("text/plain"));
    let mut prelude = Prelude {
        status_code: status.as_u16(),
        headers: BTreeMap::new(),
        multi_value_headers: BTreeMap::new(),
        cookies: Vec::new(),
    };
    for name in headers.keys() {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let mut values: Vec<String> = headers.get_all(name).iter().map(text).collect();
        match shape {
            Shape::FunctionUrl if name == header::SET_COOKIE => prelude.cookies = values,
            Shape::FunctionUrl => {
                prelude.headers.insert(name.to_string(), values.join(", "));
            }
            Shape::RestApi if values.len() > 1 || name == header::SET_COOKIE => {
                prelude.multi_value_headers.insert(name.to_string(), values);
            }
            Shape::RestApi => {
                prelude.headers.insert(name.to_string(), values.pop().unwrap_or_default());
            }
        }
    }
    // Texts and a number: nothing that could fail to be written.
    let mut bytes = serde_json::to_vec(&prelude).unwrap_or_default();
    bytes.extend_from_slice(&END_OF_PRELUDE);
    bytes.into()
}

/// A prelude and a body. What goes wrong with the body is never written into it: the stream breaks off, and
/// whoever reads it sees that it is not complete.
struct Framed {
    prelude: Option<Bytes>,
    body: Arc<Mutex<Option<Body>>>,
    over: bool,
}

/// The body of an answer failed. Said to the connection, which is closed by that, and to nobody else.
#[derive(Debug, thiserror::Error)]
#[error("the body of an answer failed")]
struct Broken;

impl HttpBody for Framed {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        loop {
            if self.over {
                return Poll::Ready(self.prelude.take().map(|prelude| Ok(Frame::data(prelude))));
            }
            let frame = match &mut *self.body.lock().unwrap_or_else(PoisonError::into_inner) {
                Some(body) => Pin::new(body).poll_frame(context),
                None => return Poll::Ready(Some(Err(Broken))),
            };
            if frame.is_pending()
                && let Some(prelude) = self.prelude.take()
            {
                return Poll::Ready(Some(Ok(Frame::data(prelude))));
            }
            match ready!(frame) {
                None => self.over = true,
                Some(Err(fault)) => {
                    tracing::error!(%fault, "the body of an answer failed: the stream to the client breaks off");
                    self.over = true;
                    self.prelude = None;
                    return Poll::Ready(Some(Err(Broken)));
                }
                Some(Ok(frame)) => {
                    let Ok(data) = frame.into_data() else { continue };
                    if data.is_empty() {
                        continue;
                    }
                    return Poll::Ready(Some(Ok(Frame::data(match self.prelude.take() {
                        Some(prelude) => joined(&prelude, &data),
                        None => data,
                    }))));
                }
            }
        }
    }
}

/// One write instead of two.
fn joined(prelude: &[u8], data: &[u8]) -> Bytes {
    let mut both = BytesMut::with_capacity(prelude.len() + data.len());
    both.put_slice(prelude);
    both.put_slice(data);
    both.freeze()
}
