//! Tells the client of a quiet stream that its answer still comes.

use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use tokio::time::{Instant, Sleep, sleep};

/// A comment of server-sent events, which readers skip (WHATWG HTML, "Server-sent events").
const COMMENT: &[u8] = b": keep-alive\n\n";

/// The frames, with a comment after each `quiet` without one; none without `quiet`. No comment stands
/// inside of an event, wherever the frames are cut.
pub(super) fn during<E: Send + 'static>(
    frames: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    quiet: Option<Duration>,
) -> Pin<Box<dyn Stream<Item = Result<Bytes, E>> + Send>> {
    let frames = frames.boxed();
    let Some(quiet) = quiet else { return frames };
    stream::unfold((frames, Quiet::new(quiet), true), async |(mut frames, mut quiet, mut is_between)| {
        let frame = tokio::select! {
            biased;
            frame = frames.next() => frame?,
            () = quiet.over(), if is_between => Ok(Bytes::from_static(COMMENT)),
        };
        is_between = frame.as_ref().is_ok_and(|frame| frame.ends_with(b"\n\n"));
        quiet.begin();
        Some((frame, (frames, quiet, is_between)))
    })
    .boxed()
}

/// One timer for a whole stream: to move it on costs next to nothing, to set one anew for each frame
/// wakes the runtime.
struct Quiet {
    length: Duration,
    timer: Pin<Box<Sleep>>,
}

impl Quiet {
    fn new(length: Duration) -> Self {
        Self { length, timer: Box::pin(sleep(length)) }
    }

    async fn over(&mut self) {
        self.timer.as_mut().await;
    }

    fn begin(&mut self) {
        self.timer.as_mut().reset(Instant::now() + self.length);
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    /// Frames that come so many ms after each other.
    fn frames(pauses: &'static [u64]) -> impl Stream<Item = Result<Bytes, Infallible>> + Send {
        stream::iter(pauses).then(async |pause| {
            sleep(Duration::from_millis(*pause)).await;
            Ok::<_, Infallible>(Bytes::from(format!("data: {pause}\n\n")))
        })
    }

    async fn text(pauses: &'static [u64], quiet: Option<u64>) -> String {
        let stream = during(frames(pauses), quiet.map(Duration::from_millis));
        stream.map(|Ok(frame)| String::from_utf8_lossy(&frame).into_owned()).collect().await
    }

    #[tokio::test(start_paused = true)]
    async fn a_quiet_stream_has_comments_between_its_events() {
        assert_eq!(
            text(&[250, 99, 99, 101], Some(100)).await,
            ": keep-alive\n\n: keep-alive\n\ndata: 250\n\ndata: 99\n\ndata: 99\n\n: keep-alive\n\ndata: 101\n\n"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn none_without_a_length() {
        assert_eq!(text(&[1_000_000], None).await, "data: 1000000\n\n");
    }

    #[tokio::test(start_paused = true)]
    async fn no_comment_stands_inside_of_an_event() {
        let pieces = ["data: 1", "\n\n", "data: 2\n\n"];
        let frames = stream::iter(pieces).then(async |piece| {
            sleep(Duration::from_millis(150)).await;
            Ok::<_, Infallible>(Bytes::from_static(piece.as_bytes()))
        });
        let stream = during(frames, Some(Duration::from_millis(100)));
        let text: String =
            stream.map(|Ok(frame)| String::from_utf8_lossy(&frame).into_owned()).collect().await;
        assert_eq!(text, ": keep-alive\n\ndata: 1\n\n: keep-alive\n\ndata: 2\n\n");
    }
}
