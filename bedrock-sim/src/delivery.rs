//! How a body goes out: in which writes, how fast, and how far.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures::Stream;
use futures::stream;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;

use crate::frames::FrameError;
use crate::framing::Framing;
use crate::journal::{Outcome, Ticket};
use crate::script::{Action, CutEnd};

/// A response body. Its error breaks the connection.
pub(crate) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A body that is complete at once.
pub(crate) fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// A body as the writes it goes out in.
#[derive(Debug)]
pub(crate) struct Delivery {
    writes: VecDeque<Bytes>,
    pace: Duration,
    /// Wait for each write to be flushed before the next.
    apart: bool,
    end: CutEnd,
    outcome: Outcome,
}

impl Delivery {
    /// Plans the writes of a body that consists of `frames`. `pace` is what a script does not say otherwise.
    pub(crate) fn plan(
        framing: Framing,
        mut frames: Vec<Bytes>,
        action: &Action,
        pace: Duration,
    ) -> Result<Self, FrameError> {
        let mut outcome = Outcome::Complete;
        let mut end = CutEnd::Clean;
        if let Some(exception) = &action.exception_after {
            frames.truncate(exception.events);
            frames.push(framing.exception(&exception.kind, &exception.message)?);
            outcome = Outcome::Fault;
        }
        if let Some(cut) = action.cut_after {
            if let Some(events) = cut.events {
                frames.truncate(events);
            }
            if let Some(bytes) = cut.bytes {
                let mut all = join(&frames);
                all.truncate(bytes);
                frames = vec![all];
            }
            end = cut.end();
            outcome = Outcome::Fault;
        }
        let writes = match &action.split_bytes {
            Some(sizes) => split(join(&frames), sizes.as_slice()),
            None if action.burst => VecDeque::from([join(&frames)]),
            None => frames.into(),
        };
        let pace = action.pace_ms.map_or(pace, Duration::from_millis);
        Ok(Self { writes, pace, apart: action.split_bytes.is_some(), end, outcome })
    }

    /// The body. The ticket goes with it: when the connection is lost the body is dropped, and the ticket notices.
    pub(crate) fn body(self, ticket: Ticket) -> Body {
        StreamBody::new(self.stream(ticket)).boxed_unsync()
    }

    fn stream(self, ticket: Ticket) -> impl Stream<Item = Result<Frame<Bytes>, io::Error>> + Send {
        stream::unfold((self, ticket, 0_usize), |(mut delivery, mut ticket, written)| async move {
            if written > 0 {
                if !delivery.pace.is_zero() {
                    tokio::time::sleep(delivery.pace).await;
                } else if delivery.apart {
                    // The server flushes when the body makes it wait.
                    tokio::task::yield_now().await;
                }
            }
            if let Some(next) = delivery.writes.pop_front() {
                // The end is noted before the last byte goes out, so that who has read it all finds it noted.
                if delivery.writes.is_empty() && delivery.end == CutEnd::Clean {
                    ticket.finish(delivery.outcome);
                }
                return Some((Ok(Frame::data(next)), (delivery, ticket, written + 1)));
            }
            match delivery.end {
                CutEnd::Clean => {
                    ticket.finish(delivery.outcome);
                    None
                }
                CutEnd::Abort => {
                    tokio::task::yield_now().await;
                    ticket.finish(delivery.outcome);
                    delivery.end = CutEnd::Clean;
                    Some((Err(io::Error::other("cut by the script")), (delivery, ticket, written)))
                }
                CutEnd::Stall => std::future::pending().await,
            }
        })
    }
}

fn join(frames: &[Bytes]) -> Bytes {
    let mut all = BytesMut::with_capacity(frames.iter().map(Bytes::len).sum());
    for frame in frames {
        all.extend_from_slice(frame);
    }
    all.freeze()
}

fn split(mut all: Bytes, sizes: &[usize]) -> VecDeque<Bytes> {
    let mut writes = VecDeque::new();
    for size in sizes.iter().cycle() {
        if all.is_empty() {
            break;
        }
        writes.push_back(all.split_to((*size).min(all.len())));
    }
    writes
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

    use serde_json::json;

    use super::*;

    fn writes(action: serde_json::Value) -> Vec<String> {
        let frames = ["abc", "def", "gh"].map(Bytes::from).to_vec();
        let action = serde_json::from_value(action).unwrap();
        let delivery = Delivery::plan(Framing::EventStream, frames, &action, Duration::ZERO).unwrap();
        delivery.writes.iter().map(|write| String::from_utf8_lossy(write).into_owned()).collect()
    }

    #[test]
    fn a_script_decides_the_writes() {
        let cases: [(serde_json::Value, &[&str]); 7] = [
            (json!({}), &["abc", "def", "gh"]),
            (json!({"burst": true}), &["abcdefgh"]),
            (json!({"splitBytes": 3}), &["abc", "def", "gh"]),
            (json!({"splitBytes": [1, 4]}), &["a", "bcde", "f", "gh"]),
            (json!({"cutAfter": {"events": 1}}), &["abc"]),
            (json!({"cutAfter": {"bytes": 4}}), &["abcd"]),
            (json!({"cutAfter": {"bytes": 4}, "splitBytes": 3}), &["abc", "d"]),
        ];
        for (action, expected) in cases {
            assert_eq!(writes(action.clone()), expected, "{action}");
        }
    }

    #[test]
    fn an_exception_takes_the_place_of_what_follows() {
        let writes =
            writes(json!({"exceptionAfter": {"events": 2, "type": "throttlingException", "message": "no"}}));
        assert_eq!(writes.len(), 3);
        assert!(writes.last().unwrap().contains("throttlingException"));
    }
}
