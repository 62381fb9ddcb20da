//! What is personal does not leave, and comes back, however the answer arrives.

use serde_json::{Value, json};

use crate::harness::{Key, MODEL, Stack, says};

const ADDRESS: &str = "alice@example.org";
const PROMPT: &str = "Über: write to alice@example.org and again to alice@example.org, not to [EMAIL].";

fn tools() -> Value {
    json!([{"type": "function", "function": {
        "name": "send",
        "description": "Sends a mail, as tools@example.org would.",
        "parameters": {"type": "object", "properties": {
            "to": {"type": "string", "description": "such as parameter@example.org"},
            "note": {"type": "string"},
        }},
    }}])
}

/// The addresses of these tests are all of one domain.
fn assert_nothing_left(stack: &Stack) {
    let requests = stack.sim.requests();
    assert!(!requests.is_empty());
    for request in requests {
        assert!(!request["body"].to_string().contains("@example.org"), "{}", request["body"]);
    }
}

/// The placeholder that stands for the address in the last request.
fn placeholder(stack: &Stack) -> String {
    let text = stack.sim.last_body()["messages"][0]["content"][0]["text"].as_str().unwrap().to_owned();
    let start = text.find("[EMAIL_").unwrap();
    let end = start + text[start..].find(']').unwrap();
    text[start..=end].to_owned()
}

fn restored_both_ways(key: &Key<'_>, expected: &str) {
    assert_eq!(key.stream(PROMPT).answer().content(), expected);
    assert_eq!(key.ask(PROMPT).content(), expected);
}

#[test]
fn an_address_comes_back_wherever_the_bytes_of_the_stream_are_cut() {
    let stack = Stack::with(["redact"]);
    let key = stack.key().with("redact", &json!({}));
    for sizes in [json!(1), json!([1, 7, 3, 113, 2, 29, 64]), json!([90, 11]), json!(4096)] {
        stack.sim.always(&json!({"splitBytes": sizes}));
        restored_both_ways(&key, PROMPT);
    }
    stack.sim.always(&json!({"burst": true}));
    restored_both_ways(&key, PROMPT);
    assert_nothing_left(&stack);
}

#[test]
fn an_address_comes_back_wherever_the_model_cuts_its_text() {
    let stack = Stack::with(["redact"]);
    let key = stack.key().with("redact", &json!({}));
    key.ask(PROMPT);
    let placeholder = placeholder(&stack);
    let answer = format!("é{placeholder}{placeholder}[EMAIL_ [x] {placeholder}!");
    let expected = answer.replace(&placeholder, ADDRESS);
    let cuts = (0..=answer.len()).filter(|cut| answer.is_char_boundary(*cut));
    for cut in cuts {
        let (one, other) = answer.split_at(cut);
        stack.sim.always(&json!({"textDeltas": [one, other]}));
        assert_eq!(key.stream(PROMPT).answer().content(), expected, "cut at {cut}");
    }
    let characters: Vec<String> = answer.chars().map(String::from).collect();
    stack.sim.always(&json!({"textDeltas": characters, "splitBytes": 1}));
    restored_both_ways(&key, &expected);
    assert_nothing_left(&stack);
}

#[test]
fn an_address_comes_back_inside_the_arguments_of_a_tool_call() {
    let stack = Stack::with(["redact"]);
    let key = stack.key().with("redact", &json!({}));
    let arguments =
        json!({"to": ADDRESS, "note": format!("\"{ADDRESS}\"\n\\ é {ADDRESS}"), "n": [1, {"cc": ADDRESS}]});
    let mut request = says(&format!("call send {arguments}"));
    request["tools"] = tools();
    for action in [json!({}), json!({"splitBytes": 1}), json!({"burst": true})] {
        stack.sim.always(&action);
        assert_eq!(key.post(&request).arguments(), arguments, "{action}");
        assert_eq!(key.post_for_stream(&request).answer().arguments(), arguments, "{action}");
    }
    assert_nothing_left(&stack);
}

#[test]
fn an_address_leaves_from_no_part_of_a_request() {
    let stack = Stack::with(["redact"]);
    let key = stack.key().with("redact", &json!({}));
    let request = json!({
        "model": MODEL,
        "tools": tools(),
        "user": "user@example.org",
        "metadata": {"who": "metadata@example.org"},
        "messages": [
            {"role": "system", "content": "You are system@example.org."},
            {"role": "developer", "content": [{"type": "text", "text": "and developer@example.org"}]},
            {"role": "user", "name": "name", "content": [
                {"type": "text", "text": "I am first@example.org"},
                {"type": "text", "text": "or second@example.org"},
            ]},
            {"role": "assistant", "content": "Hello assistant@example.org", "tool_calls": [
                {"id": "call_1", "type": "function", "function": {
                    "name": "send", "arguments": r#"{"to":"arguments@example.org","note":"escaped\u0040example.org"}"#,
                }},
            ]},
            {"role": "tool", "tool_call_id": "call_1", "content": "sent to result@example.org"},
        ],
    });
    assert_eq!(key.post(&request).content(), "send said: sent to result@example.org");
    assert_eq!(key.post_for_stream(&request).answer().content(), "send said: sent to result@example.org");
    assert_nothing_left(&stack);
    // All that was redacted is still there, as a placeholder.
    assert_eq!(stack.sim.last_body().to_string().matches("[EMAIL_").count(), 10);
}

#[test]
fn a_request_is_blocked_where_the_key_says_so() {
    let stack = Stack::with(["redact"]);
    let key = stack.key().with("redact", &json!({"mode": "block"}));
    for answer in [key.ask(PROMPT), key.stream(PROMPT).answer()] {
        let error = answer.error();
        assert_eq!((answer.status, &error["code"]), (400, &json!("content_blocked")));
        assert!(!answer.text().contains(ADDRESS), "{}", answer.text());
    }
    assert_eq!(stack.sim.requests(), Vec::<Value>::new());
    assert_eq!(key.ask("nothing personal").content(), "nothing personal");
}

#[test]
fn what_is_redacted_for_good_does_not_come_back() {
    let stack = Stack::with(["redact"]);
    let key = stack.key().with("redact", &json!({"mode": "irreversible"}));
    restored_both_ways(&key, &PROMPT.replace(ADDRESS, "[EMAIL]"));
    assert_nothing_left(&stack);
}

#[test]
fn another_key_is_not_concerned_and_has_other_placeholders() {
    let stack = Stack::with(["redact"]);
    let keys = [stack.key().with("redact", &json!({})), stack.key().with("redact", &json!({}))];
    let placeholders = keys.each_ref().map(|key| {
        key.ask(PROMPT);
        placeholder(&stack)
    });
    assert_ne!(placeholders[0], placeholders[1]);
    assert_eq!(stack.key().ask(PROMPT).content(), PROMPT);
    assert!(stack.sim.last_body().to_string().contains(ADDRESS));
}

#[test]
fn an_answer_of_any_length_comes_back_whole_in_either_form() {
    let stack = Stack::with(["redact"]);
    let key = stack.key().with("redact", &json!({}));
    // The simulator counts 16 characters as a token, and the model has a limit.
    let said = format!("{ADDRESS} {}end", "sixteen-letters ".repeat(9_000));
    assert_eq!(key.ask(&said).content(), said);
    assert_eq!(key.stream(&said).answer().content(), said);
    assert_nothing_left(&stack);
}

#[test]
fn a_stop_sequence_leaves_as_what_the_model_writes() {
    let stack = Stack::with(["redact"]);
    let key = stack.key().with("redact", &json!({}));
    let mut body = says(&format!("first {ADDRESS} then more"));
    body["stop"] = json!([ADDRESS]);
    assert_eq!(key.post(&body).content(), "first ");
    assert_nothing_left(&stack);
}
