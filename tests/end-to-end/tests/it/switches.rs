//! What an operator switches counts from the next request on, and for good.

use serde_json::json;

use crate::harness::{Key, Stack};

const PROMPT: &str = "write to alice@example.org";

fn is_redacted(stack: &Stack, key: &Key<'_>) -> bool {
    assert_eq!(key.ask(PROMPT).content(), PROMPT);
    !stack.sim.last_body().to_string().contains("alice")
}

#[test]
fn a_switch_counts_from_the_next_request_on() {
    let stack = Stack::with(["redact"]);
    let key = stack.key();
    assert!(!is_redacted(&stack, &key));
    key.enable("redact", &json!({}));
    assert!(is_redacted(&stack, &key));
    key.enable("redact", &json!({"mode": "block"}));
    assert_eq!(key.ask(PROMPT).status, 400);
    key.enable("redact", &json!({"kinds": {"email": false}}));
    assert!(!is_redacted(&stack, &key));
    key.disable("redact");
    assert!(!is_redacted(&stack, &key));
}

#[test]
fn a_switch_leaves_a_stream_that_runs_as_it_began() {
    let stack = Stack::with(["hello"]);
    let key = stack.key().with("hello", &json!({}));
    stack.sim.always(&json!({"textDeltas": ["one ", "two"], "paceMs": 100}));
    let mut stream = key.stream("?");
    let first = stream.next_chunk().unwrap();
    key.disable("hello");
    assert_eq!(stream.answer_after(first).content(), "ONE TWO");
    assert_eq!(key.ask("?").content(), "one two");
}

#[test]
fn a_new_key_works_and_a_revoked_one_does_not_at_once() {
    let stack = Stack::with([]);
    let key = stack.key();
    assert_eq!(key.ask("hello").content(), "hello");
    stack.adit(&["key", "revoke", &key.name]);
    assert_eq!(key.ask("hello").status, 401);
    assert_eq!(stack.key().ask("hello").content(), "hello");
}

/// Keys, switches and the placeholders that follow from them outlast the process.
fn outlasts(end: fn(&mut Stack)) {
    let mut stack = Stack::with(["redact"]);
    let (with, without, revoked) = (stack.key().with("redact", &json!({})), stack.key(), stack.key());
    assert!(is_redacted(&stack, &with));
    let before = stack.sim.last_body();
    stack.adit(&["key", "revoke", &revoked.name]);
    let secrets = [with, without, revoked].map(|key| key.secret);
    end(&mut stack);
    let [with, without, revoked] = secrets.map(|secret| Key::with_secret(&stack, secret));
    assert!(is_redacted(&stack, &with));
    assert_eq!(stack.sim.last_body(), before);
    assert!(!is_redacted(&stack, &without));
    assert_eq!(revoked.ask(PROMPT).status, 401);
}

#[test]
fn nothing_is_lost_when_the_server_is_stopped() {
    outlasts(Stack::restart);
}

#[test]
fn nothing_is_lost_when_the_server_is_killed() {
    outlasts(Stack::kill_and_restart);
}
