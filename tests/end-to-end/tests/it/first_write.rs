//! Text is passed on as it comes: nothing waits for more, and what comes together goes together.

use serde_json::json;

use crate::harness::{Event, Key, Stack};

/// Reads until this text is there. The model has stopped after it and never goes on, so if anything
/// of it were kept back, this would wait until the test fails.
fn arrives_while_the_model_still_talks(stack: &Stack, key: &Key<'_>, expected: &str) {
    stack
        .sim
        .always(&json!({"textDeltas": ["one ", "two ", "three"], "cutAfter": {"events": 3, "stall": true}}));
    let mut stream = key.stream("count");
    let mut text = String::new();
    while text != expected {
        assert!(expected.starts_with(&text), "{text}");
        let chunk = String::from_utf8(stream.next_chunk().unwrap()).unwrap();
        text.extend(
            chunk.split_terminator("\n\n").filter_map(|frame| Event::parse(frame).text().map(str::to_owned)),
        );
    }
    assert_eq!(stack.sim.requests_so_far()[0]["outcome"], "open");
}

#[test]
fn a_delta_is_passed_on_before_the_next_one_is_there() {
    let stack = Stack::with([]);
    arrives_while_the_model_still_talks(&stack, &stack.key(), "one two ");
}

#[test]
fn a_delta_passes_plugins_before_the_next_one_is_there() {
    let stack = Stack::with(["redact", "hello"]);
    let key = stack.key().with("redact", &json!({})).with("hello", &json!({}));
    arrives_while_the_model_still_talks(&stack, &key, "ONE TWO ");
}

#[test]
fn deltas_that_come_together_are_written_together() {
    let stack = Stack::with(["hello"]);
    let key = stack.key().with("hello", &json!({}));
    stack.sim.always(&json!({"textDeltas": ["one ", "two ", "three ", "four"], "burst": true}));
    for (key, expected) in [(stack.key(), "one two three four"), (key, "ONE TWO THREE FOUR")] {
        let mut stream = key.stream("count");
        let chunk = String::from_utf8(stream.next_chunk().unwrap()).unwrap();
        let events: Vec<Event> = chunk.split_terminator("\n\n").map(Event::parse).collect();
        let text: String = events.iter().filter_map(Event::text).collect();
        assert_eq!(text, expected, "the first write holds {} events", events.len());
    }
}

#[test]
fn a_stream_says_that_it_is_one() {
    let stack = Stack::with([]);
    let stream = stack.key().stream("hello");
    assert_eq!(stream.head.header("content-type"), Some("text/event-stream"));
    assert_eq!(stream.head.header("cache-control"), Some("no-cache"));
    assert_eq!(stream.answer().content(), "hello");
}
