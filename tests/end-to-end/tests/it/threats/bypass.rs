//! 11: filters that fail.

use std::fs;

use serde_json::json;

use super::beside::{NO_BREAKER, SECRET, both, check, hostile, place};
use crate::harness::{Answer, Key, Stack};

/// No model has read the attacker's prompt.
fn assert_unread(stack: &Stack) {
    let asked = stack.sim.requests_so_far();
    assert!(asked.iter().all(|request| !request["body"].to_string().contains(SECRET)), "{asked:?}");
}

#[test]
fn no_prompt_passes_a_filter_that_fails() {
    let mut stack = hostile().plugins(["trap", "spin", "sleep", "polite"]).settings(NO_BREAKER).start();
    let gone = stack.key().with("polite", &json!({})).secret;
    fs::remove_file(stack.plugin_path("polite")).unwrap();
    stack.restart();
    check(stack, |stack| {
        let mut answers: Vec<Answer> = both(&Key::with_secret(stack, gone)).into();
        assert!(answers.iter().all(|answer| answer.error()["code"] == "plugin_unavailable"));
        for guest in ["trap", "spin", "sleep"] {
            for call in ["start", "prompt"] {
                let key = stack.key().with(guest, &place(call));
                for answer in both(&key) {
                    assert_eq!(answer.error()["code"], "plugin_fault", "{guest} {call}");
                    answers.push(answer);
                }
            }
        }
        assert_unread(stack);
        for answer in &answers {
            assert_eq!(answer.header("x-adit-plugins-skipped"), None);
        }
        // By the operator's word alone, and visibly.
        let key = stack.key().with_terms("trap", &place("prompt"), &["--on-failure", "open"]);
        for answer in both(&key) {
            assert_eq!((answer.status, answer.header("x-adit-plugins-skipped")), (200, Some("trap")));
        }
        answers
    });
}
