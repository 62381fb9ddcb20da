//! Recorded answers of Bedrock, where the recordings are at hand.

#![expect(clippy::panic, reason = "a test may fail loudly")]

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;

use crate::chat::{Delivery, StopReason, Usage};
use crate::error::Kind;

use super::canned::{Canned, Piece, Response};
use super::frames::{in_pieces, parsed};
use super::joined::{Block, Joined, joined};
use super::{answer, request};

#[derive(Deserialize)]
pub(super) struct Recording {
    pub(super) id: String,
    pub(super) model: String,
    pub(super) operation: String,
    #[serde(default)]
    pub(super) request_body: Value,
    response_status: u16,
    pub(super) response_headers: std::collections::BTreeMap<String, String>,
    response_body_b64: String,
}

impl Recording {
    pub(super) fn body(&self) -> Bytes {
        STANDARD.decode(&self.response_body_b64).unwrap().into()
    }

    pub(super) fn response(&self, pieces: Vec<Piece>) -> Response {
        let headers = self.response_headers.clone().into_iter().collect();
        Response { status: self.response_status, headers, pieces }
    }
}

pub(super) fn recordings() -> Vec<Recording> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/fixtures/bedrock");
    let Ok(files) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: there are no recordings at `{}`", folder.display());
        return Vec::new();
    };
    files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
        .collect()
}

#[tokio::test]
async fn a_recorded_stream_says_the_same_however_its_bytes_are_cut() {
    for recording in recordings() {
        if recording.operation != "converse-stream" || recording.response_status != 200 {
            continue;
        }
        let body = recording.body();
        let expected = of_stream(&parsed(&body));
        assert!(expected.stop.is_some(), "{}", recording.id);
        for length in [body.len(), 1, 7] {
            let http = Canned::new([recording.response(in_pieces(&body, length))]);
            let (batches, failure) = answer(&http, &request(Delivery::Streamed)).await.unwrap();
            assert_eq!(failure, None, "{}", recording.id);
            assert_eq!(joined(batches.into_iter().flatten()), expected, "{} cut at {length}", recording.id);
        }
    }
}

#[tokio::test]
async fn a_recorded_whole_answer_loses_nothing() {
    for recording in recordings() {
        if recording.operation != "converse" || recording.response_status != 200 {
            continue;
        }
        let body = recording.body();
        let expected = of_whole(&serde_json::from_slice(&body).unwrap());
        let http = Canned::new([recording.response(vec![Piece::Bytes(body)])]);
        let (batches, failure) = answer(&http, &request(Delivery::Whole)).await.unwrap();
        assert_eq!((failure, batches.len()), (None, 1), "{}", recording.id);
        assert_eq!(joined(batches.into_iter().flatten()), expected, "{}", recording.id);
    }
}

#[tokio::test]
async fn a_recorded_error_is_sorted_by_who_has_to_act() {
    for recording in recordings() {
        if recording.response_status == 200 {
            continue;
        }
        let expected = match recording.id.as_str() {
            "dd-trace-py--bedrock-converse-error"
            | "dd-trace-py--meta-invoke-error"
            | "otel-js-contrib--bedrock-invokemodelwithstreams-adds-claude-model-attributes-to-span--0" => {
                Kind::Credentials
            }
            "openinference--mistral-pixtral-models" => Kind::Denied,
            id if id.starts_with("pydantic-ai--multimodal") => Kind::InvalidRequest,
            _ => Kind::ModelNotFound,
        };
        for delivery in [Delivery::Whole, Delivery::Streamed] {
            let http = Canned::new([recording.response(vec![Piece::Bytes(recording.body())])]);
            let failure = answer(&http, &request(delivery)).await.unwrap_err();
            assert_eq!(failure.kind, expected, "{}: {failure}", recording.id);
            if let Some(request_id) = recording.response_headers.get("x-amzn-requestid") {
                assert!(failure.internal.unwrap().contains(request_id), "{}", recording.id);
            }
        }
    }
}

/// Read from the frames themselves.
fn of_stream(events: &[(String, Value)]) -> Joined {
    let mut joined = Joined::default();
    let mut inputs = std::collections::BTreeMap::<u32, String>::new();
    for (kind, payload) in events {
        let index = || u32::try_from(payload["contentBlockIndex"].as_u64().unwrap()).unwrap();
        match kind.as_str() {
            "contentBlockStart" => {
                let call = &payload["start"]["toolUse"];
                if call.is_object() && call["type"] != "server_tool_use" {
                    inputs.insert(index(), String::new());
                    joined.blocks.insert(index(), tool_use(call, Value::Null));
                }
            }
            "contentBlockDelta" => delta(&mut joined, &mut inputs, index(), &payload["delta"]),
            "messageStop" => joined.stop = Some(stop_reason(&payload["stopReason"])),
            "metadata" => joined.usage = Some(usage(&payload["usage"])),
            _ => {}
        }
    }
    for (index, text) in inputs {
        if let Some(Block::ToolUse { input, .. }) = joined.blocks.get_mut(&index) {
            *input = serde_json::from_str(if text.is_empty() { "{}" } else { &text }).unwrap();
        }
    }
    joined
}

fn delta(
    joined: &mut Joined,
    inputs: &mut std::collections::BTreeMap<u32, String>,
    index: u32,
    delta: &Value,
) {
    if let Some(piece) = delta["text"].as_str().filter(|piece| !piece.is_empty()) {
        match joined.blocks.entry(index).or_insert_with(|| Block::Text(String::new())) {
            Block::Text(text) => text.push_str(piece),
            other => panic!("text in {other:?}"),
        }
    }
    let thought = &delta["reasoningContent"];
    if let Some(data) = thought["redactedContent"].as_str() {
        joined.blocks.insert(index, Block::Redacted(data.to_owned()));
    }
    if thought["text"].is_string() || thought["signature"].is_string() {
        let empty = || Block::Reasoning { text: String::new(), signature: None };
        let Block::Reasoning { text, signature } = joined.blocks.entry(index).or_insert_with(empty) else {
            panic!("a thought in another block");
        };
        text.push_str(thought["text"].as_str().unwrap_or_default());
        if let Some(value) = thought["signature"].as_str() {
            *signature = Some(value.to_owned());
        }
    }
    if let (Some(input), Some(piece)) = (inputs.get_mut(&index), delta["toolUse"]["input"].as_str()) {
        input.push_str(piece);
    }
}

/// Read from the JSON itself.
fn of_whole(body: &Value) -> Joined {
    let mut joined = Joined {
        stop: Some(stop_reason(&body["stopReason"])),
        usage: Some(usage(&body["usage"])),
        ..Joined::default()
    };
    for (index, content) in (0..).zip(body["output"]["message"]["content"].as_array().unwrap()) {
        let thought = &content["reasoningContent"]["reasoningText"];
        let cited: String = content["citationsContent"]["content"]
            .as_array()
            .map(|pieces| pieces.iter().filter_map(|piece| piece["text"].as_str()).collect())
            .unwrap_or_default();
        let text = content["text"].as_str().unwrap_or(&cited);
        if !text.is_empty() {
            joined.blocks.insert(index, Block::Text(text.to_owned()));
        } else if let Some(text) = thought["text"].as_str() {
            let signature = thought["signature"].as_str().map(str::to_owned);
            joined.blocks.insert(index, Block::Reasoning { text: text.to_owned(), signature });
        } else if let Some(data) = content["reasoningContent"]["redactedContent"].as_str() {
            joined.blocks.insert(index, Block::Redacted(data.to_owned()));
        } else if content["toolUse"].is_object() {
            let call = &content["toolUse"];
            joined.blocks.insert(index, tool_use(call, call["input"].clone()));
        }
    }
    joined
}

fn tool_use(call: &Value, input: Value) -> Block {
    let text = |name: &str| call[name].as_str().unwrap().to_owned();
    Block::ToolUse { id: text("toolUseId"), name: text("name"), input }
}

fn stop_reason(text: &Value) -> StopReason {
    match text.as_str().unwrap() {
        "end_turn" => StopReason::EndTurn,
        "max_tokens" => StopReason::MaxTokens,
        "stop_sequence" => StopReason::StopSequence,
        "tool_use" => StopReason::ToolUse,
        "guardrail_intervened" => StopReason::ContentFiltered,
        other => panic!("no recording had `{other}`"),
    }
}

fn usage(counted: &Value) -> Usage {
    let tokens = |name: &str| counted[name].as_u64().unwrap_or_default();
    Usage {
        input_tokens: tokens("inputTokens"),
        output_tokens: tokens("outputTokens"),
        cache_read_tokens: tokens("cacheReadInputTokens"),
        cache_write_tokens: tokens("cacheWriteInputTokens"),
        service_tier: None,
    }
}
