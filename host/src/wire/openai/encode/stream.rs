use std::fmt::Write as _;

use bytes::{BufMut as _, Bytes, BytesMut};

use super::blocks::{Arguments, Blocks, Slot};
use super::finish::{Incomplete, finish_reason};
use super::frame::{Frame, put_json};
use super::signature::Signature;
use crate::chat::{BlockKind, BlockStart, Event, StopReason};
use crate::error::Failure;
use crate::wire::openai::decode::UsageChunk;

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
    frame: Frame,
    /// What chunks with a delta begin with, into the delta.
    chunk_start: Bytes,
    blocks: Blocks,
    signature: Signature,
    role: Role,
}

/// Whether the first delta, which says the role, is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    Unsaid,
    Said,
}

impl StreamEncoder {
    /// An encoder for one answer. `model` is the model that answers, `created` the time in
    /// seconds since 1970.
    pub fn new(id: &str, model: &str, created: u64, include_usage: UsageChunk) -> Self {
        let frame = Frame::new(id, "chat.completion.chunk", model, created, include_usage);
        let usage: &[u8] = match include_usage {
            UsageChunk::Include => b",\"usage\":null",
            UsageChunk::Omit => b"",
        };
        let chunk_start = frame.chunk_start(&[usage, b",\"choices\":[{\"index\":0,\"delta\":{"]);
        Self {
            frame,
            chunk_start,
            blocks: Blocks::default(),
            signature: Signature::default(),
            role: Role::Unsaid,
        }
    }

    /// Appends the chunks for events that arrived together. What comes after the end of the answer,
    /// other than its usage, is not written.
    pub fn batch(&mut self, batch: &[Event], out: &mut BytesMut) {
        for event in batch {
            match event {
                Event::Usage(usage) => self.frame.count(*usage),
                _ if !self.frame.is_open() => {}
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
        self.frame.finish(out)
    }

    /// Ends the stream with an error, the only sign that is left after the status line. Writes
    /// nothing if the stream has ended already.
    pub fn failure(&mut self, failure: &Failure, out: &mut BytesMut) {
        self.frame.failure(failure, out);
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
        if self.role == Role::Unsaid {
            self.text_chunk("content", "", out);
        }
        self.start_chunk(out);
        out.put_slice(b"},\"finish_reason\":\"");
        out.put_slice(finish_reason(reason, self.blocks.calls()).as_bytes());
        out.put_slice(b"\"}]}\n\n");
        self.frame.end();
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
        if self.role == Role::Unsaid {
            out.put_slice(b"\"role\":\"assistant\",");
            self.role = Role::Said;
        }
    }
}

/// Opens the list of calls with the one that is meant.
fn start_call(place: usize, out: &mut BytesMut) {
    // Cannot fail: the buffer grows.
    write!(out, "\"tool_calls\":[{{\"index\":{place}").ok();
}
