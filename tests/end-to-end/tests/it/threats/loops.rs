//! 1: loops, wherever the host calls a plugin.

use serde_json::{Value, json};

use super::beside::{PROMPT, assert_blamed, both, check, hostile, place, script};
use crate::harness::{Answer, Key};

const PLACES: [&str; 6] = ["start", "route", "prompt", "request", "events", "text"];

#[test]
fn in_every_hook() {
    check(hostile().plugins(["spin"]).start(), |stack| {
        let answers = PLACES.into_iter().flat_map(|call| both(&stack.key().with("spin", &place(call))));
        answers.inspect(|answer| assert_blamed(answer, "spin")).collect()
    });
}

#[test]
fn when_the_answer_is_out() {
    check(hostile().plugins(["spin"]).start(), |stack| {
        let finish = stack.key().with("spin", &place("finish"));
        let end = stack.key().with_terms("spin", &place("drop"), &["--reuse", "per-key"]);
        for key in [finish, end] {
            for answer in both(&key) {
                assert_eq!(answer.content(), PROMPT);
            }
        }
        stack.server().wait_for_line(&["a finish hook failed", "spin", "longer than its time"]);
        stack.server().wait_for_line(&["an instance is not used again", "spin", "longer than its time"]);
        Vec::new()
    });
}

#[test]
fn in_wire_formats() {
    check(hostile().plugins(["speak", "misformat"]).start(), |stack| {
        let speaker = |how: &str| stack.key().with("speak", &json!({"how": how}));
        let whole = |key: &Key<'_>| key.post_to("/speak", &[], &json!(PROMPT));
        let streamed = |key: &Key<'_>| key.post_to("/speak?stream", &[], &json!(PROMPT));
        let mut answers: Vec<Answer> = Vec::new();
        for how in ["spin-decode", "spin-head"] {
            let key = speaker(how);
            for answer in [whole(&key), streamed(&key)] {
                assert_eq!((answer.status, &answer.error()["code"]), (500, &json!("plugin_fault")), "{how}");
                answers.push(answer);
            }
        }
        let answer = streamed(&speaker("spin-later"));
        let last: Value = serde_json::from_str(answer.text().lines().last().unwrap()).unwrap();
        assert!(last["error"].as_str().unwrap().contains("`speak`"), "{last}");

        let titan = json!({"model": "amazon.titan-text-express-v1", "messages": [{"role": "user", "content": PROMPT}]});
        for how in ["spin-in-encode", "spin"] {
            let key = stack.key().with("misformat", &json!({"how": how}));
            for answer in [key.post(&titan), key.post_for_stream(&titan).answer()] {
                assert_blamed(&answer, "misformat");
                answers.push(answer);
            }
        }

        script(stack, &json!({"error": {"type": "ThrottlingException", "message": "Too many requests"}}));
        let key = speaker("spin-failure");
        for answer in [whole(&key), streamed(&key)] {
            assert_eq!((answer.status, &answer.error()["code"]), (429, &json!("rate_limit_exceeded")));
            answers.push(answer);
        }
        answers
    });
}

#[test]
fn that_keep_the_host_at_work() {
    let log = check(hostile().plugins(["nag"]).start(), |stack| {
        let places = ["start", "route", "prompt", "request", "text"];
        let answers = places.into_iter().flat_map(|call| both(&stack.key().with("nag", &place(call))));
        answers.inspect(|answer| assert_blamed(answer, "nag")).collect()
    });
    let lines = log.lines().filter(|line| line.contains("nagging"));
    assert!(lines.clone().count() <= 10 * 64, "{} lines", lines.count());
    assert!(lines.map(str::len).all(|bytes| bytes < (2 << 10) + 300));
}
