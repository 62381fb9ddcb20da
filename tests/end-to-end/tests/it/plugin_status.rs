//! `adit plugin status`: what servers counted, summed.

use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{PATIENCE, Stack};

/// What a plugin of the folder did.
fn status(stack: &Stack, plugin: &str) -> Value {
    let status: Value = serde_json::from_str(&stack.adit(&["plugin", "status", "--json"])).unwrap();
    let plugins = status["plugins"].as_array().unwrap();
    plugins.iter().find(|entry| entry["plugin"] == plugin).cloned().unwrap_or_default()
}

#[test]
fn calls_failures_and_holds_are_counted_over_restarts() {
    let mut stack = Stack::with(["hold", "trap", "spin", "fail"]);
    assert!(stack.adit(&["plugin", "status"]).contains("No server has written anything yet."));
    stack.sim.always(&json!({"textDeltas": ["a c", "at"], "paceMs": 5}));
    let secret = stack.key().with("hold", &json!({})).secret;
    let ask = |stack: &Stack, secret: &str| {
        let key = crate::harness::Key::with_secret(stack, secret);
        assert_eq!(key.stream("?").answer().content(), "a dog");
    };
    ask(&stack, &secret);
    let open = ["--on-failure", "open"];
    for guest in ["trap", "spin", "fail"] {
        stack.key().with_terms(guest, &json!({"in": "prompt"}), &open).ask("hello");
    }
    stack.restart();
    ask(&stack, &secret);
    stack.restart();

    let hold = status(&stack, "hold");
    let calls = hold["hooks"]["text"]["calls"].as_u64().unwrap();
    assert!(calls >= 4, "{hold}");
    assert_eq!((&hold["hooks"]["start"]["calls"], &hold["processes"]), (&json!(2), &json!(2)));
    assert_eq!((&hold["holds"], &hold["most_held_bytes"]), (&json!(2), &json!(1)));
    let (p50, p99) = (&hold["hooks"]["text"]["p50_us"], &hold["hooks"]["text"]["p99_us"]);
    assert!(p50.as_f64().unwrap() > 0.0 && p99.as_f64() >= p50.as_f64(), "{hold}");
    for (guest, count) in [("trap", "traps"), ("spin", "timeouts"), ("fail", "faults")] {
        let counts = status(&stack, guest);
        assert_eq!((&counts[count], &counts["skipped"]), (&json!(1), &json!(1)), "{counts}");
        let all = ["traps", "timeouts", "faults", "unavailable"].map(|name| counts[name].as_u64().unwrap());
        assert_eq!(all.iter().sum::<u64>(), 1, "{counts}");
    }
    let table = stack.adit(&["plugin", "status"]);
    assert!(table.contains("P99 µs") && table.contains("Last written"), "{table}");
}

#[test]
fn a_server_writes_while_it_runs() {
    let stack = Stack::with(["hello"]);
    stack.key().with("hello", &json!({})).ask("hello");
    let begun = Instant::now();
    while status(&stack, "hello").is_null() {
        assert!(begun.elapsed() < PATIENCE, "nothing was written");
    }
}

#[test]
fn a_rollout_needs_a_release_that_is_there() {
    let stack = Stack::with(["hello"]);
    let rollout = |options: &[&str]| stack.refusal(&[&["plugin", "rollout", "hello"], options].concat());
    let refusal = rollout(&["--version", "2.0.0", "--percent", "10"]);
    assert!(refusal.contains("there is no catalog: name one in `[catalog]`"), "{refusal}");
    for options in [["--stop"], ["--finish"]] {
        assert!(rollout(&options).contains("there is no rollout of plugin `hello`"));
    }
}
