//! What a signing model thought comes back to it by the ids of its calls alone.

use serde_json::{Value, json};

use crate::harness::{Key, Setup, Stack};

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

fn request(messages: &[Value]) -> Value {
    json!({
        "model": CLAUDE,
        "reasoning_effort": "low",
        "messages": messages,
        "tools": [{"type": "function", "function": {"name": "look", "parameters": {"type": "object", "properties": {}}}}],
    })
}

/// The first turn, and what a client keeps of it that knows Chat Completions alone.
fn first_turn(key: &Key<'_>) -> (Vec<Value>, String) {
    let question = json!({"role": "user", "content": "Look.\ncall look {}"});
    let answer = key.post(&request(std::slice::from_ref(&question)));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let message = answer.json()["choices"][0]["message"].take();
    assert!(!message["reasoning_content"].as_str().unwrap().is_empty(), "{message}");
    let id = message["tool_calls"][0]["id"].as_str().unwrap().to_owned();
    let kept =
        json!({"role": "assistant", "content": message["content"], "tool_calls": message["tool_calls"]});
    let result = json!({"role": "tool", "tool_call_id": id, "content": "A door."});
    (vec![question, kept, result], id)
}

fn thought(body: &Value) -> &Value {
    &body["messages"][1]["content"][0]["reasoningContent"]["reasoningText"]
}

#[test]
fn an_id_carries_the_thought_back() {
    let stack = Stack::with([]);
    let key = stack.key();
    let (messages, id) = first_turn(&key);
    assert!(id.starts_with("adit1_"), "{id}");
    assert_eq!(key.post(&request(&messages)).content(), "look said: A door.");
    let body = stack.sim.last_body();
    assert!(thought(&body)["signature"].is_string() && thought(&body)["text"].is_string(), "{body}");
    let own = &body["messages"][1]["content"].as_array().unwrap().last().unwrap()["toolUse"]["toolUseId"];
    assert_eq!(&body["messages"][2]["content"][0]["toolResult"]["toolUseId"], own);
    assert!(own.as_str().unwrap().len() <= 64, "{own}");
}

#[test]
fn a_thought_of_another_key_is_not_taken() {
    let stack = Stack::with([]);
    let (messages, _) = first_turn(&stack.key());
    let answer = stack.key().post(&request(&messages));
    assert_eq!(answer.content(), "look said: A door.");
    assert_eq!(answer.header("x-adit-dropped"), Some("reasoning_effort"), "thinking cannot go on without it");
    assert!(thought(&stack.sim.last_body()).is_null());
}

#[test]
fn the_store_keeps_ids_short_and_thoughts_over_a_restart() {
    let mut stack = Setup::new().settings("[reasoning]\nreplay = \"store\"").start();
    let key = stack.key();
    let (messages, id) = first_turn(&key);
    let secret = key.secret.clone();
    assert!(id.len() <= 64, "{id}");
    stack.kill_and_restart();
    let key = Key::with_secret(&stack, secret);
    assert_eq!(key.post(&request(&messages)).content(), "look said: A door.");
    assert!(thought(&stack.sim.last_body())["signature"].is_string());
}

#[test]
fn without_either_the_conversation_goes_on_without_thinking() {
    let stack = Setup::new().settings("[reasoning]\nreplay = \"off\"").start();
    let key = stack.key();
    let (messages, id) = first_turn(&key);
    assert!(!id.starts_with("adit1_"), "{id}");
    let answer = key.post(&request(&messages));
    assert_eq!(answer.content(), "look said: A door.");
    assert_eq!(answer.header("x-adit-dropped"), Some("reasoning_effort"));
}
