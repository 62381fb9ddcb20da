//! Answers as bytes: compact JSON, an array of batches.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::chat::{Batch, BlockKind, BlockStart, Delta, Event, ServiceTier, StopReason, Usage};

/// The batches of an answer, as bytes.
pub(super) fn write(batches: &[Batch]) -> Vec<u8> {
    let steps: Vec<Vec<Step<'_>>> =
        batches.iter().map(|batch| batch.iter().map(Step::from).collect()).collect();
    // Texts and numbers alone: nothing that could fail to be written.
    serde_json::to_vec(&steps).unwrap_or_default()
}

/// The batches that these bytes are.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<Batch>, serde_json::Error> {
    let steps: Vec<Vec<Step<'_>>> = serde_json::from_slice(bytes)?;
    Ok(steps.into_iter().map(|batch| batch.into_iter().map(Event::from).collect()).collect())
}

/// An event, as it is written.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Step<'a> {
    Text(u32),
    Reasoning(u32),
    Tool(u32, Cow<'a, str>, Cow<'a, str>),
    Delta(u32, Cow<'a, str>),
    Signature(u32, Cow<'a, str>),
    Redacted(u32, Cow<'a, str>),
    BlockStop(u32),
    Reason(Reason<'a>),
    Usage { input: u64, output: u64, cache_read: u64, cache_write: u64, tier: Option<Cow<'a, str>> },
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reason<'a> {
    EndTurn,
    MaxTokens,
    StopSequence,
    ToolUse,
    ContentFiltered,
    Other(Cow<'a, str>),
}

impl<'a> From<&'a Event> for Step<'a> {
    fn from(event: &'a Event) -> Self {
        match event {
            Event::BlockStart(BlockStart { index, kind }) => match kind {
                BlockKind::Text => Self::Text(*index),
                BlockKind::Reasoning => Self::Reasoning(*index),
                BlockKind::ToolUse { id, name } => Self::Tool(*index, id.into(), name.into()),
            },
            Event::Delta(Delta { index, text }) => Self::Delta(*index, text.into()),
            Event::Signature { index, value } => Self::Signature(*index, value.into()),
            Event::RedactedReasoning { index, data } => Self::Redacted(*index, data.into()),
            Event::BlockStop(index) => Self::BlockStop(*index),
            Event::MessageStop(reason) => Self::Reason(match reason {
                StopReason::EndTurn => Reason::EndTurn,
                StopReason::MaxTokens => Reason::MaxTokens,
                StopReason::StopSequence => Reason::StopSequence,
                StopReason::ToolUse => Reason::ToolUse,
                StopReason::ContentFiltered => Reason::ContentFiltered,
                StopReason::Other(word) => Reason::Other(word.into()),
            }),
            Event::Usage(usage) => Self::Usage {
                input: usage.input_tokens,
                output: usage.output_tokens,
                cache_read: usage.cache_read_tokens,
                cache_write: usage.cache_write_tokens,
                tier: usage.service_tier.map(|tier| tier.as_str().into()),
            },
        }
    }
}

impl From<Step<'_>> for Event {
    fn from(step: Step<'_>) -> Self {
        let start = |index, kind| Self::BlockStart(BlockStart { index, kind });
        match step {
            Step::Text(index) => start(index, BlockKind::Text),
            Step::Reasoning(index) => start(index, BlockKind::Reasoning),
            Step::Tool(index, id, name) => {
                start(index, BlockKind::ToolUse { id: id.into_owned(), name: name.into_owned() })
            }
            Step::Delta(index, text) => Self::Delta(Delta { index, text: text.into_owned() }),
            Step::Signature(index, value) => Self::Signature { index, value: value.into_owned() },
            Step::Redacted(index, data) => Self::RedactedReasoning { index, data: data.into_owned() },
            Step::BlockStop(index) => Self::BlockStop(index),
            Step::Reason(reason) => Self::MessageStop(match reason {
                Reason::EndTurn => StopReason::EndTurn,
                Reason::MaxTokens => StopReason::MaxTokens,
                Reason::StopSequence => StopReason::StopSequence,
                Reason::ToolUse => StopReason::ToolUse,
                Reason::ContentFiltered => StopReason::ContentFiltered,
                Reason::Other(word) => StopReason::Other(word.into_owned()),
            }),
            Step::Usage { input, output, cache_read, cache_write, tier } => Self::Usage(Usage {
                input_tokens: input,
                output_tokens: output,
                cache_read_tokens: cache_read,
                cache_write_tokens: cache_write,
                service_tier: tier.and_then(|tier| ServiceTier::parse(&tier)),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    fn event() -> impl Strategy<Value = Event> {
        let kind = prop_oneof![
            Just(BlockKind::Text),
            Just(BlockKind::Reasoning),
            any::<(String, String)>().prop_map(|(id, name)| BlockKind::ToolUse { id, name }),
        ];
        let reason = prop_oneof![
            Just(StopReason::EndTurn),
            Just(StopReason::MaxTokens),
            Just(StopReason::StopSequence),
            Just(StopReason::ToolUse),
            Just(StopReason::ContentFiltered),
            any::<String>().prop_map(StopReason::Other),
        ];
        let usage = (any::<[u64; 4]>(), option::of(select(ServiceTier::ALL.as_slice())));
        prop_oneof![
            (any::<u32>(), kind).prop_map(|(index, kind)| Event::BlockStart(BlockStart { index, kind })),
            any::<(u32, String)>().prop_map(|(index, text)| Event::Delta(Delta { index, text })),
            any::<(u32, String)>().prop_map(|(index, value)| Event::Signature { index, value }),
            any::<(u32, String)>().prop_map(|(index, data)| Event::RedactedReasoning { index, data }),
            any::<u32>().prop_map(Event::BlockStop),
            reason.prop_map(Event::MessageStop),
            usage.prop_map(|([input_tokens, output_tokens, cache_read_tokens, cache_write_tokens], tier)| {
                Event::Usage(Usage {
                    input_tokens,
                    output_tokens,
                    cache_read_tokens,
                    cache_write_tokens,
                    service_tier: tier,
                })
            }),
        ]
    }

    proptest! {
        #[test]
        fn an_answer_is_read_as_it_was_written(batches in vec(vec(event(), 0..6), 0..4)) {
            prop_assert_eq!(read(&write(&batches)).ok(), Some(batches));
        }

        #[test]
        fn no_bytes_do_harm(bytes: Vec<u8>) {
            let _ = read(&bytes);
        }
    }
}
