use bytes::{BufMut as _, Bytes, BytesMut};

use super::finish::finish_reason;
use crate::chat::{self, Event};
use crate::error::Failure;
use crate::wire::openai::decode::UsageChunk;
use crate::wire::openai::encode::{Blocks, Frame, Incomplete, Slot, put_json};

/// What follows the text of every chunk but the one that finishes.
const CHUNK_END: &[u8] = b",\"index\":0,\"logprobs\":null,\"finish_reason\":null}]}\n\n";

/// Writes an answer as server-sent events, each a `CreateCompletionResponse`.
///
/// Used as the encoder of Chat Completions is: [`batch`](Self::batch) as events arrive, then
/// [`finish`](Self::finish), or [`failure`](Self::failure) if anything fails.
#[derive(Debug)]
pub struct StreamEncoder {
    frame: Frame,
    /// What chunks with text begin with, up to the text.
    chunk_start: Bytes,
    blocks: Blocks,
}

impl StreamEncoder {
    /// An encoder for one answer. `model` is the model that answers, `created` the time in
    /// seconds since 1970.
    pub fn new(id: &str, model: &str, created: u64, include_usage: UsageChunk) -> Self {
        let frame = Frame::new(id, "text_completion", model, created, include_usage);
        let chunk_start = frame.chunk_start(&[b",\"choices\":[{\"text\":"]);
        Self { frame, chunk_start, blocks: Blocks::default() }
    }

    /// Appends the chunks for events that arrived together. What comes after the end of the answer,
    /// other than its usage, is not written.
    pub fn batch(&mut self, batch: &[Event], out: &mut BytesMut) {
        for event in batch {
            match event {
                // This format has no member for the tier.
                Event::Usage(usage) => self.frame.count(chat::Usage { service_tier: None, ..*usage }),
                _ if !self.frame.is_open() => {}
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
                    self.frame.end();
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
        self.frame.finish(out)
    }

    /// Ends the stream with an error, the only sign that is left after the status line. Writes
    /// nothing if the stream has ended already.
    pub fn failure(&mut self, failure: &Failure, out: &mut BytesMut) {
        self.frame.failure(failure, out);
    }

    /// A chunk up to and including its text.
    fn text(&self, text: &str, out: &mut BytesMut) {
        out.reserve(self.chunk_start.len() + text.len() + CHUNK_END.len() + 16);
        out.put_slice(&self.chunk_start);
        put_json(out, text);
    }
}
