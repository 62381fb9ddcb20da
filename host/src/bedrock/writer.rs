//! Puts an answer's steps in the order that [`Event`] promises, whichever way they came.

use crate::chat::{Batch, BlockKind, BlockStart, Delta, Event, StopReason, Usage};

use super::request::{Calls, Reading};

/// Takes steps in the order of their arrival, gives batches.
#[derive(Debug)]
pub(super) struct EventWriter {
    reading: Reading,
    batch: Batch,
    open: Vec<Open>,
    usage: Option<Usage>,
    is_complete: bool,
    is_counted: bool,
    calls: u32,
    is_answered: bool,
    /// Prose where the answer may still come as a tool's input: beside that it would be no JSON any more.
    held: Vec<(u32, String)>,
}

/// A block that has begun and not ended.
#[derive(Debug)]
struct Open {
    index: u32,
    holds: Holds,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    Text,
    Reasoning,
    /// A call, or an answer that is a tool's input.
    NoInput,
    Input,
}

impl EventWriter {
    pub(super) fn new(reading: Reading) -> Self {
        Self {
            reading,
            batch: Batch::new(),
            open: Vec::new(),
            usage: None,
            is_complete: false,
            is_counted: false,
            calls: 0,
            is_answered: false,
            held: Vec::new(),
        }
    }

    /// Prose. The block begins with its first piece that is not empty; where the answer is a tool's
    /// input, at the end of the message, and only if the tool was not called.
    pub(super) fn text(&mut self, index: u32, text: String) {
        if self.reading.answer.is_some() {
            if !self.is_answered {
                self.hold(index, text);
            }
        } else if !text.is_empty() && self.begin(index, Holds::Text, BlockKind::Text) {
            self.delta(index, text);
        }
    }

    /// Thinking.
    pub(super) fn reasoning(&mut self, index: u32, text: String) {
        if !text.is_empty() && self.begin(index, Holds::Reasoning, BlockKind::Reasoning) {
            self.delta(index, text);
        }
    }

    /// The seal of a thought, which may be all that is shown of it.
    pub(super) fn signature(&mut self, index: u32, value: String) {
        if !value.is_empty() && self.begin(index, Holds::Reasoning, BlockKind::Reasoning) {
            self.batch.push(Event::Signature { index, value });
        }
    }

    /// A thought that only the model can read, in base64.
    pub(super) fn redacted(&mut self, index: u32, data: String) {
        if !data.is_empty() && self.begin(index, Holds::Reasoning, BlockKind::Reasoning) {
            self.batch.push(Event::RedactedReasoning { index, data });
        }
    }

    /// A call begins. Blocks of calls are the only ones that have to be announced.
    pub(super) fn tool_use(&mut self, index: u32, id: String, name: String) {
        if self.reading.answer.as_ref() == Some(&name) {
            // Two answers would be no JSON any more.
            if !std::mem::replace(&mut self.is_answered, true) {
                self.held.clear();
                self.begin(index, Holds::NoInput, BlockKind::Text);
            }
        } else if self.reading.calls == Calls::Allowed {
            let name = self.reading.names.client(name);
            if self.begin(index, Holds::NoInput, BlockKind::ToolUse { id, name }) {
                self.calls += 1;
            }
        }
    }

    /// A piece of a call's input. Input of a block that has not begun belongs to a call that is no
    /// part of the answer: a server's own, or of the placeholder.
    pub(super) fn tool_input(&mut self, index: u32, text: String) {
        if text.is_empty() {
            return;
        }
        if let Some(open) = self.open.iter_mut().find(|open| open.index == index)
            && matches!(open.holds, Holds::NoInput | Holds::Input)
        {
            open.holds = Holds::Input;
            self.delta(index, text);
        }
    }

    /// A block ends; nothing, if it never held anything.
    pub(super) fn block_stop(&mut self, index: u32) {
        let Some(position) = self.open.iter().position(|open| open.index == index) else { return };
        if self.open.remove(position).holds == Holds::NoInput {
            // A call without arguments comes without input; its deltas are still one JSON object.
            self.delta(index, "{}".to_owned());
        }
        self.batch.push(Event::BlockStop(index));
    }

    /// The answer is complete. Blocks that are still open end here.
    pub(super) fn message_stop(&mut self, reason: StopReason) {
        if self.is_complete {
            return;
        }
        while let Some(index) = self.open.first().map(|open| open.index) {
            self.block_stop(index);
        }
        for (index, text) in std::mem::take(&mut self.held) {
            if self.begin(index, Holds::Text, BlockKind::Text) {
                self.delta(index, text);
                self.block_stop(index);
            }
        }
        let is_call = self.reading.calls == Calls::Allowed && (self.calls > 0 || !self.is_answered);
        let reason = if reason == StopReason::ToolUse && !is_call { StopReason::EndTurn } else { reason };
        self.batch.push(Event::MessageStop(reason));
        self.batch.extend(self.usage.take().map(Event::Usage));
        self.is_complete = true;
    }

    /// What it cost.
    pub(super) fn usage(&mut self, usage: Usage) {
        self.is_counted = true;
        if self.is_complete {
            self.batch.push(Event::Usage(usage));
        } else {
            self.usage = Some(usage);
        }
    }

    /// Whether the answer has come to its end.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Whether it is known what the answer cost.
    pub(super) fn is_counted(&self) -> bool {
        self.is_counted
    }

    /// What has been written since the last time.
    pub(super) fn take(&mut self) -> Batch {
        std::mem::take(&mut self.batch)
    }

    fn hold(&mut self, index: u32, text: String) {
        match self.held.iter_mut().find(|(held, _)| *held == index) {
            Some((_, held)) => held.push_str(&text),
            None if text.is_empty() => {}
            None => self.held.push((index, text)),
        }
    }

    /// Whether the block is open with this kind, from now on or already.
    fn begin(&mut self, index: u32, holds: Holds, kind: BlockKind) -> bool {
        if let Some(open) = self.open.iter().find(|open| open.index == index) {
            let fits = open.holds == holds;
            if !fits {
                tracing::debug!(index, "skipped a piece of another kind than its block");
            }
            return fits;
        }
        self.open.push(Open { index, holds });
        self.batch.push(Event::BlockStart(BlockStart { index, kind }));
        true
    }

    /// Deltas that arrive together leave together.
    fn delta(&mut self, index: u32, text: String) {
        match self.batch.last_mut() {
            Some(Event::Delta(last)) if last.index == index => last.text.push_str(&text),
            _ => self.batch.push(Event::Delta(Delta { index, text })),
        }
    }
}

#[cfg(test)]
mod tests;
