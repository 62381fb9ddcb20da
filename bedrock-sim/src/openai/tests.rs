#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use serde_json::{Value, json};

use super::{chunks, completion, read};
use crate::converse::model;

const GPT: &str = "openai.gpt-5.6-luna";

fn request(over: &Value) -> Vec<u8> {
    let mut request = json!({"model": GPT, "messages": [{"role": "user", "content": "hi there"}]});
    for (name, value) in over.as_object().unwrap() {
        request[name] = value.clone();
    }
    request.to_string().into()
}

fn answer(over: &Value) -> Value {
    let chat = read(&request(over)).unwrap();
    completion(&chat, &model::answer(&chat.conversation, &chat.model))
}

/// The data of all events, without the end mark.
fn stream(over: &Value) -> Vec<Value> {
    let chat = read(&request(over)).unwrap();
    let events = chunks(&chat, &model::answer(&chat.conversation, &chat.model));
    let text = String::from_utf8(events.concat()).unwrap();
    let mut data: Vec<&str> =
        text.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").unwrap()).collect();
    assert_eq!(data.pop(), Some("[DONE]"));
    data.into_iter().map(|data| serde_json::from_str(data).unwrap()).collect()
}

fn weather() -> Value {
    json!({"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}}})
}

#[test]
fn a_completion_echoes_and_counts() {
    let body = answer(&json!({"service_tier": "flex"}));
    assert_eq!(
        body["choices"][0]["message"],
        json!({"role": "assistant", "content": "hi there", "refusal": null})
    );
    assert_eq!(body["choices"][0]["finish_reason"], "stop");
    assert_eq!((&body["usage"]["total_tokens"], &body["service_tier"]), (&json!(4), &json!("flex")));
    let cut = answer(&json!({"max_completion_tokens": 1}));
    assert_eq!(cut["choices"][0]["finish_reason"], "length");
}

#[test]
fn reasoning_comes_when_asked_for() {
    let message =
        |effort: &str| answer(&json!({"reasoning_effort": effort}))["choices"][0]["message"].clone();
    assert!(message("high")["reasoning_content"].as_str().unwrap().starts_with("The user wants"));
    assert_eq!(message("none").get("reasoning_content"), None);
    let events = stream(&json!({"reasoning_effort": "low", "stream": true}));
    assert!(events[1]["choices"][0]["delta"]["reasoning_content"].is_string());
}

#[test]
fn calls_are_streamed_in_fragments() {
    let text = "Look:\ncall weather {\"city\":\"Z\\u00fcrich\"}\ncall weather {}";
    let over = json!({
        "messages": [{"role": "user", "content": text}], "tools": [weather()], "stream": true,
        "stream_options": {"include_usage": true},
    });
    let events = stream(&over);
    let arguments = |index: u64| -> String {
        let calls = events.iter().filter_map(|event| event.pointer("/choices/0/delta/tool_calls/0"));
        let of_call = calls.filter(|call| call["index"] == index);
        of_call.map(|call| call["function"]["arguments"].as_str().unwrap()).collect()
    };
    assert_eq!((arguments(0).as_str(), arguments(1).as_str()), ("{\"city\":\"Z\\u00fcrich\"}", "{}"));
    let usage = events.last().unwrap();
    assert_eq!((&usage["choices"], usage["usage"]["total_tokens"].is_u64()), (&json!([]), true));
    let finish = &events[events.len() - 2];
    assert_eq!(
        (&finish["choices"][0]["finish_reason"], &finish["usage"]),
        (&json!("tool_calls"), &Value::Null)
    );

    let mut whole = over;
    whole["stream"] = false.into();
    whole.as_object_mut().unwrap().remove("stream_options");
    let message = answer(&whole)["choices"][0]["message"].clone();
    assert_eq!((&message["content"], message["tool_calls"].as_array().unwrap().len()), (&json!("Look:"), 2));
}

#[test]
fn results_of_tools_images_and_schemas_are_understood() {
    let call =
        json!({"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}});
    let messages = json!([
        {"role": "developer", "content": "be kind"},
        {"role": "user", "content": "weather?"},
        {"role": "assistant", "content": null, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "call_1", "content": "sunny"},
    ]);
    let content = |over: Value| answer(&over)["choices"][0]["message"]["content"].clone();
    assert_eq!(content(json!({"messages": messages})), "weather said: sunny");
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}});
    let messages = json!([{"role": "user", "content": [{"type": "text", "text": "see"}, image]}]);
    assert_eq!(content(json!({"messages": messages})), "see [image png 3 bytes]");
    let schema = json!({"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}});
    let format = json!({"type": "json_schema", "json_schema": {"name": "x", "schema": schema}});
    assert_eq!(content(json!({"response_format": format})), "{\"city\":\"text\"}");
    let silent = json!({"tools": [weather()], "tool_choice": "none", "messages": [{"role": "user", "content": "call weather {}"}]});
    assert_eq!(content(silent), "call weather {}");
}

#[test]
fn what_is_wrong_is_named() {
    let call = json!({"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let cases = [
        (json!({"top_k": 5}), "top_k", Some("unknown_parameter")),
        (json!({"messages": []}), "messages", Some("empty_array")),
        (
            json!({"messages": [{"role": "user", "content": "a", "cache_control": {}}]}),
            "messages",
            Some("invalid_value"),
        ),
        (
            json!({"messages": [{"role": "tool", "tool_call_id": "x", "content": "a"}]}),
            "messages.[0].role",
            None,
        ),
        (json!({"messages": [{"role": "assistant", "tool_calls": [call]}]}), "messages.[1].role", None),
        (json!({"temperature": 3}), "temperature", Some("decimal_out_of_range")),
        (json!({"n": 2}), "n", Some("unsupported_value")),
        (json!({"reasoning_effort": "huge"}), "reasoning_effort", Some("invalid_value")),
        (json!({"stream_options": {"include_usage": true}}), "stream_options", None),
        (json!({"max_tokens": 0}), "max_tokens", Some("integer_below_min_value")),
        (json!({"model": null}), "model", Some("missing_required_parameter")),
    ];
    for (over, param, code) in cases {
        let error = read(&request(&over)).err().unwrap();
        assert_eq!((error.param.as_deref(), error.code), (Some(param), code), "{}", error.message);
    }
}
