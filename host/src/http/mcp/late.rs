//! Answers that take long. Whether an answer is a stream shows with its first word; a client that has waited for so
//! long gets the head of one, and comments until then.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use bytes::{BufMut, Bytes, BytesMut};
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt, stream};
use http_body_util::BodyExt;
use tokio::time::timeout;

use super::{Answer, is_stream, over_http, streamed};
use crate::error::Failure;
use crate::http::keep_alive;

/// The answer to a message, or the head of a stream after so much silence. `told` leaves a trace of a failure that
/// comes behind that head, and says what it is in JSON-RPC.
pub(super) async fn answered(
    mut answering: BoxFuture<'static, Result<Answer, Failure>>,
    quiet: Duration,
    time: Duration,
    told: impl FnOnce(&Failure) -> Vec<u8> + Send + 'static,
) -> Result<Response<Body>, Failure> {
    if let Ok(answer) = timeout(quiet, &mut answering).await {
        return Ok(over_http(answer?, time));
    }
    let rest = answering.map(move |answer| events(answer, time, told)).flatten_stream();
    let comment = stream::once(std::future::ready(Ok(Bytes::from_static(b": keep-alive\n\n"))));
    let body = Body::from_stream(keep_alive::during(comment.chain(rest), Some(quiet)));
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    Ok(response)
}

/// An answer as events.
fn events(
    answer: Result<Answer, Failure>,
    time: Duration,
    told: impl FnOnce(&Failure) -> Vec<u8>,
) -> BoxStream<'static, Result<Bytes, Infallible>> {
    match answer {
        Ok(answer) if is_stream(&answer) => streamed(answer.into_body(), time),
        Ok(answer) => {
            let whole = answer.into_body().collect();
            whole
                .map(|body| Ok(event(&body.map(http_body_util::Collected::to_bytes).unwrap_or_default())))
                .into_stream()
                .boxed()
        }
        Err(failure) => stream::once(std::future::ready(Ok(event(&told(&failure))))).boxed(),
    }
}

/// One line of JSON as an event.
fn event(json: &[u8]) -> Bytes {
    let mut event = BytesMut::with_capacity(json.len() + 8);
    event.put_slice(b"data: ");
    event.put_slice(json);
    event.put_slice(b"\n\n");
    event.freeze()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use std::sync::{Arc, OnceLock};

    use http_body::Frame;
    use http_body_util::combinators::BoxBody;
    use http_body_util::{Full, StreamBody};
    use tokio::time::sleep;

    use super::*;
    use crate::error::Kind;
    use crate::http::mcp::error_of;

    const QUIET: Duration = Duration::from_secs(10);

    async fn text(after: u64, answer: Result<&'static str, Failure>) -> (Option<HeaderValue>, String) {
        let answer = answer.map(|text| Response::new(Full::from(text).boxed()));
        let (kind, body, _) = late(after, answer).await;
        (kind, body)
    }

    /// The media type, the body, and which failure has left a trace.
    async fn late(
        after: u64,
        answer: Result<Answer, Failure>,
    ) -> (Option<HeaderValue>, String, Option<Kind>) {
        let answering = async move {
            sleep(Duration::from_secs(after)).await;
            answer
        };
        let trace = Arc::new(OnceLock::new());
        let left = Arc::clone(&trace);
        let told = move |failure: &Failure| {
            left.set(failure.kind).unwrap();
            error_of(failure, b"{\"id\":7}")
        };
        let response = answered(answering.boxed(), QUIET, 10 * QUIET, told).await.unwrap();
        let kind = response.headers().get(header::CONTENT_TYPE).cloned();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (kind, String::from_utf8(body.to_vec()).unwrap(), trace.get().copied())
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_comes_soon_is_left_as_it_is() {
        assert_eq!(text(9, Ok("{}")).await, (None, "{}".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_comes_late_comes_as_an_event_behind_comments() {
        let (kind, body) = text(25, Ok("{}")).await;
        assert_eq!(kind.unwrap(), "text/event-stream");
        assert_eq!(body, ": keep-alive\n\n: keep-alive\n\ndata: {}\n\n");
        let (_, body, trace) = late(11, Err(Failure::new(Kind::Internal, "broken"))).await;
        assert_eq!(trace, Some(Kind::Internal));
        let expected = r#"data: {"jsonrpc":"2.0","id":7,"error":{"code":-32603,"message":"broken"}}"#;
        assert_eq!(body, format!(": keep-alive\n\n{expected}\n\n"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stream_that_comes_late_has_an_end_too() {
        let endless = stream::once(std::future::ready(Ok(Frame::data(Bytes::from_static(b"data: {}\n\n")))));
        let mut answer = Response::new(BoxBody::new(StreamBody::new(endless.chain(stream::pending()))));
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
        let (_, body, trace) = late(11, Ok(answer)).await;
        assert!(body.starts_with(": keep-alive\n\ndata: {}\n\n: keep-alive\n\n"), "{body}");
        assert_eq!(trace, None);
    }
}
