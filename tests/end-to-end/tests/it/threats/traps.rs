//! 4: traps, and what clients read of them.

use serde_json::{Value, json};

use super::beside::{PROMPT, assert_blamed, both, check, hostile, place, script};
use crate::harness::{Answer, Key, MODEL};

/// By the API of Ollama.
fn ollama(key: &Key<'_>, stream: bool) -> Answer {
    let body = json!({"model": MODEL, "stream": stream, "messages": [{"role": "user", "content": PROMPT}]});
    key.post_to("/api/chat", &[], &body)
}

/// A line that is an error, behind lines that are none and do not end the answer.
fn assert_broken_lines(answer: &Answer) {
    let lines: Vec<Value> = answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (last, before) = lines.split_last().unwrap();
    assert!(last["error"].as_str().unwrap().contains("`trap`"), "{last}");
    assert!(before.iter().all(|line| line["done"] == false && line.get("error").is_none()), "{before:?}");
}

#[test]
fn every_client_learns_of_a_trap_in_its_own_format() {
    check(hostile().plugins(["trap", "ollama"]).start(), |stack| {
        script(stack, &json!({"textDeltas": vec!["word "; 20], "paceMs": 2}));
        let mut answers = Vec::new();
        for call in ["start", "route", "prompt", "request", "events", "text", "later"] {
            let key = stack.key().with("ollama", &json!({})).with("trap", &place(call));
            let [whole, streamed] = both(&key);
            assert_blamed(&streamed, "trap");
            assert_eq!(streamed.status == 200, call == "later", "{call}");
            let lines = ollama(&key, true);
            assert_broken_lines(&lines);
            assert_eq!(lines.status == 200, call == "later", "{call}");
            answers.extend([streamed, lines]);
            let one = ollama(&key, false);
            if call == "later" {
                // An answer in one piece is one call.
                assert_eq!((whole.status, one.status), (200, 200));
                continue;
            }
            assert_blamed(&whole, "trap");
            assert_eq!(one.status, 500, "{call}");
            assert_broken_lines(&one);
            answers.extend([whole, one]);
        }
        let finish = stack.key().with("ollama", &json!({})).with("trap", &place("finish"));
        assert_eq!(finish.ask(PROMPT).content(), "word ".repeat(20));
        assert_eq!(ollama(&finish, false).json()["message"]["content"], "word ".repeat(20));
        stack.server().wait_for_line(&["a finish hook failed", "trap"]);
        answers
    });
}
