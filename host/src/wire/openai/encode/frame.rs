use bytes::{BufMut as _, Bytes, BytesMut};
use serde::Serialize;

use super::finish::Incomplete;
use super::tier;
use super::usage::Usage;
use crate::chat;
use crate::error::Failure;
use crate::wire::openai::decode::UsageChunk;
use crate::wire::openai::failure::error_body;

/// What every stream of server-sent events has in common, whichever format its chunks have: what they
/// begin with, and how it ends.
#[derive(Debug)]
pub(in crate::wire::openai) struct Frame {
    /// What all chunks begin with, up to the model.
    head: Bytes,
    include_usage: UsageChunk,
    usage: Option<chat::Usage>,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Chunks may follow.
    Open,
    /// The chunk with the finish reason is written.
    Finished,
    /// `[DONE]` or an error is written.
    Closed,
}

impl Frame {
    /// A stream of chunks that are an `object`.
    pub(in crate::wire::openai) fn new(
        id: &str,
        object: &str,
        model: &str,
        created: u64,
        include_usage: UsageChunk,
    ) -> Self {
        let mut head = BytesMut::with_capacity(256);
        head.put_slice(b"data: {\"id\":");
        put_json(&mut head, id);
        head.put_slice(b",\"object\":");
        put_json(&mut head, object);
        head.put_slice(b",\"created\":");
        put_json(&mut head, &created);
        head.put_slice(b",\"model\":");
        put_json(&mut head, model);
        Self { head: head.freeze(), include_usage, usage: None, state: State::Open }
    }

    /// What chunks begin with, and `more` that they have in common.
    pub(in crate::wire::openai) fn chunk_start(&self, more: &[&[u8]]) -> Bytes {
        let mut start = BytesMut::from(&self.head[..]);
        for piece in more {
            start.put_slice(piece);
        }
        start.freeze()
    }

    /// Whether chunks may follow.
    pub(in crate::wire::openai) fn is_open(&self) -> bool {
        self.state == State::Open
    }

    /// Notes what the answer cost.
    pub(in crate::wire::openai) fn count(&mut self, usage: chat::Usage) {
        self.usage = Some(usage);
    }

    /// Notes that the chunk with the finish reason is written.
    pub(in crate::wire::openai) fn end(&mut self) {
        self.state = State::Finished;
    }

    /// Ends the stream: the usage if it is wanted, then `[DONE]`. Writes nothing if the answer is
    /// not complete.
    pub(in crate::wire::openai) fn finish(&mut self, out: &mut BytesMut) -> Result<(), Incomplete> {
        if self.state != State::Finished {
            return Err(Incomplete);
        }
        if let (UsageChunk::Include, Some(usage)) = (self.include_usage, self.usage) {
            out.put_slice(&self.head);
            out.put_slice(b",\"choices\":[],\"usage\":");
            put_json(out, &Usage::from(usage));
            if let Some(tier) = usage.service_tier {
                out.put_slice(b",\"service_tier\":");
                put_json(out, tier::word(tier));
            }
            out.put_slice(b"}\n\n");
        }
        out.put_slice(b"data: [DONE]\n\n");
        self.state = State::Closed;
        Ok(())
    }

    /// Ends the stream with an error, the only sign that is left after the status line. Writes
    /// nothing if the stream has ended already.
    pub(in crate::wire::openai) fn failure(&mut self, failure: &Failure, out: &mut BytesMut) {
        if self.state != State::Closed {
            out.put_slice(b"data: ");
            out.put_slice(&error_body(failure));
            out.put_slice(b"\n\n");
            self.state = State::Closed;
        }
    }
}

/// Appends a value as JSON.
pub(in crate::wire::openai) fn put_json<T: Serialize + ?Sized>(out: &mut BytesMut, value: &T) {
    // Cannot fail: the buffer grows, and the values are texts and numbers.
    serde_json::to_writer(out.writer(), value).ok();
}
