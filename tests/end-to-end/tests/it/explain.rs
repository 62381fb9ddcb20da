//! What would become of a request, for somebody who asks. No model is called.

use serde_json::{Value, json};

use crate::harness::{Setup, Stack, says};

const ADDRESS: &str = "anna.lindqvist@example.org";

#[test]
fn an_explanation_shows_what_the_call_would_send() {
    let stack = Stack::with(["redact", "route"]);
    let key = stack
        .key()
        .with("route", &json!({"aliases": {"fast": "us.amazon.nova-micro-v1:0"}}))
        .with("redact", &json!({}));
    let mut request = says(&format!("Write to {ADDRESS}."));
    request["model"] = json!("fast");
    request["seed"] = json!(7);
    let answer = key.post_with(("x-adit-explain", "true"), &request);
    assert_eq!(answer.status, 200, "{}", answer.text());
    let explained = answer.json();
    assert_eq!(stack.sim.requests(), Vec::<Value>::new(), "a model was called");
    assert!(!answer.text().contains(ADDRESS), "what a plugin took out is in the explanation: {explained}");

    assert_eq!(explained["object"], "adit.explanation");
    assert_eq!(explained["model"]["asked"], "fast");
    assert_eq!(explained["model"]["chosen"], "us.amazon.nova-micro-v1:0");
    assert_eq!(explained["model"]["why"][1], "the plugin `route` chose `us.amazon.nova-micro-v1:0`");
    assert_eq!(explained["dropped"], json!(["seed"]));
    assert_eq!(answer.header("x-adit-dropped"), Some("seed"));
    assert_eq!(explained["answer_plugins"], json!(["redact"]));

    let [routed, redacted] = explained["plugins"].as_array().unwrap().as_slice() else {
        panic!("{explained}")
    };
    assert_eq!((&routed["plugin"], &routed["hook"]), (&json!("route"), &json!("route")));
    assert_eq!((&routed["effect"], &routed["from"]), (&json!("routed"), &json!("fast")));
    assert_eq!((&redacted["plugin"], &redacted["effect"]), (&json!("redact"), &json!("edited")));
    assert_eq!(redacted["changes"][0]["origin"], "message");
    assert!(redacted["microseconds"].as_f64().unwrap() > 0.0);
    assert!(explained["estimate"]["input_tokens"].as_u64().unwrap() > 0, "{explained}");
    assert!(explained["estimate"]["most_usd"].as_f64().unwrap() > 0.0, "{explained}");

    // The very bytes that the call then sends.
    key.post(&request);
    let sent = stack.sim.requests().pop().unwrap();
    assert_eq!(explained["request"]["body"], sent["body"]);
    assert_eq!(explained["request"]["model"], sent["modelId"]);
    assert_eq!(explained["request"]["operation"], sent["operation"]);
}

#[test]
fn the_same_can_be_asked_for_at_a_path() {
    let stack = Stack::with([]);
    let mut request = says("hello");
    request["stream"] = json!(true);
    let explained = stack.key().post_to("/v1/adit/explain", &[], &request).json();
    assert_eq!(explained["request"]["operation"], "ConverseStream");
    assert_eq!(explained["request"]["region"], "us-east-1");
    assert_eq!(explained["request"]["body"]["messages"][0]["content"][0]["text"], "hello");
    assert_eq!(stack.sim.requests(), Vec::<Value>::new());
}

#[test]
fn a_request_that_would_be_refused_is_refused() {
    let stack = Setup::new().plugins(["redact"]).start();
    let key = stack.key();
    let answer = key.post_to("/v1/adit/explain", &[], &json!({"model": "m"}));
    assert_eq!((answer.status, &answer.error()["param"]), (400, &json!("messages")));
    assert_eq!(key.post_with(("x-adit-explain", "maybe"), &says("x")).status, 400);
    let nobody = crate::harness::Key::with_secret(&stack, "adit_none");
    assert_eq!(nobody.post_to("/v1/adit/explain", &[], &says("x")).status, 401);
}
