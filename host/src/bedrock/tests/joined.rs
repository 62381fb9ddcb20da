//! What an answer says, however it was cut.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::chat::{BlockKind, Event, StopReason, Usage};

#[derive(Debug, Default, PartialEq)]
pub(super) struct Joined {
    pub(super) blocks: BTreeMap<u32, Block>,
    pub(super) stop: Option<StopReason>,
    pub(super) usage: Option<Usage>,
}

#[derive(Debug, PartialEq)]
pub(super) enum Block {
    Text(String),
    Reasoning { text: String, signature: Option<String> },
    Redacted(String),
    ToolUse { id: String, name: String, input: Value },
}

/// Joins events, and checks the order that they promise.
pub(super) fn joined(events: impl IntoIterator<Item = Event>) -> Joined {
    let mut joined = Joined::default();
    let mut open: BTreeMap<u32, (BlockKind, String, Option<String>)> = BTreeMap::new();
    for event in events {
        assert!(joined.usage.is_none(), "usage is last");
        assert!(joined.stop.is_none() || matches!(event, Event::Usage(_)), "only usage follows the stop");
        match event {
            Event::BlockStart(start) => {
                assert!(!joined.blocks.contains_key(&start.index), "a block begins once");
                assert!(open.insert(start.index, (start.kind, String::new(), None)).is_none());
            }
            Event::Delta(delta) => {
                assert!(!delta.text.is_empty(), "a delta says something");
                open.get_mut(&delta.index).unwrap().1.push_str(&delta.text);
            }
            Event::RedactedReasoning { index, data } => {
                joined.blocks.insert(index, Block::Redacted(data));
            }
            Event::Signature { index, value } => open.get_mut(&index).unwrap().2 = Some(value),
            Event::BlockStop(index) => {
                let (kind, text, signature) = open.remove(&index).unwrap();
                let block = match kind {
                    BlockKind::Text => Block::Text(text),
                    BlockKind::Reasoning => Block::Reasoning { text, signature },
                    BlockKind::ToolUse { id, name } => {
                        Block::ToolUse { id, name, input: serde_json::from_str(&text).unwrap() }
                    }
                };
                if !matches!(joined.blocks.get(&index), Some(Block::Redacted(_))) {
                    joined.blocks.insert(index, block);
                }
            }
            Event::MessageStop(reason) => {
                assert!(open.is_empty(), "every block has ended");
                joined.stop = Some(reason);
            }
            Event::Usage(usage) => joined.usage = Some(usage),
        }
    }
    joined
}
