//! A changed file in the plugin folder counts without a restart.

use std::fs;
use std::time::Instant;

use serde_json::json;

use crate::harness::{Key, LocalOnly, PATIENCE, Setup, Stack, built, is_skipped};

/// Two plugins that answer in different ways, by the same name.
fn stack() -> (Stack, Vec<u8>) {
    let [hello, hold] = ["hello", "hold"].map(|name| fs::read(built::plugin(name)).unwrap());
    (Setup::new().plugin_file("p", &hello).start(), hold)
}

/// Asks until the answer is this one.
fn wait_for(key: &Key<'_>, expected: &str) {
    let begun = Instant::now();
    while key.ask("a cat").content() != expected {
        assert!(begun.elapsed() < PATIENCE, "`{expected}` never came");
    }
}

#[test]
fn a_file_that_is_moved_in_counts_and_a_running_answer_keeps_what_it_began_with() {
    let (stack, hold) = stack();
    let key = stack.key().with("p", &json!({}));
    stack.sim.run(&json!([
        {"match": {"textContains": "slowly"}, "action": {"textDeltas": vec!["a cat "; 400], "paceMs": 10}},
    ]));
    let mut slow = key.stream("slowly");
    let first = slow.next_chunk().unwrap();
    assert_eq!(key.ask("a cat").content(), "A CAT");
    stack.move_in_plugin("p", &hold);
    wait_for(&key, "a dog");
    stack.server().wait_for_line(&["the changed plugin counts from now on"]);
    assert_eq!(slow.answer_after(first).content(), "A CAT ".repeat(400));
}

#[test]
fn a_file_that_is_refused_or_half_written_does_not_end_what_runs() {
    if is_skipped(LocalOnly::WatchesFiles) {
        return;
    }
    let (stack, hold) = stack();
    let key = stack.key().with("p", &json!({}));
    assert_eq!(key.ask("a cat").content(), "A CAT");
    let (half, _) = hold.split_at(hold.len() / 2);
    stack.replace_plugin("p", half);
    let line = stack.server().wait_for_line(&["ERROR", "the changed plugin is refused"]);
    assert!(line.contains("runs on"), "{line}");
    assert_eq!(key.ask("a cat").content(), "A CAT");
    assert!(stack.adit(&["plugin", "list"]).contains("refused"));
    stack.replace_plugin("p", &hold);
    wait_for(&key, "a dog");
}

#[test]
fn a_file_that_is_gone_does_not_end_what_runs() {
    if is_skipped(LocalOnly::WatchesFiles) {
        return;
    }
    let (stack, _) = stack();
    let key = stack.key().with("p", &json!({}));
    assert_eq!(key.ask("a cat").content(), "A CAT");
    fs::remove_file(stack.plugin_path("p")).unwrap();
    stack.server().wait_for_line(&["WARN", "the file of the plugin is gone"]);
    assert_eq!(key.ask("a cat").content(), "A CAT");
}
