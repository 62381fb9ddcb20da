//! How an answer gets from a function to its client.

use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{Event, Key, PATIENCE, Setup, Stack, says};

/// One request at a time, and little room for answers between function and client.
fn stack(plugins: &[&str]) -> Stack {
    let setup = Setup::new().on_lambda(|function| {
        function.concurrency = std::num::NonZeroUsize::MIN;
        function.socket_buffer_bytes = Some(16 * 1024);
    });
    plugins.iter().fold(setup, |setup, plugin| setup.plugins([plugin])).start()
}

fn usage(key: &Key<'_>) -> Value {
    key.get("/v1/usage").json()["total"].take()
}

#[test]
fn no_write_waits_until_the_one_before_it_was_acknowledged() {
    let stack = stack(&[]);
    let key = stack.key();
    assert_eq!(key.stream("hello").answer().content(), "hello");
    stack.lambda().wait_until_idle();
    let no_delay = stack.lambda().environment().no_delay().unwrap();
    assert!(!no_delay.is_empty() && no_delay.iter().all(|no_delay| *no_delay), "{no_delay:?}");
}

#[test]
fn a_client_that_reads_slowly_costs_no_memory() {
    const PIECES: usize = 400;
    let piece = "x".repeat(1 << 16);
    let stack = stack(&[]);
    let key = stack.key();
    assert_eq!(key.ask("warm").content(), "warm");
    let before = stack.server().resident_bytes();
    stack.sim.always(&json!({"textDeltas": vec![piece.as_str(); PIECES]}));
    let stream = key.stream("much");
    // Once nothing fits in any more, the function stands still.
    let environment = stack.lambda().environment();
    let begun = Instant::now();
    let mut last = environment.usage().unwrap().cpu;
    let mut same = 0;
    while same < 1000 {
        assert!(begun.elapsed() < PATIENCE, "it goes on, though nobody reads");
        std::thread::yield_now();
        let now = environment.usage().unwrap().cpu;
        same = if now == last { same + 1 } else { 0 };
        last = now;
    }
    let grown = stack.server().resident_bytes().saturating_sub(before);
    assert!(grown < 12 << 20, "{grown} bytes are kept for a client that does not read");
    assert_eq!(stack.sim.requests_so_far().last().unwrap()["outcome"], "open");
    assert_eq!(stream.answer().content().len(), PIECES * piece.len());
}

#[test]
fn what_a_client_did_not_wait_for_is_settled() {
    let stack = stack(&[]);
    let key = stack.key().policy(&["--concurrent", "1"]);
    stack.sim.always(&json!({"textDeltas": vec!["word "; 50], "paceMs": 5}));
    let mut stream = key.stream("count");
    assert!(stream.next_chunk().is_some());
    stream.hang_up();
    stack.lambda().wait_until_idle();
    let outcomes: Vec<Value> = stack.sim.requests().iter().map(|it| it["outcome"].clone()).collect();
    assert_eq!(outcomes, ["complete"]);
    let used = usage(&key);
    assert_eq!((&used["requests"], &used["errors"], &used["estimated"]), (&json!(1), &json!(0), &json!(0)));
    assert!(used["output_tokens"].as_u64().unwrap() >= 50, "{used}");
    // It holds nothing of the key's limit any more.
    stack.sim.always(&json!({}));
    assert_eq!(key.ask("hello").content(), "hello");
}

#[test]
fn a_stream_that_breaks_ends_with_an_error_in_its_own_words() {
    let breaks = [
        json!({"exceptionAfter": {"events": 3, "type": "modelStreamErrorException", "message": "gone"}}),
        json!({"cutAfter": {"events": 3}}),
        json!({"cutAfter": {"events": 3, "abort": true}}),
    ];
    let stack = stack(&[]);
    let key = stack.key();
    for action in breaks {
        let mut action = action;
        action["textDeltas"] = json!(["one ", "two ", "three "]);
        stack.sim.always(&action);
        let answer = key.stream("count").answer();
        assert!(answer.is_stream() && answer.status == 200, "{action}");
        assert!(answer.error()["message"].is_string(), "{action}");
        assert!(!answer.text().to_lowercase().contains("lambda-runtime"), "{}", answer.text());
        assert_eq!(answer.events().iter().filter_map(Event::text).collect::<String>(), "one two ");
    }
    // Nobody says that the function failed: it has said itself what went wrong.
    assert_eq!(stack.lambda().emulator().faults(), []);
}

#[test]
fn a_plugin_that_breaks_in_the_middle_is_an_error_in_its_own_words() {
    let stack = stack(&["trap"]);
    let key = stack.key().with("trap", &json!({"in": "text"}));
    let answer = key.post_for_stream(&says("hello")).answer();
    assert!(answer.error()["message"].as_str().unwrap().contains("trap"), "{}", answer.text());
    assert!(!answer.text().to_lowercase().contains("lambda-runtime"), "{}", answer.text());
    assert_eq!(stack.lambda().emulator().faults(), []);
}
