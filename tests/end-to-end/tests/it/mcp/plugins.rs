//! Tools of plugins, as clients call them.

use std::fs;

use serde_json::{Value, json};

use super::SETTINGS;
use super::client::{ACCEPT, Client, initialize, text};
use crate::harness::{Key, LocalOnly, Setup, Stack, Stream, is_skipped};

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
fn a_tool_that_asks_back_is_one_request() {
    if is_skipped(LocalOnly::AsksBack) {
        return;
    }
    let stack = Setup::new().settings(SETTINGS).plugins(["conformance"]).start();
    let key = stack.key().with("conformance", &json!({})).policy(&["--requests-per-minute", "1"]);
    let mut greeting = initialize();
    greeting["params"]["capabilities"]["elicitation"] = json!({});
    let session = key.post_to("/mcp", &ACCEPT, &greeting).header("mcp-session-id").map(ToOwned::to_owned);
    let client = Client { key: &key, session };
    client.post(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"}));

    let name = "conformance_input_required_result_elicitation";
    let mut stream = client.stream("tools/call", json!({"name": name, "arguments": {}}));
    let asked = next_message(&mut stream);
    assert_eq!(asked["method"], "elicitation/create", "{asked}");
    let accepted = json!({"action": "accept", "content": {"name": "Ada"}});
    let told = client.post(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": accepted}));
    assert_eq!(told.status, 202, "{}", told.text());
    let said = next_message(&mut stream);
    assert_eq!(text(&said["result"]), "Hello, Ada!");
    let report = client.tool("usage_report", &json!({}))["structuredContent"].clone();
    assert_eq!(report["total"]["requests"], 1, "{report}");
}

fn next_message(stream: &mut Stream) -> Value {
    let mut heard = String::new();
    loop {
        heard.push_str(std::str::from_utf8(&stream.next_chunk().unwrap()).unwrap());
        let complete = heard.split_inclusive('\n').filter(|line| line.ends_with('\n'));
        let mut data = complete.filter_map(|line| line.strip_prefix("data: "));
        if let Some(message) = data.find_map(|data| serde_json::from_str(data).ok()) {
            return message;
        }
    }
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
    stack.server().wait_for_line(&["its tools are not offered now", "hello"]);
    let said = client.tool_failure("hello_shout", &json!({}));
    assert!(said.contains("the plugin `hello`"), "{said}");
    let found = client.tool("text-tools_extract", &json!({"text": "a@b.io", "kinds": ["emails"]}));
    assert!(text(&found).contains("a@b.io"), "{found}");
    assert_eq!(key.ask("hello").status, 503, "a chat needs it");
}
