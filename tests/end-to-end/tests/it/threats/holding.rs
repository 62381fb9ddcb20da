//! 7: text that a plugin holds back, or loses count of.

use serde_json::json;

use super::beside::{assert_blamed, both, check, hostile, script};
use crate::hostile_plugins::MISCOUNTS;

const OPEN: &[&str] = &["--on-failure", "open"];

#[test]
fn nothing_is_held_without_end() {
    let log = check(hostile().plugins(["linger"]).start(), |stack| {
        let mut answers = Vec::new();
        // The shorter one is within its window until the end, when all has to be consumed.
        for words in [100, 2000] {
            script(stack, &json!({"textDeltas": vec!["word "; words]}));
            let key = stack.key().with("linger", &json!({}));
            answers.extend(both(&key).into_iter().inspect(|answer| assert_blamed(answer, "linger")));
            let key = stack.key().with_terms("linger", &json!({}), OPEN);
            for answer in both(&key) {
                assert_eq!(answer.content(), "word ".repeat(words));
            }
        }
        answers
    });
    assert!(log.contains("more than its window of 4096"), "{log}");
}

#[test]
fn nothing_is_lost_by_a_plugin_that_counts_wrongly() {
    check(hostile().plugins(["miscount"]).start(), |stack| {
        let said = "éé éé, éé\r\nand é";
        let deltas: Vec<String> = said.chars().map(String::from).collect();
        script(stack, &json!({"textDeltas": deltas}));
        for how in MISCOUNTS {
            let config = json!({"how": how});
            for answer in both(&stack.key().with("miscount", &config)) {
                assert_blamed(&answer, "miscount");
            }
            for answer in both(&stack.key().with_terms("miscount", &config, OPEN)) {
                assert_eq!(answer.content(), said, "{how}");
            }
        }
        Vec::new()
    });
}
