//! Answers on their way to Lambda: a prelude of JSON, eight zero bytes, and the body as it comes
//! (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html>).

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::{Body, HttpBody};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::{BufMut, Bytes, BytesMut};
use http_body::Frame;
use serde::Serialize;

use super::event::Shape;

/// Between the prelude and the body.
const END_OF_PRELUDE: [u8; 8] = [0; 8];

/// Headers that belong to a connection. The length is that of a stream, which nobody knows.
const OF_THE_CONNECTION: [header::HeaderName; 3] =
    [header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// Trailers, in which Lambda is told that a streamed answer failed
/// (<https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming>).
pub(super) const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
/// What there is to say about it, in JSON, in Base64.
pub(super) const ERROR_BODY: HeaderName = HeaderName::from_static("lambda-runtime-function-error-body");

/// The body that Lambda is sent for an answer, and the hold on the answer's own.
pub(super) fn over_the_wire(response: Response<Body>, shape: Shape) -> (Body, Held) {
    let (parts, body) = response.into_parts();
    let held = Arc::new(Mutex::new(Some(body)));
    let prelude = Some(prelude(parts.status, parts.headers, shape));
    let span = tracing::Span::current();
    (Body::new(Framed { prelude, body: Arc::clone(&held), over: false, span }), Held(held))
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

/// A prelude and a body. What goes wrong with the body is never written into it: Lambda is told in trailers and cuts
/// its own stream off, so that whoever reads it sees that it is not complete. The connection can be used again, and
/// Lambda knows of the end before it is asked for more work, as it would not if the connection were closed.
struct Framed {
    prelude: Option<Bytes>,
    body: Arc<Mutex<Option<Body>>>,
    over: bool,
    /// The invocation, which the connection that polls this knows nothing of.
    span: tracing::Span,
}

impl Framed {
    /// The end of a stream that is not complete. A prelude that was not sent yet never is: Lambda answers itself.
    fn broken(&mut self) -> Frame<Bytes> {
        const KIND: &str = "Adit.BrokenAnswer";
        (self.over, self.prelude) = (true, None);
        let said = serde_json::json!({ "errorType": KIND, "errorMessage": "the body of an answer failed" });
        // Base64 is text that any header takes.
        let said = HeaderValue::try_from(BASE64_STANDARD.encode(said.to_string()));
        let said = said.unwrap_or(HeaderValue::from_static(""));
        Frame::trailers(
            [(ERROR_TYPE, HeaderValue::from_static(KIND)), (ERROR_BODY, said)].into_iter().collect(),
        )
    }
}

impl HttpBody for Framed {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            if self.over {
                return Poll::Ready(self.prelude.take().map(|prelude| Ok(Frame::data(prelude))));
            }
            let frame = self
                .body
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .as_mut()
                .map(|body| Pin::new(body).poll_frame(context));
            // What was let go of has no end that anybody waits for.
            let Some(frame) = frame else { return Poll::Ready(Some(Ok(self.broken()))) };
            if frame.is_pending()
                && let Some(prelude) = self.prelude.take()
            {
                return Poll::Ready(Some(Ok(Frame::data(prelude))));
            }
            match ready!(frame) {
                None => self.over = true,
                Some(Err(fault)) => {
                    self.span.in_scope(|| {
                        tracing::error!(%fault, "the body of an answer failed: the stream to the client breaks off");
                    });
                    return Poll::Ready(Some(Ok(self.broken())));
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
