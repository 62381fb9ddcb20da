//! The two ways to put events into the body of a stream.

use bytes::{Buf as _, Bytes};

use crate::frames::{self, FrameError};
use crate::openai;

/// How a stream is cut into events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// AWS's binary event stream.
    EventStream,
    /// Server-sent events, of which each ends with a blank line.
    ServerSentEvents,
}

impl Framing {
    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::EventStream => "application/vnd.amazon.eventstream",
            Self::ServerSentEvents => "text/event-stream",
        }
    }

    /// An error in the middle of a stream.
    pub(crate) fn exception(self, kind: &str, message: &str) -> Result<Bytes, FrameError> {
        match self {
            Self::EventStream => frames::exception(kind, message),
            Self::ServerSentEvents => Ok(server_sent(&openai::Error::scripted(kind, message).body())),
        }
    }

    /// Takes a recorded stream apart at its events; anything else is one piece.
    pub(crate) fn frames_of(self, recorded: &Bytes) -> Vec<Bytes> {
        match self {
            Self::EventStream => event_stream(recorded),
            Self::ServerSentEvents => server_sent_events(recorded),
        }
    }
}

/// One server-sent event with JSON as its data.
pub(crate) fn server_sent(data: &serde_json::Value) -> Bytes {
    format!("data: {data}\n\n").into()
}

fn event_stream(recorded: &Bytes) -> Vec<Bytes> {
    let mut rest = recorded.clone();
    let mut frames = Vec::new();
    while let Some(prelude) = rest.first_chunk::<4>() {
        // A frame begins with its own length and is at least 16 bytes long.
        match usize::try_from(u32::from_be_bytes(*prelude)) {
            Ok(length) if (16..=rest.remaining()).contains(&length) => frames.push(rest.split_to(length)),
            _ => return vec![recorded.clone()],
        }
    }
    if !rest.is_empty() {
        return vec![recorded.clone()];
    }
    frames
}

fn server_sent_events(recorded: &Bytes) -> Vec<Bytes> {
    let mut rest = recorded.clone();
    let mut events = Vec::new();
    while let Some(blank) = rest.windows(2).position(|pair| pair == b"\n\n") {
        events.push(rest.split_to(blank + 2));
    }
    if !rest.is_empty() {
        events.push(rest);
    }
    events
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn a_recording_is_taken_apart_at_its_events() {
        let frames = vec![frames::exception("a", "b").unwrap(), frames::exception("c", "d").unwrap()];
        assert_eq!(Framing::EventStream.frames_of(&frames.concat().into()), frames);
        let json = Bytes::from_static(b"{\"message\":\"no frames here\"}");
        assert_eq!(Framing::EventStream.frames_of(&json), vec![json]);
        let events = Bytes::from_static(b"data: {}\n\ndata: [DONE]\n\nend");
        assert_eq!(Framing::ServerSentEvents.frames_of(&events), ["data: {}\n\n", "data: [DONE]\n\n", "end"]);
    }
}
