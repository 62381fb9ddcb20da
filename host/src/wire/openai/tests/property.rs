use proptest::prelude::*;
use serde_json::Value;

use super::events::{answer, frames, stream};
use crate::chat::{BlockKind, BlockStart, Delta, Event, Json, Part, Role, StopReason, Usage};
use crate::error::Kind;
use crate::wire::openai::{UsageChunk, completions, decode};

/// An answer: blocks in order, each with its deltas, then the end and the usage.
fn events() -> impl Strategy<Value = Vec<Event>> {
    let kind = prop_oneof![
        Just(BlockKind::Text),
        Just(BlockKind::Reasoning),
        ("[a-z]{1,4}", "[a-z\"]{1,4}").prop_map(|(id, name)| BlockKind::ToolUse { id, name }),
    ];
    let block = (1..3_u32, kind, prop::collection::vec(any::<String>(), 0..5));
    let reason = prop_oneof![
        Just(StopReason::EndTurn),
        Just(StopReason::MaxTokens),
        Just(StopReason::ToolUse),
        Just(StopReason::ContentFiltered),
        Just(StopReason::Other("new".into())),
    ];
    (prop::collection::vec(block, 0..6), reason, 0..1000_u64).prop_map(|(blocks, reason, tokens)| {
        let mut events = Vec::new();
        let mut index = 0;
        for (gap, kind, deltas) in blocks {
            index += gap;
            let is_sealed = kind == BlockKind::Reasoning && deltas.len() > 2;
            events.push(Event::BlockStart(BlockStart { index, kind }));
            events.extend(deltas.into_iter().map(|text| Event::Delta(Delta { index, text })));
            if is_sealed {
                events.push(Event::Signature { index, value: "c2VhbA==".to_owned() });
            }
            events.push(Event::BlockStop(index));
        }
        events.push(Event::MessageStop(reason));
        events.push(Event::Usage(Usage { input_tokens: tokens, output_tokens: 2, ..Usage::default() }));
        events
    })
}

/// What a client puts together from the chunks of a stream, in the form of a whole answer.
fn joined(chunks: &[Value]) -> Value {
    let mut message = serde_json::json!({"role": null, "content": "", "refusal": null});
    let mut reasoning = String::new();
    let mut content = String::new();
    let mut calls: Vec<Value> = Vec::new();
    let mut finish_reason = Value::Null;
    for choice in chunks.iter().filter_map(|chunk| chunk["choices"].get(0)) {
        assert!(finish_reason.is_null(), "nothing follows the finish reason");
        finish_reason = choice["finish_reason"].clone();
        let delta = &choice["delta"];
        if let Some(role) = delta.get("role") {
            assert!(message["role"].is_null(), "one chunk says the role");
            message["role"] = role.clone();
        }
        content.push_str(delta["content"].as_str().unwrap_or_default());
        reasoning.push_str(delta["reasoning_content"].as_str().unwrap_or_default());
        if let Some(signature) = delta.get("reasoning_signature") {
            assert!(message.get("reasoning_signature").is_none(), "one chunk has the seal");
            message["reasoning_signature"] = signature.clone();
        }
        for piece in delta["tool_calls"].as_array().into_iter().flatten() {
            let place = usize::try_from(piece["index"].as_u64().unwrap()).unwrap();
            if place == calls.len() {
                calls.push(serde_json::json!({
                    "id": piece["id"], "type": piece["type"],
                    "function": {"name": piece["function"]["name"], "arguments": ""},
                }));
            } else {
                assert!(piece.get("id").is_none() && piece.get("type").is_none());
            }
            let arguments = &mut calls[place]["function"]["arguments"];
            *arguments = format!(
                "{}{}",
                arguments.as_str().unwrap(),
                piece["function"]["arguments"].as_str().unwrap()
            )
            .into();
        }
    }
    message["content"] = if content.is_empty() && !calls.is_empty() { Value::Null } else { content.into() };
    if !reasoning.is_empty() {
        message["reasoning_content"] = reasoning.into();
    }
    if !calls.is_empty() {
        message["tool_calls"] = calls.into();
    }
    serde_json::json!({"index": 0, "message": message, "logprobs": null, "finish_reason": finish_reason})
}

proptest! {
    #[test]
    fn joined_deltas_are_the_whole_answer(events in events(), cut in 1..7_usize) {
        let stream_text = stream(events.chunks(cut), UsageChunk::Include);
        prop_assert!(stream_text.ends_with("data: [DONE]\n\n"));
        let chunks = frames(&stream_text);
        let whole: Value = serde_json::from_str(&answer(&events).unwrap()).unwrap();
        prop_assert_eq!(joined(&chunks), whole["choices"][0].clone());
        prop_assert_eq!(&chunks.last().unwrap()["usage"], &whole["usage"]);
        // Batches make no difference to a single byte.
        prop_assert_eq!(stream_text, stream(events.chunks(1), UsageChunk::Include));
    }

    #[test]
    fn an_answer_that_was_cut_off_is_never_called_done(events in events(), kept in 0..20_usize) {
        let end = events.len() - 2;
        let cut = &events[..kept.min(end)];
        let stream = stream([cut], UsageChunk::Include);
        prop_assert!(!stream.contains("[DONE]"));
        prop_assert!(frames(&stream).last().unwrap().get("error").is_some());
        prop_assert!(answer(cut).is_err());
    }

    #[test]
    fn takes_any_bytes_without_a_panic(bytes in any::<Vec<u8>>()) {
        takes(&bytes);
    }

    #[test]
    fn takes_a_request_of_broken_text(place in any::<prop::sample::Index>(), with in ".{0,3}", cut in 0..4_usize) {
        let mut characters: Vec<char> = REQUEST.chars().collect();
        let start = place.index(characters.len());
        let end = (start + cut).min(characters.len());
        characters.splice(start..end, with.chars());
        takes(characters.into_iter().collect::<String>().as_bytes());
    }

    #[test]
    fn takes_a_request_with_other_values(
        changes in prop::collection::vec((any::<prop::sample::Index>(), value()), 1..4),
    ) {
        let mut request: Value = serde_json::from_str(REQUEST).unwrap();
        for (place, value) in changes {
            let mut places: Vec<String> = Vec::new();
            pointers(&request, String::new(), &mut places);
            *request.pointer_mut(place.get(places.as_slice()).as_str()).unwrap() = value;
        }
        takes(request.to_string().as_bytes());
        if let Some(members) = request.as_object_mut() {
            let messages = members.remove("messages").unwrap_or_default();
            members.insert("prompt".to_owned(), messages);
        }
        takes_a_prompt(request.to_string().as_bytes());
    }

    /// Whatever the turns are, Converse gets a conversation that it accepts.
    #[test]
    fn any_turns_become_a_conversation(turns in prop::collection::vec(turn(), 0..12)) {
        let body = format!(r#"{{"model":"m","messages":[{},{{"role":"user","content":"end"}}]}}"#, turns.join(","))
            .replace("[,", "[");
        let request = decode(body.as_bytes()).unwrap().request;
        prop_assert_eq!(request.messages[0].role, Role::User);
        let mut open: Vec<&str> = Vec::new();
        for (place, message) in request.messages.iter().enumerate() {
            prop_assert_eq!(message.role == Role::User, place % 2 == 0, "they take turns");
            prop_assert!(!message.parts.is_empty());
            let results = message.parts.iter().map_while(|part| match part {
                Part::ToolResult(result) => Some(result.tool_use_id.as_str()),
                _ => None,
            });
            if message.role == Role::User {
                prop_assert_eq!(results.collect::<Vec<_>>(), open, "results come first, in the order of the calls");
            }
            open = message.parts.iter().filter_map(|part| match part {
                Part::ToolUse(call) => Some(call.id.as_str()),
                _ => None,
            }).collect();
            for part in &message.parts {
                if let Part::ToolUse(call) = part {
                    prop_assert_eq!(&call.input, &Json::empty_object());
                }
            }
        }
        prop_assert!(open.is_empty(), "no call stays without a result");
    }
}

/// Every request gives a call or a 400.
#[track_caller]
fn takes(body: &[u8]) {
    if let Err(failure) = decode(body) {
        assert_eq!(failure.kind, Kind::InvalidRequest, "{failure:?}");
    }
}

/// So does every request of the older format.
#[track_caller]
fn takes_a_prompt(body: &[u8]) {
    if let Err(failure) = completions::decode(body) {
        assert_eq!(failure.kind, Kind::InvalidRequest, "{failure:?}");
    }
}

/// The places of all values in a value, as JSON pointers.
fn pointers(value: &Value, at: String, found: &mut Vec<String>) {
    for (name, member) in value.as_object().into_iter().flatten() {
        pointers(member, format!("{at}/{name}"), found);
    }
    for (place, item) in value.as_array().into_iter().flatten().enumerate() {
        pointers(item, format!("{at}/{place}"), found);
    }
    found.push(at);
}

/// Something that clients might write anywhere.
fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        prop::sample::select(vec![
            "",
            " ",
            "text",
            "image_url",
            "file",
            "thinking",
            "redacted_thinking",
            "guarded_text",
            "function",
            "allowed_tools",
            "assistant",
            "tool",
            "system",
            "none",
            "json_schema",
            "ephemeral",
            "enabled",
            "data:,",
            "data:;base64,",
            "s3://",
            "https://",
            "<think>",
            "{",
        ])
        .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(serde_json::json!([])),
        Just(serde_json::json!({})),
        Just(serde_json::json!(["a"])),
        Just(serde_json::json!({"type": "text"})),
    ]
}

fn turn() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(r#"{"role":"system","content":"s"}"#.to_owned()),
        Just(r#"{"role":"user","content":"u"}"#.to_owned()),
        Just(r#"{"role":"user","content":" "}"#.to_owned()),
        Just(r#"{"role":"assistant","content":"a"}"#.to_owned()),
        Just(r#"{"role":"assistant","content":null}"#.to_owned()),
        prop::collection::vec("[xyz]", 1..3).prop_map(|ids| {
            let calls: Vec<String> = ids
                .iter()
                .map(|id| {
                    format!(r#"{{"id":"{id}","type":"function","function":{{"name":"t","arguments":""}}}}"#)
                })
                .collect();
            format!(r#"{{"role":"assistant","tool_calls":[{}]}}"#, calls.join(","))
        }),
        "[xyz]".prop_map(|id| format!(r#"{{"role":"tool","tool_call_id":"{id}","content":"r"}}"#)),
    ]
}

const REQUEST: &str = r#"{"model":"m","stream":true,"stream_options":{"include_usage":true},"max_tokens":10,
"temperature":0.5,"top_k":5,"stop":["a","b"],"n":1,"seed":3,"service_tier":"flex","reasoning_effort":"low",
"thinking":{"type":"enabled","budget_tokens":2000},"metadata":{"a":"b"},"anthropic_beta":["x"],
"additional_model_request_fields":{"c":{"d":1}},"prompt_cache_options":{"mode":"explicit","ttl":"30m"},
"response_format":{"type":"json_schema","json_schema":{"name":"s","strict":true,"schema":{"type":"object"}}},
"tool_choice":{"type":"allowed_tools","allowed_tools":{"mode":"auto","tools":[{"function":{"name":"f"}}]}},
"tools":[{"type":"function","cache_control":{"type":"ephemeral","ttl":"5m"},
"function":{"name":"f","description":"d","strict":true,"parameters":{"type":"object"}}}],
"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"t\u00e9"},
{"type":"guarded_text","text":"g","qualifiers":["query"]},
{"type":"file","file":{"filename":"a.txt","file_data":"data:text/plain;base64,SGk="}},
{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="},"cache_control":{"type":"ephemeral"}}]},
{"role":"assistant","content":[{"type":"thinking","thinking":"h","signature":"s"},{"type":"text","text":"<think>h</think>i"}],
"thinking_blocks":[{"type":"redacted_thinking","data":"SGk="}],"reasoning_content":"h","reasoning_signature":"s",
"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
{"role":"tool","tool_call_id":"1","content":"r"},{"role":"assistant","content":"b "}]}"#;
