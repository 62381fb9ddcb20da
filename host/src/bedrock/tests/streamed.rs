//! Streams that go well or badly in ways that no recording shows.

use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt;
use proptest::prelude::*;
use serde_json::json;

use crate::chat::{Delivery, StopReason, ToolChoice};
use crate::error::Kind;

use super::call;
use super::canned::{Canned, Piece, Response};
use super::frames::{event, exception, in_pieces};
use super::joined::{Block, joined};
use super::{answer, bedrock, request};

pub(super) fn text(index: u32, text: &str) -> Bytes {
    event("contentBlockDelta", &json!({ "contentBlockIndex": index, "delta": { "text": text } }))
}

pub(super) fn stop(index: u32) -> Bytes {
    event("contentBlockStop", &json!({ "contentBlockIndex": index }))
}

pub(super) fn message_stop(reason: &str) -> Bytes {
    event("messageStop", &json!({ "stopReason": reason }))
}

fn metadata() -> Bytes {
    let usage = json!({ "inputTokens": 3, "outputTokens": 5, "totalTokens": 8 });
    event("metadata", &json!({ "usage": usage, "metrics": { "latencyMs": 1 } }))
}

fn message_start() -> Bytes {
    event("messageStart", &json!({ "role": "assistant" }))
}

fn tool(index: u32, name: &str) -> Bytes {
    let start = json!({ "toolUse": { "toolUseId": "call-1", "name": name } });
    event("contentBlockStart", &json!({ "contentBlockIndex": index, "start": start }))
}

fn tool_input(index: u32, input: &str) -> Bytes {
    event(
        "contentBlockDelta",
        &json!({ "contentBlockIndex": index, "delta": { "toolUse": { "input": input } } }),
    )
}

fn stream(frames: &[Bytes]) -> Canned {
    Canned::new([Response::stream(frames.iter().cloned().map(Piece::Bytes).collect())])
}

#[tokio::test]
async fn what_arrives_together_leaves_together() {
    let pieces = vec![
        Piece::Bytes(message_start()),
        Piece::Bytes(text(0, "Hel")),
        Piece::Bytes(text(0, "lo")),
        Piece::Pause,
        Piece::Bytes(text(0, " you")),
        Piece::Bytes(stop(0)),
        Piece::Bytes(message_stop("end_turn")),
        Piece::Bytes(metadata()),
    ];
    let http = Canned::new([Response::stream(pieces)]);
    let (batches, failure) = answer(&http, &request(Delivery::Streamed)).await.unwrap();
    assert_eq!(failure, None);
    let sizes: Vec<usize> = batches.iter().map(Vec::len).collect();
    assert_eq!(sizes, [2, 4], "{batches:?}");
}

#[tokio::test]
async fn a_throttle_before_the_first_words_fails_the_call() {
    for frames in [
        vec![exception("throttlingException", "Too many tokens")],
        vec![message_start(), exception("throttlingException", "Too many tokens")],
    ] {
        let failure = answer(&stream(&frames), &request(Delivery::Streamed)).await.unwrap_err();
        assert_eq!(failure.kind, Kind::Throttled);
        assert!(failure.retry_after.is_some());
    }
}

#[tokio::test]
async fn an_exception_after_the_first_words_is_the_last_item() {
    for (kind, expected) in [
        ("internalServerException", Kind::UpstreamInternal),
        ("modelStreamErrorException", Kind::ModelError),
        ("serviceUnavailableException", Kind::UpstreamUnavailable),
        ("throttlingException", Kind::Throttled),
        ("validationException", Kind::InvalidRequest),
        ("surprisingException", Kind::UpstreamInternal),
    ] {
        let http = stream(&[text(0, "Hello"), exception(kind, "said Bedrock")]);
        let (batches, failure) = answer(&http, &request(Delivery::Streamed)).await.unwrap();
        assert_eq!(batches.concat().len(), 2, "the words before it are not lost");
        assert_eq!(failure.unwrap().kind, expected, "{kind}");
    }
}

#[tokio::test]
async fn a_stream_without_a_stop_is_broken() {
    let half = text(0, "more").slice(..20);
    for frames in [vec![text(0, "Hello")], vec![text(0, "Hello"), metadata()], vec![text(0, "Hello"), half]] {
        let (_, failure) = answer(&stream(&frames), &request(Delivery::Streamed)).await.unwrap();
        assert_eq!(failure.unwrap().kind, Kind::BrokenStream);
    }
    for frames in
        [vec![], vec![message_start()], vec![Bytes::from_static(b"not a frame, but long enough for one")]]
    {
        let failure = answer(&stream(&frames), &request(Delivery::Streamed)).await.unwrap_err();
        assert_eq!(failure.kind, Kind::BrokenStream);
    }
}

#[tokio::test]
async fn a_complete_answer_needs_no_metadata_and_survives_what_follows_it() {
    for last in [vec![], vec![exception("internalServerException", "too late")]] {
        let frames = [vec![text(0, "Hello"), stop(0), message_stop("end_turn")], last].concat();
        let (batches, failure) = answer(&stream(&frames), &request(Delivery::Streamed)).await.unwrap();
        assert_eq!(failure, None);
        assert_eq!(joined(batches.concat()).stop, Some(StopReason::EndTurn));
    }
}

#[tokio::test]
async fn a_call_without_arguments_has_an_empty_object() {
    let frames = [tool(0, "weather"), tool_input(0, ""), stop(0), message_stop("tool_use")];
    let (batches, _) = answer(&stream(&frames), &request(Delivery::Streamed)).await.unwrap();
    let expected = Block::ToolUse { id: "call-1".to_owned(), name: "weather".to_owned(), input: json!({}) };
    assert_eq!(joined(batches.concat()).blocks[&0], expected);
}

#[tokio::test]
async fn a_call_that_nobody_may_make_is_no_part_of_the_answer() {
    let mut request = request(Delivery::Streamed);
    request.tool_choice = Some(ToolChoice::None);
    let frames = [
        text(0, "No."),
        stop(0),
        tool(1, "no_tool_available"),
        tool_input(1, "{}"),
        stop(1),
        message_stop("tool_use"),
    ];
    let (batches, _) = answer(&stream(&frames), &request).await.unwrap();
    let answer = joined(batches.concat());
    assert_eq!(answer.blocks.into_values().collect::<Vec<_>>(), [Block::Text("No.".to_owned())]);
    assert_eq!(answer.stop, Some(StopReason::EndTurn));
}

#[tokio::test]
async fn a_malformed_answer_is_the_models_failure() {
    let frames = [text(0, "{"), message_stop("malformed_tool_use")];
    let (_, failure) = answer(&stream(&frames), &request(Delivery::Streamed)).await.unwrap();
    assert_eq!(failure.unwrap().kind, Kind::ModelError);
}

#[tokio::test]
async fn a_model_name_that_no_address_can_hold_is_refused() {
    let http = Canned::default();
    let mut long = request(Delivery::Whole);
    long.model = "x".repeat(70_000);
    let failure = call(&bedrock(&http), &long).await.err().unwrap();
    assert_eq!(failure.kind, Kind::ModelNotFound);
}

#[tokio::test]
async fn dropping_the_events_drops_the_connection() {
    let token = Arc::new(());
    let silence = Piece::Silence { _token: Arc::clone(&token) };
    let http = Canned::new([Response::stream(vec![Piece::Bytes(text(0, "Hello")), silence])]);
    let bedrock = bedrock(&http);
    let mut events = call(&bedrock, &request(Delivery::Streamed)).await.unwrap();
    assert!(events.next().await.is_some());
    assert_eq!(Arc::strong_count(&token), 2);
    drop(events);
    assert_eq!(Arc::strong_count(&token), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_words_are_the_same_whatever_arrives_together(length in 1_usize..200, pauses in any::<u64>()) {
        let frames = [
            message_start(),
            text(0, "Grüße"),
            text(0, ""),
            text(0, " an 🦀"),
            stop(0),
            tool(1, "weather"),
            tool_input(1, ""),
            tool_input(1, r#"{"city":"#),
            tool_input(1, r#""Köln"}"#),
            stop(1),
            message_stop("tool_use"),
            metadata(),
        ];
        let mut pieces = Vec::new();
        for (index, piece) in in_pieces(&frames.concat().into(), length).into_iter().enumerate() {
            pieces.push(piece);
            if pauses >> (index % 64) & 1 == 1 {
                pieces.push(Piece::Pause);
            }
        }
        let http = Canned::new([Response::stream(pieces)]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (batches, failure) = runtime.block_on(answer(&http, &request(Delivery::Streamed))).unwrap();
        prop_assert_eq!(failure, None);
        let answer = joined(batches.concat());
        prop_assert_eq!(&answer.blocks[&0], &Block::Text("Grüße an 🦀".to_owned()));
        let input = json!({ "city": "Köln" });
        let call = Block::ToolUse { id: "call-1".to_owned(), name: "weather".to_owned(), input };
        prop_assert_eq!(&answer.blocks[&1], &call);
        prop_assert_eq!(answer.usage.unwrap().total_tokens(), 8);
    }
}
