//! 14: a plugin that is exchanged while it works.

use std::fs;
use std::time::Instant;

use serde_json::json;

use super::beside::{PROMPT, check, hostile, script};
use crate::harness::{PATIENCE, built};

#[test]
fn a_bad_version_does_not_end_what_runs() {
    let [hello, trap] = ["hello", "trap"].map(|name| fs::read(built::plugin(name)).unwrap());
    check(hostile().plugin_file("p", &hello).start(), |stack| {
        script(stack, &json!({"textDeltas": vec!["a cat "; 100], "cutAfter": {"events": 60, "stall": true}}));
        let key = stack.key().with("p", &json!({}));
        let mut running = key.stream(PROMPT);
        let mut text = String::from_utf8(running.next_chunk().unwrap()).unwrap();
        script(stack, &json!({}));
        // The new one refuses the config of the old one.
        stack.move_in_plugin("p", &trap);
        let begun = Instant::now();
        let refused = loop {
            let answer = key.ask(PROMPT);
            if answer.status != 200 {
                break answer;
            }
            assert!(begun.elapsed() < PATIENCE, "the new version never came");
        };
        // What began with the old one goes on with it, as far as the model speaks.
        while text.matches("A CAT").count() < 50 {
            let chunk = running.next_chunk().unwrap();
            text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
        assert!(!text.contains("error"), "{text}");
        running.hang_up();
        vec![refused]
    });
}
