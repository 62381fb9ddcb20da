//! The order of an answer's events, to which a plugin's are held.

use std::collections::HashMap;

use crate::chat::{BlockKind, BlockStart, Delta, Event, Json, StopReason};

/// How far an answer is.
#[derive(Debug, Clone, Default)]
pub(super) struct Grammar {
    blocks: HashMap<u32, Block>,
    has_broken_json: bool,
    is_stopped: bool,
}

/// Who made an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Maker {
    /// It is as it came: whether a model's JSON is whole is nobody's fault here.
    Model,
    /// A plugin.
    Plugin,
}

#[derive(Debug, Clone)]
enum Block {
    Text,
    Reasoning,
    /// The arguments so far, and whether a plugin wrote any of them.
    ToolUse {
        arguments: String,
        is_made: bool,
    },
    Ended,
}

impl Grammar {
    /// Takes the next event. The error says what is wrong with it. Usage may stand anywhere: it is
    /// the host's to give.
    pub(super) fn take(&mut self, event: &Event, maker: Maker) -> Result<(), String> {
        if self.is_stopped && !matches!(event, Event::Usage(_)) {
            return Err("an event after `message-stop`".to_owned());
        }
        match event {
            Event::BlockStart(start) => self.start(start, maker),
            Event::Delta(delta) => self.delta(delta, maker),
            Event::Signature { index, .. } | Event::RedactedReasoning { index, .. } => {
                match self.blocks.get(index) {
                    Some(Block::Reasoning) => Ok(()),
                    _ => Err(format!("reasoning in block {index}, which is no open block of reasoning")),
                }
            }
            Event::BlockStop(index) => self.end(*index),
            Event::MessageStop(reason) => self.stop(reason),
            Event::Usage(_) => Ok(()),
        }
    }

    /// Whether `message-stop` has come.
    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped
    }

    fn start(&mut self, BlockStart { index, kind }: &BlockStart, maker: Maker) -> Result<(), String> {
        let block = match kind {
            BlockKind::Text => Block::Text,
            BlockKind::Reasoning => Block::Reasoning,
            BlockKind::ToolUse { id, name } if id.is_empty() || name.is_empty() => {
                return Err(format!("a call of a tool without an id or a name in block {index}"));
            }
            BlockKind::ToolUse { .. } => {
                Block::ToolUse { arguments: String::new(), is_made: maker == Maker::Plugin }
            }
        };
        match self.blocks.insert(*index, block) {
            None => Ok(()),
            Some(_) => Err(format!("a second start of block {index}")),
        }
    }

    fn delta(&mut self, Delta { index, text }: &Delta, maker: Maker) -> Result<(), String> {
        match self.blocks.get_mut(index) {
            Some(Block::Text | Block::Reasoning) => Ok(()),
            Some(Block::ToolUse { arguments, is_made }) => {
                arguments.push_str(text);
                *is_made |= maker == Maker::Plugin;
                Ok(())
            }
            Some(Block::Ended) => Err(format!("a delta behind the end of block {index}")),
            None => Err(format!("a delta of block {index}, which has not begun")),
        }
    }

    fn end(&mut self, index: u32) -> Result<(), String> {
        match self.blocks.insert(index, Block::Ended) {
            Some(Block::ToolUse { arguments, is_made }) => {
                // A tool without parameters is called with nothing.
                let is_whole = arguments.is_empty() || Json::parse_object(&arguments).is_some();
                self.has_broken_json |= is_made && !is_whole;
                Ok(())
            }
            Some(Block::Text | Block::Reasoning) => Ok(()),
            Some(Block::Ended) => Err(format!("a second end of block {index}")),
            None => Err(format!("an end of block {index}, which has not begun")),
        }
    }

    fn stop(&mut self, reason: &StopReason) -> Result<(), String> {
        let open = self.blocks.iter().find(|(_, block)| !matches!(block, Block::Ended));
        if let Some((index, _)) = open {
            return Err(format!("`message-stop` while block {index} is open"));
        }
        // An answer that was cut short may end in the middle of a call.
        let is_cut = matches!(reason, StopReason::MaxTokens | StopReason::ContentFiltered);
        if self.has_broken_json && !is_cut {
            return Err("arguments of a tool that are no JSON object".to_owned());
        }
        self.is_stopped = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn start(index: u32, kind: BlockKind) -> Event {
        Event::BlockStart(BlockStart { index, kind })
    }

    fn delta(index: u32, text: &str) -> Event {
        Event::Delta(Delta { index, text: text.to_owned() })
    }

    fn call() -> BlockKind {
        BlockKind::ToolUse { id: "1".to_owned(), name: "look".to_owned() }
    }

    fn taken(events: &[Event], maker: Maker) -> Result<bool, String> {
        let mut grammar = Grammar::default();
        for event in events {
            grammar.take(event, maker)?;
        }
        Ok(grammar.is_stopped())
    }

    #[test]
    fn takes_blocks_that_interleave_and_a_stop() {
        let events = [
            start(3, BlockKind::Text),
            start(1, call()),
            delta(3, "x"),
            delta(1, "{\"a\":"),
            delta(1, "1}"),
            Event::BlockStop(1),
            Event::BlockStop(3),
            start(4, BlockKind::Reasoning),
            Event::Signature { index: 4, value: String::new() },
            Event::BlockStop(4),
            Event::Usage(crate::chat::Usage::default()),
            Event::MessageStop(StopReason::ToolUse),
            Event::Usage(crate::chat::Usage::default()),
        ];
        assert!(taken(&events, Maker::Plugin).unwrap());
        assert!(!taken(&[], Maker::Plugin).unwrap());
    }

    #[test]
    fn refuses_what_breaks_the_order() {
        let text = || start(0, BlockKind::Text);
        let stop = || Event::MessageStop(StopReason::EndTurn);
        let nameless = BlockKind::ToolUse { id: "1".to_owned(), name: String::new() };
        for (events, expected) in [
            (vec![delta(7, "x")], "a delta of block 7, which has not begun"),
            (vec![text(), Event::BlockStop(0), delta(0, "x")], "a delta behind the end"),
            (vec![text(), text()], "a second start of block 0"),
            (vec![text(), Event::BlockStop(0), text()], "a second start of block 0"),
            (vec![Event::BlockStop(1)], "an end of block 1"),
            (vec![text(), Event::BlockStop(0), Event::BlockStop(0)], "a second end"),
            (vec![text(), Event::Signature { index: 0, value: String::new() }], "reasoning in block 0"),
            (vec![text(), stop()], "while block 0 is open"),
            (vec![stop(), text()], "an event after `message-stop`"),
            (vec![stop(), stop()], "an event after `message-stop`"),
            (vec![start(0, nameless)], "without an id or a name"),
            (vec![start(0, call()), delta(0, "{"), Event::BlockStop(0), stop()], "no JSON object"),
        ] {
            let fault = taken(&events, Maker::Plugin).unwrap_err();
            assert!(fault.contains(expected), "{fault}");
        }
    }

    #[test]
    fn a_model_may_end_in_the_middle_of_a_call() {
        let cut = |reason| [start(0, call()), delta(0, "{"), Event::BlockStop(0), Event::MessageStop(reason)];
        assert!(taken(&cut(StopReason::MaxTokens), Maker::Plugin).unwrap());
        assert!(taken(&cut(StopReason::EndTurn), Maker::Model).unwrap());
    }
}
