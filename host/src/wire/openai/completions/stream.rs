use bytes::{BufMut as _, Bytes, BytesMut};

use super::finish::finish_reason;
use crate::chat::{self, Event};
use crate::error::Failure;
use crate::wire::openai::decode::UsageChunk;
use crate::wire::openai::encode::{Blocks, Incomplete, Slot, Usage, put_json};
use crate::wire::openai::failure::error_body;

/// What follows the text of every chunk but the one that finishes.
const CHUNK_END: &[u8] = b",\"index\":0,\"logprobs\":null,\"finish_reason\":null}]}\n\n";

/// Writes an answer as server-sent events, each a `CreateCompletionResponse`.
///
/// Used as the encoder of Chat Completions is: [`batch`](Self::batch) as events arrive, then
/// [`finish`](Self::finish), or [`failure`](Self::failure) if anything fails.
#[derive(Debug)]
pub struct StreamEncoder {
    /// What all chunks begin with, up to the model.
    head: Bytes,
    /// What chunks with text begin with, up to the text.
    chunk_start: Bytes,
    include_usage: UsageChunk,
    usage: Option<chat::Usage>,
    blocks: Blocks,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Text may follow.
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
        head.put_slice(b",\"object\":\"text_completion\",\"created\":");
        put_json(&mut head, &created);
        head.put_slice(b",\"model\":");
        put_json(&mut head, model);
        let mut chunk_start = head.clone();
        chunk_start.put_slice(b",\"choices\":[{\"text\":");
        let (head, chunk_start) = (head.freeze(), chunk_start.freeze());
        Self { head, chunk_start, include_usage, usage: None, blocks: Blocks::default(), state: State::Open }
    }

    /// Appends the chunks for events that arrived together. What comes after the end of the answer,
    /// other than its usage, is not written.
    pub fn batch(&mut self, batch: &[Event], out: &mut BytesMut) {
        for event in batch {
            match event {
                Event::Usage(usage) => self.usage = Some(*usage),
                _ if self.state != State::Open => {}
                Event::BlockStart(start) => {
                    self.blocks.start(start);
                }
                Event::Delta(delta) if self.blocks.slot(delta.index) == Slot::Text => {
                    if !delta.text.is_empty() {
                        self.text(&delta.text, out);
                        out.put_slice(CHUNK_END);
                    }
                }
                Event::MessageStop(reason) => {
                    self.text("", out);
                    out.put_slice(b",\"index\":0,\"logprobs\":null,\"finish_reason\":\"");
                    out.put_slice(finish_reason(reason).as_bytes());
                    out.put_slice(b"\"}]}\n\n");
                    self.state = State::Finished;
                }
                Event::Delta(_)
                | Event::BlockStop(_)
                | Event::Signature { .. }
                | Event::RedactedReasoning { .. } => {}
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

    /// A chunk up to and including its text.
    fn text(&self, text: &str, out: &mut BytesMut) {
        out.reserve(self.chunk_start.len() + text.len() + CHUNK_END.len() + 16);
        out.put_slice(&self.chunk_start);
        put_json(out, text);
    }
}
