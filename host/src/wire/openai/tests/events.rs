//! Event lists as text, a line each, and what the encoders make of them.

use bytes::BytesMut;

use crate::chat::{BlockKind, BlockStart, Delta, Event, ServiceTier, StopReason, Usage};
use crate::error::{Failure, Kind};
use crate::wire::openai::{StreamEncoder, UsageChunk, completions, whole};

/// Reads `text 0`, `reasoning 0`, `tool 0 ID NAME`, `delta 0 "JSON"`, `signature 0 X`, `stop 0`,
/// `redacted 0 X`, `end REASON`, `usage INPUT OUTPUT READ WRITTEN` and `usage INPUT OUTPUT READ WRITTEN TIER`.
pub(super) fn parse(case: &str) -> Vec<Event> {
    case.lines().filter_map(event).collect()
}

fn event(line: &str) -> Option<Event> {
    let words: Vec<&str> = line.splitn(3, ' ').collect();
    let number = |place: usize| words[place].parse::<u32>().unwrap();
    let start = |kind| Some(Event::BlockStart(BlockStart { index: number(1), kind }));
    match words[0] {
        "text" => start(BlockKind::Text),
        "reasoning" => start(BlockKind::Reasoning),
        "tool" => {
            let (id, name) = words[2].split_once(' ').unwrap();
            start(BlockKind::ToolUse { id: id.to_owned(), name: name.to_owned() })
        }
        "delta" => {
            Some(Event::Delta(Delta { index: number(1), text: serde_json::from_str(words[2]).unwrap() }))
        }
        "signature" => Some(Event::Signature { index: number(1), value: words[2].to_owned() }),
        "redacted" => Some(Event::RedactedReasoning { index: number(1), data: words[2].to_owned() }),
        "stop" => Some(Event::BlockStop(number(1))),
        "end" => Some(Event::MessageStop(match words[1] {
            "end_turn" => StopReason::EndTurn,
            "max_tokens" => StopReason::MaxTokens,
            "stop_sequence" => StopReason::StopSequence,
            "tool_use" => StopReason::ToolUse,
            "content_filtered" => StopReason::ContentFiltered,
            other => StopReason::Other(other.to_owned()),
        })),
        "usage" => {
            let words: Vec<&str> = line.split(' ').skip(1).collect();
            let counts: Vec<u64> = words[..4].iter().map(|count| count.parse().unwrap()).collect();
            let tier = words.get(4).map(|tier| match *tier {
                "default" => ServiceTier::Default,
                "flex" => ServiceTier::Flex,
                "priority" => ServiceTier::Priority,
                _ => ServiceTier::Reserved,
            });
            Some(Event::Usage(Usage {
                input_tokens: counts[0],
                output_tokens: counts[1],
                cache_read_tokens: counts[2],
                cache_write_tokens: counts[3],
                service_tier: tier,
            }))
        }
        _ => None,
    }
}

/// The stream of some batches, ended as a server ends it.
pub(super) fn stream<'a>(batches: impl IntoIterator<Item = &'a [Event]>, usage: UsageChunk) -> String {
    let mut encoder = StreamEncoder::new("chatcmpl-1", "m", 1_700_000_000, usage);
    let mut out = BytesMut::new();
    for batch in batches {
        encoder.batch(batch, &mut out);
    }
    if let Err(incomplete) = encoder.finish(&mut out) {
        encoder.failure(&incomplete.into(), &mut out);
    }
    // Nothing may follow the end.
    let length = out.len();
    encoder.failure(&Failure::new(Kind::Internal, "late"), &mut out);
    encoder.batch(&[Event::Delta(Delta { index: 0, text: "late".to_owned() })], &mut out);
    assert!(encoder.finish(&mut out).is_err());
    assert_eq!(out.len(), length);
    String::from_utf8(out.to_vec()).unwrap()
}

/// The same stream in the older format.
pub(super) fn completion_stream<'a>(
    batches: impl IntoIterator<Item = &'a [Event]>,
    usage: UsageChunk,
) -> String {
    let mut encoder = completions::StreamEncoder::new("cmpl-1", "m", 1_700_000_000, usage);
    let mut out = BytesMut::new();
    for batch in batches {
        encoder.batch(batch, &mut out);
    }
    if let Err(incomplete) = encoder.finish(&mut out) {
        encoder.failure(&incomplete.into(), &mut out);
    }
    let length = out.len();
    encoder.failure(&Failure::new(Kind::Internal, "late"), &mut out);
    encoder.batch(&[Event::Delta(Delta { index: 0, text: "late".to_owned() })], &mut out);
    assert!(encoder.finish(&mut out).is_err());
    assert_eq!(out.len(), length);
    String::from_utf8(out.to_vec()).unwrap()
}

/// The same answer in the older format.
pub(super) fn completion(events: &[Event]) -> Result<String, Failure> {
    let bytes = completions::whole("cmpl-1", "m", 1_700_000_000, events)?;
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

/// The answer in one piece.
pub(super) fn answer(events: &[Event]) -> Result<String, Failure> {
    let bytes = whole("chatcmpl-1", "m", 1_700_000_000, events)?;
    Ok(String::from_utf8(bytes.to_vec()).unwrap())
}

/// The JSON texts of a stream's frames, `[DONE]` left out.
pub(super) fn frames(stream: &str) -> Vec<serde_json::Value> {
    let frames = stream.split_terminator("\n\n").map(|frame| frame.strip_prefix("data: ").unwrap());
    frames.filter(|frame| *frame != "[DONE]").map(|frame| serde_json::from_str(frame).unwrap()).collect()
}
