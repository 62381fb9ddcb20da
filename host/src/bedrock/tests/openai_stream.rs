//! Streams of the endpoint that speaks OpenAI's format.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::chat::{Delivery, StopReason};
use crate::config::Timeouts;
use crate::error::Kind;
use crate::{capability, chat};

use super::canned::{Canned, Piece, Response};
use super::frames::in_pieces;
use super::joined::{Block, joined};
use super::openai::asked;
use super::{answer, bedrock, bedrock_in, call};

const DONE: &str = "data: [DONE]\n\n";

fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

fn delta(delta: &Value) -> String {
    event(
        &json!({"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]}),
    )
}

fn text(text: &str) -> String {
    delta(&json!({"content": text}))
}

fn tool(index: u32, id: &str, arguments: &str) -> String {
    delta(&json!({"tool_calls": [
        {"index": index, "id": id, "type": "function", "function": {"name": "weather", "arguments": arguments}},
    ]}))
}

fn arguments(index: u32, arguments: &str) -> String {
    delta(&json!({"tool_calls": [{"index": index, "function": {"arguments": arguments}}]}))
}

fn finish(reason: &str) -> String {
    event(&json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}))
}

fn usage() -> String {
    event(&json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}}))
}

fn pieces(pieces: &[String]) -> Canned {
    Canned::new([Response::stream(
        pieces.iter().map(|piece| Piece::Bytes(Bytes::from(piece.clone()))).collect(),
    )])
}

/// An answer with a block of each kind, comments and odd line ends between.
fn long() -> String {
    [
        delta(&json!({"role": "assistant", "content": ""})),
        ": ping\n\n".to_owned(),
        delta(&json!({"reasoning_content": "Let me "})),
        delta(&json!({"reasoning": "see…", "reasoning_content": "see…"})),
        text("Grüße, "),
        "event: message\r\n".to_owned() + &text("Жук 🐞").replace('\n', "\r\n"),
        tool(0, "call_1", ""),
        arguments(0, "{\"a\":"),
        tool(1, "call_2", "{}"),
        arguments(0, "1}"),
        finish("tool_calls"),
        usage(),
        DONE.to_owned(),
    ]
    .concat()
}

#[tokio::test]
async fn what_arrives_together_leaves_together() {
    let http = Canned::new([Response::stream(vec![
        Piece::Bytes(Bytes::from(text("Hel") + &text("lo"))),
        Piece::Pause,
        Piece::Bytes(Bytes::from(text(" you") + &finish("stop") + &usage() + DONE)),
    ])]);
    let (batches, failure) = answer(&http, &asked(Delivery::Streamed)).await.unwrap();
    assert_eq!(failure, None);
    let sizes: Vec<usize> = batches.iter().map(Vec::len).collect();
    assert_eq!(sizes, [2, 4], "{batches:?}");
}

proptest! {
    #[test]
    fn any_cut_of_the_bytes_gives_the_same_answer(size in 1_usize..400) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let http = Canned::new([Response::stream(in_pieces(&Bytes::from(long()), size))]);
        let (batches, failure) = runtime.block_on(answer(&http, &asked(Delivery::Streamed))).unwrap();
        prop_assert_eq!(failure, None);
        let answer = joined(batches.concat());
        let tool = |id: &str, input: Value| Block::ToolUse { id: id.to_owned(), name: "weather".to_owned(), input };
        prop_assert_eq!(answer.blocks.into_iter().collect::<Vec<_>>(), vec![
            (0, Block::Reasoning { text: "Let me see…".to_owned(), signature: None }),
            (1, Block::Text("Grüße, Жук 🐞".to_owned())),
            (2, tool("call_1", json!({"a": 1}))),
            (3, tool("call_2", json!({}))),
        ]);
        prop_assert_eq!(answer.stop, Some(StopReason::ToolUse));
        prop_assert_eq!(answer.usage, Some(chat::Usage { input_tokens: 3, output_tokens: 5, ..chat::Usage::default() }));
    }
}

#[tokio::test]
async fn an_answer_without_a_reason_to_stop_has_broken_off() {
    for end in
        [String::new(), DONE.to_owned(), text("lo").trim_end().to_owned(), "data: {\"cho\n\n".to_owned()]
    {
        let (batches, failure) =
            answer(&pieces(&[text("Hel"), end]), &asked(Delivery::Streamed)).await.unwrap();
        assert_eq!((batches.len(), failure.unwrap().kind), (1, Kind::BrokenStream));
    }
    let failure = answer(&pieces(&[]), &asked(Delivery::Streamed)).await.unwrap_err();
    assert_eq!(failure.kind, Kind::BrokenStream);
}

#[tokio::test]
async fn an_answer_that_has_stopped_is_complete_without_its_last_line() {
    let http = pieces(&[text("Hello"), finish("length")]);
    let (batches, failure) = answer(&http, &asked(Delivery::Streamed)).await.unwrap();
    assert_eq!((joined(batches.concat()).stop, failure), (Some(StopReason::MaxTokens), None));
}

#[tokio::test]
async fn an_error_in_the_stream_has_its_kind() {
    for (kind, code, expected) in [
        ("server_error", Value::Null, Kind::UpstreamInternal),
        ("rate_limit_error", json!("rate_limit_exceeded"), Kind::Throttled),
        ("invalid_request_error", Value::Null, Kind::InvalidRequest),
        ("overloaded_error", Value::Null, Kind::UpstreamUnavailable),
        ("modelStreamErrorException", Value::Null, Kind::UpstreamInternal),
        ("ModelStreamErrorException", Value::Null, Kind::ModelError),
        ("", json!(503), Kind::UpstreamUnavailable),
    ] {
        let error = event(&json!({"error": {"message": "gone", "type": kind, "param": null, "code": code}}));
        let http = pieces(&[text("Hel"), error.clone(), DONE.to_owned()]);
        let (batches, failure) = answer(&http, &asked(Delivery::Streamed)).await.unwrap();
        assert_eq!((batches.len(), failure.unwrap().kind), (1, expected), "{kind}");
        let failure = answer(&pieces(&[error]), &asked(Delivery::Streamed)).await.unwrap_err();
        assert_eq!(failure.kind, expected, "before the first words it fails the call");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_falls_silent_is_given_up() {
    let silence = Piece::Silence { _token: Arc::new(()) };
    let http = Canned::new([Response::stream(vec![Piece::Bytes(Bytes::from(text("Hel"))), silence])]);
    let timeouts = Timeouts { idle: Duration::from_secs(5), ..Timeouts::default() };
    let bedrock = bedrock_in(&http, &["us-east-1"], 1, timeouts, capability::Models::built_in());
    let mut events = call(&bedrock, &asked(Delivery::Streamed)).await.unwrap();
    assert!(events.next().await.unwrap().is_ok());
    assert_eq!(events.next().await.unwrap().unwrap_err().kind, Kind::ModelTimeout);
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn dropping_the_events_lets_go_of_the_connection() {
    let token = Arc::new(());
    let silence = Piece::Silence { _token: Arc::clone(&token) };
    let http = Canned::new([Response::stream(vec![Piece::Bytes(Bytes::from(text("Hel"))), silence])]);
    let mut events = call(&bedrock(&http), &asked(Delivery::Streamed)).await.unwrap();
    assert!(events.next().await.unwrap().is_ok());
    assert_eq!(Arc::strong_count(&token), 2);
    drop(events);
    assert_eq!(Arc::strong_count(&token), 1);
}
