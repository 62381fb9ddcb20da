//! 9: what a plugin reads, on its way out.

use serde_json::json;

use super::beside::{PROMPT, SECRET, assert_blamed, beside, both, check, hostile, place};

#[test]
fn what_a_plugin_tells_the_log_is_cut_off_and_bears_its_name() {
    let stack = hostile().plugins(["tattle"]).start();
    let neighbour = stack.key().with("hold", &json!({})).secret;
    let ((), log) = beside(stack, &neighbour, |stack| {
        for how in ["panic", "log", "print", "error", "deny"] {
            let key = stack.key().with("tattle", &json!({"how": how}));
            for answer in both(&key) {
                match how {
                    "log" | "print" => assert_eq!(answer.content(), PROMPT),
                    // The words of a refusal are for the client.
                    "deny" => {
                        assert!(answer.error()["code"].as_str().unwrap().starts_with(PROMPT));
                    }
                    _ => {
                        assert_blamed(&answer, "tattle");
                        assert!(!answer.text().contains(SECRET), "{}", answer.text());
                    }
                }
            }
        }
    });
    let told: Vec<_> = log.lines().filter(|line| line.contains(SECRET)).collect();
    assert!(told.len() <= 10 * 65, "{} lines", told.len());
    for line in told {
        assert!(line.contains("tattle") || line.contains("PluginDenied"), "whose is this? {line}");
        // Each character that could do harm is written as several.
        assert!(line.len() < 3 << 10, "{} bytes: {line}", line.len());
    }
    assert!(!log.lines().any(|line| line.starts_with("2026-01-01")), "a line was forged: {log}");
    assert!(!log.contains(['\u{1b}', '\r']), "{log}");
}

#[test]
fn what_a_plugin_was_told_is_in_no_error_of_the_hosts() {
    check(hostile().plugins(["trap", "fail", "misedit"]).start(), |stack| {
        let mut answers = Vec::new();
        for call in ["start", "prompt", "request", "events", "text"] {
            answers.extend(both(&stack.key().with("trap", &place(call))));
        }
        for call in ["route", "prompt", "text"] {
            answers.extend(both(&stack.key().with("fail", &place(call))));
        }
        answers.extend(both(&stack.key().with("misedit", &json!({}))));
        answers
    });
}
