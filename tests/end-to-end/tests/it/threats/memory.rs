//! 2: memory, tables and handles.

use std::time::Instant;

use serde_json::json;

use super::beside::{MOST_BYTES, NO_BREAKER, PROMPT, assert_blamed, beside, both, check, hostile, script};
use super::written;
use crate::harness::{PATIENCE, Stack, says};

#[test]
fn tables_do_not_grow_without_end() {
    let log = check(hostile().plugin_file("tables", &written::router(written::TABLES)).start(), |stack| {
        let answers: Vec<_> = both(&stack.key().with("tables", &json!({}))).into();
        answers.into_iter().inspect(|answer| assert_blamed(answer, "tables")).collect()
    });
    assert!(
        log.contains("`tables`: session failed: a table would grow to 20001 entries, and the limit is 20000"),
        "{log}"
    );
}

#[test]
fn the_host_makes_nothing_large_for_a_plugin() {
    let log = check(hostile().plugins(["hoard"]).start(), |stack| {
        let all = ["handles", "waits", "random", "zeroes"];
        let answers =
            all.into_iter().flat_map(|what| both(&stack.key().with("hoard", &json!({"what": what}))));
        answers.inspect(|answer| assert_blamed(answer, "hoard")).collect()
    });
    for reason in [
        "resource table has no free keys",
        "too much data is being copied",
        "exceeds limit 65536",
        "cannot write more zeroes",
    ] {
        assert_eq!(log.matches(reason).count(), 2, "{reason}: {log}");
    }
}

/// Requests with the attacker's prompt that have reached the model.
fn waiting(stack: &Stack) -> usize {
    stack.sim.requests_so_far().iter().filter(|request| request["body"].to_string().contains(PROMPT)).count()
}

#[test]
fn many_instances_at_once_have_room_for_what_the_settings_say() {
    let settings = format!("{NO_BREAKER}[plugin_limits]\ninstances = 8\ninstances_per_key = 9");
    let stack = hostile().plugins(["soil"]).settings(&settings).start();
    // The neighbour has no plugin: of instances there are no more than these.
    let neighbour = stack.key().secret;
    let ((), log) = beside(stack, &neighbour, |stack| {
        script(stack, &json!({"hang": true}));
        let key = stack.key().with("soil", &json!({"mib": 24, "tell": false}));
        let mut held = Vec::new();
        let begun = Instant::now();
        for number in 0..8 {
            held.push(key.send(&says(PROMPT)));
            while waiting(stack) <= number {
                assert!(begun.elapsed() < PATIENCE, "{number} instances, and no more");
                std::thread::yield_now();
            }
        }
        for answer in (0..16).map(|_| key.ask(PROMPT)) {
            assert_eq!((answer.status, &answer.error()["code"]), (503, &json!("overloaded")));
        }
        let resident = stack.server().resident_bytes();
        assert!(((8 * 24) << 20..MOST_BYTES).contains(&resident), "the server keeps {resident} bytes");
    });
    super::beside::assert_secret(&log);
}

#[test]
fn one_key_leaves_instances_to_its_neighbours() {
    let settings = format!("{NO_BREAKER}[plugin_limits]\ninstances = 8");
    // The neighbour's requests need an instance each.
    let log = check(hostile().plugins(["soil", "hold"]).settings(&settings).start(), |stack| {
        script(stack, &json!({"hang": true}));
        let key = stack.key().with("soil", &json!({"mib": 1, "tell": false}));
        let mut held = Vec::new();
        let begun = Instant::now();
        for number in 0..4 {
            held.push(key.send(&says(PROMPT)));
            while waiting(stack) <= number {
                assert!(begun.elapsed() < PATIENCE, "{number} instances, and no more");
                std::thread::yield_now();
            }
        }
        let answers: Vec<_> = (0..16).map(|_| key.ask(PROMPT)).collect();
        for answer in &answers {
            assert_eq!((answer.status, &answer.error()["code"]), (429, &json!("key_overloaded")));
            assert_eq!(answer.header("retry-after"), Some("1"));
            assert!(answer.error()["message"].as_str().unwrap().contains("all 4 plugin instances"));
        }
        drop(held);
        // Whoever leaves gives the place back.
        script(stack, &json!({}));
        while key.ask(PROMPT).status != 200 {
            assert!(begun.elapsed() < PATIENCE, "no place came back");
        }
        answers
    });
    assert!(log.contains("plugin_limits.instances_per_key"), "{log}");
}
