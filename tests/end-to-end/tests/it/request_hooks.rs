//! Plugins that read and replace whole requests.

use serde_json::{Value, json};

use crate::harness::{Stack, says};

fn rewritten(config: &Value, request: &Value) -> Value {
    let stack = Stack::with(["rewrite"]);
    let key = stack.key().with("rewrite", config);
    let answer = key.post(request);
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(key.post_for_stream(request).answer().status, 200);
    let bodies: Vec<Value> =
        stack.sim.requests().into_iter().map(|mut request| request["body"].take()).collect();
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0], bodies[1], "streamed and whole are the same request");
    bodies[0].clone()
}

#[test]
fn what_a_plugin_hands_back_unchanged_reaches_the_model_unchanged() {
    let pixel = "data:image/png;base64,iVBORw0KGgo=";
    let mut request = says("what is this?");
    request["messages"] = json!([
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [
            {"type": "text", "text": "what is this?"},
            {"type": "image_url", "image_url": {"url": pixel}},
        ]},
        {"role": "assistant", "content": null, "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{\"at\": [1e2]}"}},
        ]},
        {"role": "tool", "tool_call_id": "call_1", "content": "a dot"},
    ]);
    request["tools"] =
        json!([{"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}]);
    request["temperature"] = json!(0.7);
    request["metadata"] = json!({"team": "blue"});

    let stack = Stack::with([]);
    assert_eq!(stack.key().post(&request).status, 200);
    assert_eq!(rewritten(&json!({}), &request), stack.sim.last_body());
}

#[test]
fn a_plugin_changes_instructions_messages_and_settings() {
    let config = json!({"system": "speak Latin", "count": true, "max_tokens": 7, "extra": "{\"metadata\":{\"by\":\"me\"}}"});
    let body = rewritten(&config, &says("hello"));
    assert_eq!(body["system"], json!([{"text": "speak Latin"}]));
    assert_eq!(body["messages"][0]["content"][1], json!({"text": "1"}));
    assert_eq!(body["inferenceConfig"]["maxTokens"], 7);
    assert_eq!(body["requestMetadata"], json!({"by": "me"}));
}

#[test]
fn a_plugin_reaches_no_model_that_its_key_may_not_use() {
    let stack = Stack::with(["rewrite"]);
    let other = json!({"model": "us.amazon.nova-micro-v1:0"});
    let free = stack.key().with("rewrite", &other);
    assert_eq!(free.ask("hello").json()["model"], "us.amazon.nova-micro-v1:0");
    let bound = stack.key().with("rewrite", &other).policy(&["--model", "us.amazon.nova-lite-*"]);
    for answer in [bound.ask("hello"), bound.stream("hello").answer()] {
        assert_eq!((answer.status, &answer.error()["code"]), (403, &json!("model_not_allowed")));
    }
    assert_eq!(stack.sim.requests().len(), 1);
}

#[test]
fn a_plugin_answers_in_the_models_place_and_later_hooks_still_read_it() {
    let stack = Stack::with(["rewrite", "hello"]);
    let key = stack.key().with("rewrite", &json!({"respond": "No model."})).with("hello", &json!({}));
    assert_eq!(key.ask("hello").content(), "NO MODEL.");
    assert_eq!(key.stream("hello").answer().content(), "NO MODEL.");
    assert_eq!(stack.sim.requests(), Vec::<Value>::new());
}

#[test]
fn a_refusal_is_the_plugins() {
    let stack = Stack::with(["rewrite"]);
    let key = stack.key().with("rewrite", &json!({"deny": "request"}));
    for answer in [key.ask("hello"), key.stream("hello").answer()] {
        assert_eq!((answer.status, &answer.error()["code"]), (451, &json!("not_today")));
    }
}

#[test]
fn an_explanation_names_the_hook() {
    let stack = Stack::with(["rewrite"]);
    let key = stack.key().with("rewrite", &json!({"system": "speak Latin"}));
    let explained = key.post_with(("x-adit-explain", "true"), &says("hello")).json();
    let step = &explained["plugins"][0];
    assert_eq!((&step["hook"], &step["effect"]), (&json!("request"), &json!("replaced")));
    assert_eq!(explained["request"]["body"]["system"], json!([{"text": "speak Latin"}]));
    assert_eq!(explained["answer_plugins"], json!(["rewrite"]));
}

#[test]
fn what_no_request_can_be_is_the_plugins_fault() {
    let stack = Stack::with(["forge", "rewrite"]);
    let configs = [
        ("forge", json!({"how": "unknown-blob"})),
        ("forge", json!({"how": "respond"})),
        ("rewrite", json!({"extra": "{\"guardrail\":null}"})),
        ("rewrite", json!({"model": "a/../b"})),
    ];
    for (plugin, config) in configs {
        let key = stack.key().with(plugin, &config);
        for answer in [key.ask("hello"), key.stream("hello").answer()] {
            let error = answer.error();
            assert_eq!((answer.status, &error["code"]), (500, &json!("plugin_fault")), "{config}");
            assert!(error["message"].as_str().unwrap().contains(&format!("`{plugin}`")), "{config}: {error}");
        }
    }
    assert_eq!(stack.sim.requests(), Vec::<Value>::new());
}

#[test]
fn a_plugin_reads_images_and_documents_with_the_grant_and_not_without() {
    let stack = Stack::with(["look"]);
    let key = stack.key();
    let enable = ["key", "plugin", "enable", &key.name, "look"];
    assert!(stack.refusal(&enable).contains("imports `blobs` without a grant"));
    stack.adit(&[&enable[..], &["--grant", "blobs"]].concat());
    let mut request = says("look");
    request["messages"][0]["content"] = json!([
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}},
        {"type": "file", "file": {"filename": "a.txt", "file_data": "data:text/plain;base64,aGVsbG8="}},
    ]);
    let expected = "image/png 8 PNG; text/plain 5 ell; there is no blob 2 in this request";
    assert_eq!(key.post(&request).content(), expected);
}
