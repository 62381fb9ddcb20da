//! An answer of the model as a chat completion, whole or in chunks.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::request::Chat;
use crate::converse::answer::{Answer, Block};
use crate::framing::server_sent;

/// Seconds since 1970 at which every answer is made.
const CREATED: u64 = 1_767_225_600;
/// The id of every answer.
const ID: &str = "chatcmpl-bedrock-sim";

/// The body of a whole answer.
pub(crate) fn completion(chat: &Chat, answer: &Answer) -> Value {
    let mut content = None;
    let mut reasoning = None;
    let mut calls = Vec::new();
    for block in &answer.blocks {
        match block {
            Block::Text(deltas) => content.get_or_insert_with(String::new).push_str(&deltas.concat()),
            Block::Reasoning { deltas, .. } => {
                reasoning.get_or_insert_with(String::new).push_str(&deltas.concat());
            }
            Block::Redacted(_) => {}
            Block::ToolUse { id, name, fragments } => {
                let arguments = arguments(fragments).concat();
                let function = json!({"name": name, "arguments": arguments});
                calls.push(json!({"id": call_id(id), "type": "function", "function": function}));
            }
        }
    }
    let mut message = json!({"role": "assistant", "content": content, "refusal": null});
    if let Some(message) = message.as_object_mut() {
        if let Some(reasoning) = reasoning {
            message.insert("reasoning_content".to_owned(), reasoning.into());
        }
        if !calls.is_empty() {
            message.insert("tool_calls".to_owned(), calls.into());
        }
    }
    let choice = json!({
        "index": 0, "message": message, "finish_reason": finish_reason(&answer.stop_reason), "logprobs": null,
    });
    let mut body = head(chat, "chat.completion");
    body.insert("choices".to_owned(), json!([choice]));
    body.insert("usage".to_owned(), usage(answer));
    Value::Object(body)
}

/// The events of a streamed answer: the role, the deltas, the finish reason, the usage if asked for, and the end.
pub(crate) fn chunks(chat: &Chat, answer: &Answer) -> Vec<Bytes> {
    let chunk = |choices: Value, usage: Value| {
        let mut body = head(chat, "chat.completion.chunk");
        body.insert("choices".to_owned(), choices);
        if chat.include_usage {
            body.insert("usage".to_owned(), usage);
        }
        server_sent(&Value::Object(body))
    };
    let choice = |delta: Value, reason: Option<&str>| {
        chunk(json!([{"index": 0, "delta": delta, "finish_reason": reason}]), Value::Null)
    };
    let mut events = vec![choice(json!({"role": "assistant", "content": ""}), None)];
    events.extend(deltas(answer).into_iter().map(|delta| choice(delta, None)));
    events.push(choice(json!({}), Some(finish_reason(&answer.stop_reason))));
    if chat.include_usage {
        events.push(chunk(json!([]), usage(answer)));
    }
    events.push(Bytes::from_static(b"data: [DONE]\n\n"));
    events
}

fn deltas(answer: &Answer) -> Vec<Value> {
    let mut all = Vec::new();
    let mut calls = 0;
    for block in &answer.blocks {
        match block {
            Block::Text(deltas) => all.extend(deltas.iter().map(|text| json!({"content": text}))),
            Block::Reasoning { deltas, .. } => {
                all.extend(deltas.iter().map(|text| json!({"reasoning_content": text})));
            }
            Block::Redacted(_) => {}
            Block::ToolUse { id, name, fragments } => {
                let function = json!({"name": name, "arguments": ""});
                let start =
                    json!({"index": calls, "id": call_id(id), "type": "function", "function": function});
                all.push(json!({"tool_calls": [start]}));
                all.extend(arguments(fragments).into_iter().map(
                    |fragment| json!({"tool_calls": [{"index": calls, "function": {"arguments": fragment}}]}),
                ));
                calls += 1;
            }
        }
    }
    all
}

/// The fragments that are not empty. No arguments are nothing in Bedrock's own stream, and `{}` here.
fn arguments(fragments: &[String]) -> Vec<&str> {
    let some: Vec<&str> =
        fragments.iter().map(String::as_str).filter(|fragment| !fragment.is_empty()).collect();
    if some.is_empty() { vec!["{}"] } else { some }
}

fn call_id(id: &str) -> String {
    id.replacen("tooluse_", "call_", 1)
}

fn finish_reason(stop_reason: &str) -> &str {
    match stop_reason {
        "end_turn" | "stop_sequence" => "stop",
        "max_tokens" | "model_context_window_exceeded" => "length",
        "tool_use" => "tool_calls",
        "content_filtered" | "guardrail_intervened" => "content_filter",
        other => other,
    }
}

fn usage(answer: &Answer) -> Value {
    let usage = &answer.usage;
    let cached = usage.cache_read_input_tokens.unwrap_or(0);
    let prompt = usage.input_tokens + cached + usage.cache_write_input_tokens.unwrap_or(0);
    let reasoning = answer.blocks.iter().filter(|block| matches!(block, Block::Reasoning { .. }));
    let reasoning: u64 = reasoning.map(Block::tokens).sum();
    json!({
        "prompt_tokens": prompt,
        "completion_tokens": usage.output_tokens,
        "total_tokens": prompt + usage.output_tokens,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    })
}

fn head(chat: &Chat, object: &str) -> Map<String, Value> {
    let mut head = Map::new();
    let mut set = |name: &str, value: Value| head.insert(name.to_owned(), value);
    set("id", ID.into());
    set("object", object.into());
    set("created", CREATED.into());
    set("model", chat.model.as_str().into());
    if let Some(tier) = &chat.service_tier {
        set("service_tier", if tier == "auto" { "default" } else { tier }.into());
    }
    head
}
