#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use serde_json::{Value, json};

use super::*;

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

fn reply(model: &str, request: Value) -> Value {
    answer(&serde_json::from_value(request).unwrap(), model).json()
}

fn say(content: &Value) -> Value {
    reply(CLAUDE, json!({"messages": [{"role": "user", "content": content}]}))
}

fn content(answer: &Value) -> &Value {
    answer.pointer("/output/message/content").unwrap()
}

#[test]
fn it_says_what_was_said() {
    let answer = say(&json!([{"text": "Zürich, 東京 🙂"}]));
    assert_eq!(content(&answer), &json!([{"text": "Zürich, 東京 🙂"}]));
    assert_eq!(answer.pointer("/stopReason"), Some(&json!("end_turn")));
    assert_eq!(answer.pointer("/usage/totalTokens"), Some(&json!(6)));
}

#[test]
fn it_says_what_images_and_documents_it_saw() {
    let image = json!({"image": {"format": "png", "source": {"bytes": "AAAAAAAAAAA="}}});
    let document = json!({"document": {"name": "my doc", "format": "pdf", "source": {"bytes": "AAAA"}}});
    let answer = say(&json!([{"text": "look"}, image, document]));
    assert_eq!(
        content(&answer),
        &json!([{"text": "look [image png 8 bytes] [document my doc pdf 3 bytes]"}])
    );
}

#[test]
fn it_says_what_the_tools_said() {
    let answer = reply(
        CLAUDE,
        json!({"messages": [
            {"role": "user", "content": [{"text": "hi"}]},
            {"role": "assistant", "content": [
                {"toolUse": {"toolUseId": "a", "name": "weather", "input": {}}},
                {"toolUse": {"toolUseId": "b", "name": "time", "input": {}}}]},
            {"role": "user", "content": [
                {"toolResult": {"toolUseId": "a", "content": [{"text": "sunny"}, {"json": {"t": 1}}]}},
                {"toolResult": {"toolUseId": "b", "content": [{"text": "no clock"}], "status": "error"}},
                {"text": "Thanks."}]},
        ]}),
    );
    assert_eq!(
        content(&answer),
        &json!([{"text": "weather said: sunny {\"t\":1}\ntime failed: no clock\nThanks."}])
    );
}

#[test]
fn it_thinks_first_when_thinking_is_on() {
    let request = |fields: Value| json!({"messages": [{"role": "user", "content": [{"text": "hi"}]}], "additionalModelRequestFields": fields});
    let claude = reply(CLAUDE, request(json!({"thinking": {"type": "enabled", "budget_tokens": 1024}})));
    let thought =
        json!({"reasoningContent": {"reasoningText": {"text": THOUGHT, "signature": signature(THOUGHT)}}});
    assert_eq!(content(&claude), &json!([thought, {"text": "hi"}]));
    let unsigned = reply("openai.gpt-oss-120b-1:0", request(json!({"reasoning_effort": "high"})));
    assert_eq!(
        content(&unsigned),
        &json!([{"reasoningContent": {"reasoningText": {"text": THOUGHT}}}, {"text": "hi"}])
    );
    for off in [json!({"thinking": {"type": "disabled"}}), json!({"reasoning_effort": "none"}), json!({})] {
        assert_eq!(content(&reply(CLAUDE, request(off))), &json!([{"text": "hi"}]));
    }
}

#[test]
fn a_signature_holds_for_its_text_alone() {
    assert!(!is_forged(THOUGHT, &signature(THOUGHT)));
    assert!(is_forged("changed", &signature(THOUGHT)));
    assert!(!is_forged("changed", "Eu4CCkgIBxABGAIqQCc4"));
}

#[test]
fn it_stops_at_the_limit_and_at_stop_sequences() {
    let cases = [
        (json!({"maxTokens": 2}), "one two ", "max_tokens", 2),
        (json!({"maxTokens": 4}), "one two three four", "end_turn", 4),
        (json!({"stopSequences": ["four", "three"]}), "one two ", "stop_sequence", 2),
        (json!({"maxTokens": 1, "stopSequences": ["three"]}), "one ", "max_tokens", 1),
        (json!({"stopSequences": ["five"]}), "one two three four", "end_turn", 4),
    ];
    for (config, text, reason, tokens) in cases {
        let answer = reply(
            CLAUDE,
            json!({
                "messages": [{"role": "user", "content": [{"text": "one two three four"}]}],
                "inferenceConfig": config,
            }),
        );
        assert_eq!(content(&answer), &json!([{"text": text}]));
        assert_eq!(answer.pointer("/stopReason"), Some(&json!(reason)));
        assert_eq!(answer.pointer("/usage/outputTokens"), Some(&json!(tokens)));
    }
}

#[test]
fn cache_points_divide_the_input() {
    let point = json!({"cachePoint": {"type": "default"}});
    let usage = |system: Value| {
        let answer = reply(
            "amazon.nova-lite-v1:0",
            json!({
            "system": system, "messages": [{"role": "user", "content": [{"text": "one two"}]}]}),
        );
        let count = |name: &str| answer.pointer(&format!("/usage/{name}")).and_then(Value::as_u64);
        (count("cacheReadInputTokens"), count("cacheWriteInputTokens"), count("inputTokens"))
    };
    assert_eq!(usage(json!([{"text": "a b c"}])), (None, None, Some(5)));
    assert_eq!(usage(json!([{"text": "a b c"}, point])), (Some(0), Some(3), Some(2)));
    assert_eq!(usage(json!([{"text": "a b c"}, point, {"text": "d"}, point])), (Some(3), Some(1), Some(2)));
}

#[test]
fn an_answer_keeps_to_its_schema() {
    let schema = json!({"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}});
    let format = json!({"type": "json_schema", "structure": {"jsonSchema": {"schema": schema.to_string()}}});
    let answer = reply(
        CLAUDE,
        json!({
            "messages": [{"role": "user", "content": [{"text": "which city?"}]}],
            "outputConfig": {"textFormat": format}, "serviceTier": {"type": "flex"},
        }),
    );
    assert_eq!(content(&answer), &json!([{"text": "{\"city\":\"text\"}"}]));
    assert_eq!(answer.pointer("/serviceTier/type"), Some(&json!("flex")));
}
