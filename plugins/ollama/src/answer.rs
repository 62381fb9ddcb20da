//! An answer on its way to the client.

use std::collections::BTreeMap;

use adit_plugin::chat::{BlockKind, BlockStart, Event, StopReason, ToolHead, Usage};
use serde_json::value::RawValue;

use crate::line::{Function, Said, Stamp, Summary, ToolCall};
use crate::time::Stopwatch;

/// One answer, written in pieces or in one.
pub(crate) struct Answer {
    stamp: Stamp,
    blocks: BTreeMap<u32, Block>,
    calls: usize,
    /// Nanoseconds until the answer began.
    first: Option<u64>,
    stop: Option<StopReason>,
    usage: Option<Usage>,
}

enum Block {
    Text,
    Thinking,
    Call { head: ToolHead, arguments: String },
}

impl Answer {
    pub(crate) fn new(stamp: Stamp) -> Self {
        Self { stamp, blocks: BTreeMap::new(), calls: 0, first: None, stop: None, usage: None }
    }

    /// A line for each piece; the last one once the answer is complete and counted.
    pub(crate) fn lines(&mut self, events: Vec<Event>, stopwatch: &Stopwatch) -> Vec<u8> {
        let mut out = Vec::new();
        for event in events {
            let mut said = Said::default();
            self.note(event, &mut said, stopwatch);
            if !said.is_empty() {
                out.append(&mut self.stamp.write(&said, None));
                out.push(b'\n');
            }
            if let Some(summary) = self.summary(stopwatch) {
                out.append(&mut self.stamp.write(&Said::default(), Some(&summary)));
                out.push(b'\n');
            }
        }
        out
    }

    /// One object.
    pub(crate) fn whole(mut self, events: Vec<Event>, stopwatch: &Stopwatch) -> Vec<u8> {
        let mut said = Said::default();
        let mut summary = None;
        for event in events {
            self.note(event, &mut said, stopwatch);
            summary = self.summary(stopwatch).or(summary);
        }
        self.stamp.write(&said, summary.as_ref())
    }

    /// Adds what an event says.
    fn note(&mut self, event: Event, said: &mut Said, stopwatch: &Stopwatch) {
        self.first.get_or_insert_with(|| stopwatch.nanoseconds());
        match event {
            Event::BlockStart(BlockStart { index, kind }) => {
                let block = match kind {
                    BlockKind::Text => Block::Text,
                    BlockKind::Reasoning => Block::Thinking,
                    BlockKind::ToolUse(head) => Block::Call { head, arguments: String::new() },
                };
                self.blocks.insert(index, block);
            }
            Event::Delta(delta) => match self.blocks.get_mut(&delta.index) {
                Some(Block::Text) => said.content.push_str(&delta.text),
                Some(Block::Thinking) => said.thinking.push_str(&delta.text),
                Some(Block::Call { arguments, .. }) => arguments.push_str(&delta.text),
                None => {}
            },
            Event::BlockStop(index) => self.end(index, said),
            Event::MessageStop(reason) => {
                let open: Vec<_> = self.blocks.keys().copied().collect();
                for index in open {
                    self.end(index, said);
                }
                self.stop = Some(reason);
            }
            Event::Usage(usage) => self.usage = Some(usage),
            // What only the model can read has no place in this format.
            Event::Signature(_) | Event::RedactedReasoning(_) | Event::Other(_) => {}
        }
    }

    /// Ends a block. A call is told in one piece; one whose arguments were cut off by a limit is
    /// left out, because a client would run it with others.
    fn end(&mut self, index: u32, said: &mut Said) {
        let Some(Block::Call { head, arguments }) = self.blocks.remove(&index) else { return };
        let arguments = if arguments.trim().is_empty() { "{}".to_owned() } else { arguments };
        let Some(arguments) = RawValue::from_string(arguments).ok().filter(|raw| raw.get().starts_with('{'))
        else {
            return;
        };
        let function = Function { index: self.calls, name: head.name, arguments };
        self.calls += 1;
        said.calls.push(ToolCall { id: head.id, function });
    }

    /// Once, when all has come.
    fn summary(&mut self, stopwatch: &Stopwatch) -> Option<Summary> {
        if self.stop.is_none() || self.usage.is_none() {
            return None;
        }
        let (stop, usage) = (self.stop.take()?, self.usage.take()?);
        let total = stopwatch.nanoseconds();
        Some(Summary::new(&stop, usage, self.first.unwrap_or(total), total))
    }
}

impl Said {
    fn is_empty(&self) -> bool {
        self.content.is_empty() && self.thinking.is_empty() && self.calls.is_empty()
    }
}
