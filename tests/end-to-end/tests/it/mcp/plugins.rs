//! Tools of plugins, as clients call them.

use std::fs;

use serde_json::{Value, json};

use super::SETTINGS;
use super::client::{Client, text};
use crate::harness::{Key, Setup, Stack};

fn start() -> Stack {
    Setup::new().settings(SETTINGS).plugins(["text-tools", "hello"]).start()
}

fn tools(client: &Client<'_, '_>) -> Vec<String> {
    let listed = client.call("tools/list", json!({}))["tools"].clone();
    listed.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_call_is_a_request_that_costs_nothing() {
    let stack = start();
    let key = stack.key().with("text-tools", &json!({})).policy(&["--requests-per-minute", "1"]);
    let client = Client::new(&key);
    let counted = client.tool("text-tools_count", &json!({"text": "one two"}));
    assert_eq!(counted["structuredContent"]["words"], 2);
    let said = client.tool_failure("text-tools_count", &json!({"text": "one two"}));
    assert!(said.contains("try again in"), "{said}");
    let report = client.tool("usage_report", &json!({}))["structuredContent"].clone();
    let total = &report["total"];
    assert_eq!((&total["requests"], &total["cost_usd"].as_f64()), (&json!(1), &Some(0.0)), "{report}");
    assert_eq!(stack.sim.requests(), Vec::<Value>::new());
}

#[test]
fn a_plugin_that_is_gone_takes_no_tools_of_others_along() {
    let mut stack = start();
    let secret = stack.key().with("hello", &json!({})).with("text-tools", &json!({})).secret;
    fs::remove_file(stack.plugin_path("hello")).unwrap();
    stack.restart();
    let key = Key::with_secret(&stack, secret);
    let client = Client::new(&key);
    let listed = tools(&client);
    assert!(listed.contains(&"text-tools_chunk".to_owned()), "{listed:?}");
    let found = client.tool("text-tools_extract", &json!({"text": "a@b.io", "kinds": ["emails"]}));
    assert!(text(&found).contains("a@b.io"), "{found}");
    assert_eq!(key.ask("hello").status, 503, "a chat needs it");
}
