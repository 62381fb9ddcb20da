use proptest::prelude::*;
use serde_json::Value;

use super::events::{answer, frames, stream};
use crate::chat::{BlockKind, BlockStart, Delta, Event, Json, Part, Role, StopReason, Usage};
use crate::wire::openai::{UsageChunk, decode};

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
            events.push(Event::BlockStart(BlockStart { index, kind }));
            events.extend(deltas.into_iter().map(|text| Event::Delta(Delta { index, text })));
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
        decode(&bytes).ok();
    }

    #[test]
    fn takes_a_mutated_request_without_a_panic(place in any::<prop::sample::Index>(), with in ".{0,3}", cut in 0..4_usize) {
        let mut characters: Vec<char> = REQUEST.chars().collect();
        let start = place.index(characters.len());
        let end = (start + cut).min(characters.len());
        characters.splice(start..end, with.chars());
        decode(characters.into_iter().collect::<String>().as_bytes()).ok();
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
"temperature":0.5,"stop":["a","b"],"n":1,"seed":3,"tool_choice":{"type":"function","function":{"name":"f"}},
"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object"}}}],
"messages":[{"role":"system","content":"s"},{"role":"user","content":[{"type":"text","text":"t\u00e9"},
{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]},
{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
{"role":"tool","tool_call_id":"1","content":"r"}]}"#;
