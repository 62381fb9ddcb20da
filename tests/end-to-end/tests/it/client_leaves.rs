//! When a client goes away, the model is stopped: nobody pays for words that nobody reads.

use serde_json::{Value, json};

use crate::harness::{Key, LocalOnly, Stack, is_skipped, says};

/// The model never ends by itself, so a call that has an outcome was left.
fn was_left(stack: &Stack) {
    let outcomes: Vec<Value> =
        stack.sim.requests().iter().map(|request| request["outcome"].clone()).collect();
    assert_eq!(outcomes, ["clientLeft"]);
    stack.sim.always(&json!({}));
    assert_eq!(stack.key().ask("still there?").content(), "still there?");
}

fn leaves_mid_stream(stack: &Stack, key: &Key<'_>) {
    stack
        .sim
        .always(&json!({"textDeltas": ["one ", "two ", "three"], "cutAfter": {"events": 3, "stall": true}}));
    let mut stream = key.stream("count");
    assert!(stream.next_chunk().is_some());
    stream.hang_up();
    was_left(stack);
}

#[test]
fn in_the_middle_of_a_stream() {
    if is_skipped(LocalOnly::SeesClientsLeave) {
        return;
    }
    let stack = Stack::with([]);
    leaves_mid_stream(&stack, &stack.key());
}

#[test]
fn in_the_middle_of_a_stream_that_passes_plugins() {
    if is_skipped(LocalOnly::SeesClientsLeave) {
        return;
    }
    let stack = Stack::with(["redact", "hello"]);
    leaves_mid_stream(&stack, &stack.key().with("redact", &json!({})).with("hello", &json!({})));
}

/// Before anything has come back.
fn leaves_before_the_first_byte(request: &Value) {
    let stack = Stack::with([]);
    let key = stack.key();
    stack.sim.always(&json!({"hang": true}));
    let connection = key.send(request);
    stack.sim.wait_for_a_request();
    connection.hang_up();
    was_left(&stack);
}

#[test]
fn before_the_first_byte_of_a_stream() {
    if is_skipped(LocalOnly::SeesClientsLeave) {
        return;
    }
    let mut request = says("hello");
    request["stream"] = json!(true);
    leaves_before_the_first_byte(&request);
}

#[test]
fn before_an_answer_in_one_piece() {
    if is_skipped(LocalOnly::SeesClientsLeave) {
        return;
    }
    leaves_before_the_first_byte(&says("hello"));
}
