//! A plugin that fails again and again is left alone for a while, for that key alone.

use serde_json::json;

use crate::harness::{Setup, Stack};

fn stack(pause_ms: u32) -> Stack {
    let settings = format!("[plugin_breaker]\nfailures = 3\npause_ms = {pause_ms}");
    Setup::new().plugins(["trap", "hello"]).settings(&settings).start()
}

#[test]
fn while_it_is_open_a_plugin_is_not_run() {
    let stack = stack(60_000);
    let key = stack.key().with("trap", &json!({"in": "prompt"}));
    for _ in 0..3 {
        assert_eq!(key.ask("hello").status, 500);
    }
    stack.server().wait_for_line(&["WARN", "the breaker has opened", "trap"]);
    let refused = key.ask("hello");
    assert_eq!((refused.status, &refused.error()["code"]), (503, &json!("plugin_unavailable")));
    let pause: u32 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&pause), "{pause}");
    assert_eq!(refused.header("x-should-retry"), None, "it may be well then");

    let other = stack.key().with("trap", &json!({"in": "prompt"}));
    assert_eq!(other.ask("hello").status, 500, "it is another key's breaker");
    assert_eq!(stack.key().with("hello", &json!({})).ask("hello").content(), "HELLO");
}

#[test]
fn a_plugin_that_may_fail_is_skipped_while_it_is_open() {
    let stack = stack(60_000);
    let key = stack.key().with_terms("trap", &json!({"in": "prompt"}), &["--on-failure", "open"]);
    for _ in 0..5 {
        let answer = key.ask("hello");
        assert_eq!(
            (answer.content().as_str(), answer.header("x-adit-plugins-skipped")),
            ("hello", Some("trap"))
        );
    }
    let runs = stack.server().log().lines().filter(|line| line.contains("on-prompt failed")).count();
    assert_eq!(runs, 3);
}

#[test]
fn after_the_pause_it_is_tried_again() {
    let stack = stack(1);
    let key = stack.key().with("trap", &json!({"in": "prompt"}));
    for _ in 0..3 {
        assert_eq!(key.ask("hello").status, 500);
    }
    // It still fails; then the operator corrects its config.
    while key.ask("hello").status != 500 {}
    key.enable("trap", &json!({"in": "drop"}));
    while key.ask("hello").status != 200 {}
    assert_eq!(key.ask("hello").content(), "hello");
}
