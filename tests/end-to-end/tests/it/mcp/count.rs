//! `bedrock_count_tokens`: what a model would read, without asking it.

use serde_json::{Value, json};

use super::client::{Client, text};
use super::{SETTINGS, start};
use crate::harness::{MODEL, Setup};

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

#[test]
fn bedrock_counts_where_it_can_and_an_estimate_says_that_it_is_one() {
    let stack = start();
    let key = stack.key();
    for client in Client::both(&key) {
        let arguments = json!({"model": CLAUDE, "system": "be brief", "prompt": "one two three"});
        let result = client.tool("bedrock_count_tokens", &arguments);
        let counted = &result["structuredContent"];
        assert_eq!(counted, &json!({"model": CLAUDE, "input_tokens": 5, "counted_by": "bedrock"}));
        assert_eq!(serde_json::from_str::<Value>(&text(&result)).unwrap(), *counted);

        let arguments = json!({"model": MODEL, "prompt": "one two three"});
        let counted = client.tool("bedrock_count_tokens", &arguments)["structuredContent"].clone();
        assert_eq!((&counted["model"], &counted["counted_by"]), (&json!(MODEL), &json!("estimate")));
        assert!(counted["input_tokens"].as_u64().unwrap() > 0, "{counted}");
    }
    let operations: Vec<Value> =
        stack.sim.requests().iter().map(|request| request["operation"].clone()).collect();
    assert!(
        operations.iter().all(|operation| operation == "CountTokens"),
        "no model was asked: {operations:?}"
    );
    // Of a profile's id Bedrock counts nothing.
    assert_eq!(stack.sim.requests()[0]["modelId"], "anthropic.claude-sonnet-4-5-20250929-v1:0");
}

#[test]
fn what_is_personal_does_not_leave_to_be_counted() {
    let stack = Setup::new().settings(SETTINGS).plugins(["redact"]).start();
    let key = stack.key().with("redact", &json!({}));
    let arguments = json!({"model": CLAUDE, "prompt": "write to alice@example.org"});
    Client::new(&key).tool("bedrock_count_tokens", &arguments);
    let body = stack.sim.last_body();
    assert!(body.to_string().contains("write to"), "{body}");
    assert!(!body.to_string().contains("example.org"), "{body}");
}

#[test]
fn a_count_is_a_request_that_costs_nothing() {
    let stack = start();
    let key = stack.key().policy(&["--requests-per-minute", "1"]);
    let client = Client::new(&key);
    let arguments = json!({"model": CLAUDE, "prompt": "hello"});
    client.tool("bedrock_count_tokens", &arguments);
    let said = client.tool_failure("bedrock_count_tokens", &arguments);
    assert!(said.contains("try again in"), "{said}");
    assert_eq!(stack.sim.requests().len(), 1);
}

#[test]
fn what_would_be_refused_is_not_counted() {
    let stack = start();
    let key = stack.key().policy(&["--model", "amazon.*"]);
    let client = Client::new(&key);
    for (arguments, expected) in [
        (json!({"model": CLAUDE, "prompt": "hello"}), "model"),
        (json!({"model": MODEL}), "`prompt` or `messages` is missing"),
        (json!({"model": MODEL, "prompt": 1}), "prompt"),
        (json!({"model": MODEL, "prompt": "x", "tools": []}), "unknown field `tools`"),
    ] {
        let said = client.tool_failure("bedrock_count_tokens", &arguments);
        assert!(said.contains(expected), "{said}");
    }
    assert_eq!(stack.sim.requests(), Vec::<Value>::new());
}
