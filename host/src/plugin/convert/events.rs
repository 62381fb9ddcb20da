//! The events of an answer, to a plugin and back.

use crate::chat::{Batch, BlockKind, BlockStart, Delta, Event, StopReason, Usage};
use crate::plugin::bindings::adit::plugin::chat as wit;

/// Events as a plugin sees them.
pub(in crate::plugin) fn events(events: &[Event]) -> Vec<wit::Event> {
    events.iter().map(event).collect()
}

fn event(event: &Event) -> wit::Event {
    match event {
        Event::BlockStart(BlockStart { index, kind }) => {
            let kind = match kind {
                BlockKind::Text => wit::BlockKind::Text,
                BlockKind::Reasoning => wit::BlockKind::Reasoning,
                BlockKind::ToolUse { id, name } => {
                    wit::BlockKind::ToolUse(wit::ToolHead { id: id.clone(), name: name.clone() })
                }
            };
            wit::Event::BlockStart(wit::BlockStart { index: *index, kind })
        }
        Event::Delta(Delta { index, text }) => {
            wit::Event::Delta(wit::Delta { index: *index, text: text.clone() })
        }
        Event::Signature { index, value } => {
            wit::Event::Signature(wit::Signature { index: *index, value: value.clone() })
        }
        Event::RedactedReasoning { index, data } => {
            wit::Event::RedactedReasoning(wit::RedactedReasoning { index: *index, value: data.clone() })
        }
        Event::BlockStop(index) => wit::Event::BlockStop(*index),
        Event::MessageStop(reason) => wit::Event::MessageStop(stop_reason(reason)),
        Event::Usage(usage) => wit::Event::Usage(tokens(*usage)),
    }
}

/// Why a model stopped, as a plugin sees it.
pub(in crate::plugin) fn stop_reason(reason: &StopReason) -> wit::StopReason {
    match reason {
        StopReason::EndTurn => wit::StopReason::EndTurn,
        StopReason::MaxTokens => wit::StopReason::MaxTokens,
        StopReason::StopSequence => wit::StopReason::StopSequence,
        StopReason::ToolUse => wit::StopReason::ToolUse,
        StopReason::ContentFiltered => wit::StopReason::ContentFiltered,
        StopReason::Other(word) => wit::StopReason::Other(word.clone()),
    }
}

/// What an answer cost, as a plugin sees it: the tier is the host's.
pub(in crate::plugin) fn tokens(usage: Usage) -> wit::Usage {
    let Usage { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, service_tier: _ } = usage;
    wit::Usage { input_tokens, output_tokens, cache_read_tokens, cache_write_tokens }
}

/// The events that a plugin answers with. Whether they make an answer is not looked at here.
pub(in crate::plugin) fn read_events(events: Vec<wit::Event>) -> Result<Batch, String> {
    events.into_iter().map(read_event).collect()
}

fn read_event(event: wit::Event) -> Result<Event, String> {
    Ok(match event {
        wit::Event::BlockStart(wit::BlockStart { index, kind }) => {
            let kind = match kind {
                wit::BlockKind::Text => BlockKind::Text,
                wit::BlockKind::Reasoning => BlockKind::Reasoning,
                wit::BlockKind::ToolUse(wit::ToolHead { id, name }) => BlockKind::ToolUse { id, name },
            };
            Event::BlockStart(BlockStart { index, kind })
        }
        wit::Event::Delta(wit::Delta { index, text }) => Event::Delta(Delta { index, text }),
        wit::Event::Signature(wit::Signature { index, value }) => Event::Signature { index, value },
        wit::Event::RedactedReasoning(wit::RedactedReasoning { index, value }) => {
            Event::RedactedReasoning { index, data: value }
        }
        wit::Event::BlockStop(index) => Event::BlockStop(index),
        wit::Event::MessageStop(reason) => Event::MessageStop(match reason {
            wit::StopReason::EndTurn => StopReason::EndTurn,
            wit::StopReason::MaxTokens => StopReason::MaxTokens,
            wit::StopReason::StopSequence => StopReason::StopSequence,
            wit::StopReason::ToolUse => StopReason::ToolUse,
            wit::StopReason::ContentFiltered => StopReason::ContentFiltered,
            wit::StopReason::Other(word) => StopReason::Other(word),
        }),
        wit::Event::Usage(wit::Usage {
            input_tokens,
            output_tokens,
            cache_read_tokens,
            cache_write_tokens,
        }) => Event::Usage(Usage {
            input_tokens,
            output_tokens,
            cache_read_tokens,
            cache_write_tokens,
            service_tier: None,
        }),
        wit::Event::Other(_) => return Err("an event that this host does not know".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn every_event_comes_back_as_it_was() {
        let batch = vec![
            Event::BlockStart(BlockStart { index: 0, kind: BlockKind::Reasoning }),
            Event::Delta(Delta { index: 0, text: "hm".into() }),
            Event::Signature { index: 0, value: "c2VhbA==".into() },
            Event::RedactedReasoning { index: 0, data: "AAAA".into() },
            Event::BlockStop(0),
            Event::BlockStart(BlockStart { index: 1, kind: BlockKind::Text }),
            Event::BlockStart(BlockStart {
                index: 2,
                kind: BlockKind::ToolUse { id: "1".into(), name: "look".into() },
            }),
            Event::MessageStop(StopReason::EndTurn),
            Event::MessageStop(StopReason::MaxTokens),
            Event::MessageStop(StopReason::StopSequence),
            Event::MessageStop(StopReason::ToolUse),
            Event::MessageStop(StopReason::ContentFiltered),
            Event::MessageStop(StopReason::Other("odd".into())),
            Event::Usage(Usage {
                input_tokens: 1,
                output_tokens: 2,
                cache_read_tokens: 3,
                ..Usage::default()
            }),
        ];
        assert_eq!(read_events(events(&batch)).unwrap(), batch);
    }

    #[test]
    fn an_unknown_event_is_refused() {
        assert!(read_events(vec![wit::Event::Other("{}".into())]).is_err());
    }
}
