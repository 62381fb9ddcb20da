//! `adit plugin status`: what servers counted, summed.

use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{PATIENCE, Setup, Stack};

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
fn what_a_plugin_counts_itself_is_shown() {
    let mut stack = Stack::with(["lines"]);
    let secret = stack.key().with("lines", &json!({})).secret;
    // Once each: on Lambda, what follows waits for its minute.
    for _ in 0..2 {
        assert_eq!(crate::harness::Key::with_secret(&stack, secret.clone()).ask("hello").status, 200);
        stack.restart();
    }
    let metrics = &status(&stack, "lines")["metrics"];
    let waits = json!({"distribution": {"count": 2, "sum": 3.0, "min": 1.5, "max": 1.5}});
    assert_eq!(*metrics, json!({"requests": {"counter": 2}, "wait.ms": waits}));
    let table = stack.adit(&["plugin", "status"]);
    let line = table.lines().find(|line| line.contains("wait.ms")).unwrap();
    let cells: Vec<&str> = line.split_whitespace().collect();
    assert_eq!(cells, ["lines", "(file)", "wait.ms", "2", "1.50", "1.50", "1.50"], "{table}");
}

#[test]
fn calls_of_wire_formats_are_counted_too() {
    let mut stack = Setup::new()
        .plugins(["speak", "misformat"])
        .settings("[plugin_breaker]\nfailures = 2\npause_ms = 60000")
        .start();
    let titan =
        json!({"model": "amazon.titan-text-express-v1", "messages": [{"role": "user", "content": "?"}]});
    let well = stack.key().with("speak", &json!({"how": "well"}));
    assert_eq!(well.post_to("/speak", &[], &json!("hello")).status, 200);
    assert_eq!(well.post_to("/speak?stream", &[], &json!("hello")).status, 200);
    for (guest, config, ask) in
        [("speak", "trap-later", "/speak?stream"), ("misformat", "spin", "/v1/chat/completions")]
    {
        let key = stack.key().with(guest, &json!({"how": config}));
        let body = if guest == "speak" { json!("hello") } else { titan.clone() };
        key.post_to(ask, &[], &body);
        key.post_to(ask, &[], &body);
        let refused = key.post_to(ask, &[], &body);
        assert_eq!(
            (refused.status, &refused.error()["code"]),
            (503, &json!("plugin_unavailable")),
            "{guest}"
        );
    }
    stack.restart();
    let speak = status(&stack, "speak");
    let calls = |status: &Value, call: &str| status["hooks"][call]["calls"].as_u64().unwrap_or_default();
    assert_eq!((calls(&speak, "decode"), calls(&speak, "stream-head")), (4, 3), "{speak}");
    assert!(calls(&speak, "encode-events") >= 2 && calls(&speak, "encode-response") == 1, "{speak}");
    assert_eq!((&speak["traps"], &speak["breaker_openings"]), (&json!(2), &json!(1)), "{speak}");
    let format = status(&stack, "misformat");
    assert_eq!((calls(&format, "encode"), calls(&format, "decode-response")), (2, 2), "{format}");
    assert_eq!((&format["timeouts"], &format["breaker_openings"]), (&json!(2), &json!(1)), "{format}");
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
