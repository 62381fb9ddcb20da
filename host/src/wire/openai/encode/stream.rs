use std::fmt::Write as _;

use bytes::{BufMut as _, Bytes, BytesMut};
use serde::Serialize;

use super::blocks::{Arguments, Blocks, Slot};
use super::finish::{Incomplete, finish_reason};
use super::signature::Signature;
use super::tier;
use super::usage::Usage;
use crate::chat::{self, BlockKind, BlockStart, Event, StopReason};
use crate::error::Failure;
use crate::wire::openai::decode::UsageChunk;
use crate::wire::openai::failure::error_body;

/// What follows the delta of every chunk but the one that finishes.
const CHUNK_END: &[u8] = b"},\"finish_reason\":null}]}\n\n";

/// Writes an answer as server-sent events, each a `CreateChatCompletionStreamResponse`.
///
/// One encoder serves one answer. What all chunks have in common is rendered once; a delta is then
/// two copies and its text, escaped straight into the buffer.
///
/// Call [`batch`](Self::batch) as events arrive, then [`finish`](Self::finish); if that, or
/// anything before it, fails, call [`failure`](Self::failure) instead. Only a complete answer ends
/// with `[DONE]`.
#[derive(Debug)]
pub struct StreamEncoder {
    /// What all chunks begin with, up to the model.
    head: Bytes,
    /// What chunks with a delta begin with, into the delta.
    chunk_start: Bytes,
    include_usage: UsageChunk,
    usage: Option<chat::Usage>,
    blocks: Blocks,
    signature: Signature,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing is written; the first delta says the role.
    Fresh,
    /// Deltas may follow.
    Open,
    /// The chunk with the finish reason is written.
    Finished,
    /// `[DONE]` or an error is written.
    Closed,
}

impl StreamEncoder {
    /// An encoder for one answer. `model` is the model that answers, `created` the time in
    /// seconds since 1970.
    pub fn new(id: &str, model: &str, created: u64, include_usage: UsageChunk) -> Self {
        let mut head = BytesMut::with_capacity(256);
        head.put_slice(b"data: {\"id\":");
        put_json(&mut head, id);
        head.put_slice(b",\"object\":\"chat.completion.chunk\",\"created\":");
        put_json(&mut head, &created);
        head.put_slice(b",\"model\":");
        put_json(&mut head, model);
        let mut chunk_start = head.clone();
        if include_usage == UsageChunk::Include {
            chunk_start.put_slice(b",\"usage\":null");
        }
        chunk_start.put_slice(b",\"choices\":[{\"index\":0,\"delta\":{");
        let (head, chunk_start) = (head.freeze(), chunk_start.freeze());
        Self {
            head,
            chunk_start,
            include_usage,
            usage: None,
            blocks: Blocks::default(),
            signature: Signature::default(),
            state: State::Fresh,
        }
    }

    /// Appends the chunks for events that arrived together. What comes after the end of the answer,
    /// other than its usage, is not written.
    pub fn batch(&mut self, batch: &[Event], out: &mut BytesMut) {
        for event in batch {
            match event {
                Event::Usage(usage) => self.usage = Some(*usage),
                _ if matches!(self.state, State::Finished | State::Closed) => {}
                Event::BlockStart(start) => self.block_start(start, out),
                Event::Delta(delta) => self.delta(delta.index, &delta.text, out),
                Event::BlockStop(index) => self.block_stop(*index, out),
                Event::MessageStop(reason) => self.message_stop(reason, out),
                Event::Signature { value, .. } => self.signature.seal(value),
                // What only the model can read has no place in this format.
                Event::RedactedReasoning { .. } => {}
            }
        }
    }

    /// Ends the stream: the usage if it is wanted, then `[DONE]`. Writes nothing if the answer is
    /// not complete.
    pub fn finish(&mut self, out: &mut BytesMut) -> Result<(), Incomplete> {
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
    pub fn failure(&mut self, failure: &Failure, out: &mut BytesMut) {
        if self.state != State::Closed {
            out.put_slice(b"data: ");
            out.put_slice(&error_body(failure));
            out.put_slice(b"\n\n");
            self.state = State::Closed;
        }
    }

    fn block_start(&mut self, start: &BlockStart, out: &mut BytesMut) {
        let slot = self.blocks.start(start);
        if slot == Slot::Reasoning {
            self.signature.begin_thought();
        }
        if let (Slot::Call { place, .. }, BlockKind::ToolUse { id, name }) = (slot, &start.kind) {
            self.start_chunk(out);
            start_call(place, out);
            out.put_slice(b",\"id\":");
            put_json(out, id.as_str());
            out.put_slice(b",\"type\":\"function\",\"function\":{\"name\":");
            put_json(out, name.as_str());
            out.put_slice(b",\"arguments\":\"\"}}]");
            out.put_slice(CHUNK_END);
        }
    }

    /// Models send empty deltas; clients need none.
    fn delta(&mut self, index: u32, text: &str, out: &mut BytesMut) {
        if text.is_empty() {
            return;
        }
        match self.blocks.slot(index) {
            Slot::Text => self.text_chunk("content", text, out),
            Slot::Reasoning => self.text_chunk("reasoning_content", text, out),
            Slot::Call { place, arguments } => {
                if arguments == Arguments::Empty {
                    self.blocks.begin_arguments(index);
                }
                self.arguments_chunk(place, text, out);
            }
        }
    }

    /// A call without arguments is a call with an empty object, or clients could not parse it.
    fn block_stop(&mut self, index: u32, out: &mut BytesMut) {
        if let Slot::Call { arguments: Arguments::Empty, .. } = self.blocks.slot(index) {
            self.delta(index, "{}", out);
        }
    }

    fn message_stop(&mut self, reason: &StopReason, out: &mut BytesMut) {
        while let Some(place) = self.blocks.take_empty_call() {
            self.arguments_chunk(place, "{}", out);
        }
        if let Some(signature) = std::mem::take(&mut self.signature).of_the_one_thought() {
            self.text_chunk("reasoning_signature", &signature, out);
        }
        if self.state == State::Fresh {
            self.text_chunk("content", "", out);
        }
        self.start_chunk(out);
        out.put_slice(b"},\"finish_reason\":\"");
        out.put_slice(finish_reason(reason, self.blocks.calls()).as_bytes());
        out.put_slice(b"\"}]}\n\n");
        self.state = State::Finished;
    }

    fn text_chunk(&mut self, member: &str, text: &str, out: &mut BytesMut) {
        out.reserve(self.chunk_start.len() + member.len() + text.len() + 64);
        self.start_chunk(out);
        out.put_u8(b'"');
        out.put_slice(member.as_bytes());
        out.put_slice(b"\":");
        put_json(out, text);
        out.put_slice(CHUNK_END);
    }

    fn arguments_chunk(&mut self, place: usize, text: &str, out: &mut BytesMut) {
        self.start_chunk(out);
        start_call(place, out);
        out.put_slice(b",\"function\":{\"arguments\":");
        put_json(out, text);
        out.put_slice(b"}}]");
        out.put_slice(CHUNK_END);
    }

    /// Everything up to the delta's own members.
    fn start_chunk(&mut self, out: &mut BytesMut) {
        out.put_slice(&self.chunk_start);
        if self.state == State::Fresh {
            out.put_slice(b"\"role\":\"assistant\",");
            self.state = State::Open;
        }
    }
}

/// Opens the list of calls with the one that is meant.
fn start_call(place: usize, out: &mut BytesMut) {
    // Neither this nor the next can fail: the buffer grows.
    write!(out, "\"tool_calls\":[{{\"index\":{place}").ok();
}

/// Appends a value as JSON.
pub(in crate::wire::openai) fn put_json<T: Serialize + ?Sized>(out: &mut BytesMut, value: &T) {
    serde_json::to_writer(out.writer(), value).ok();
}
