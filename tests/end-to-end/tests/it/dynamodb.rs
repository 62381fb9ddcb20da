//! Servers that keep everything in DynamoDB: they do as those with a file do, and several of them are one.

use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{Answer, Key, Ministack, PATIENCE, Setup, Stack, says};
use crate::limits::{self, code, limited, quota, settled, short, using};

fn start() -> (Ministack, Stack) {
    let ministack = Ministack::start("dynamodb");
    let stack = Setup::new().dynamodb(&ministack.url(), "").start();
    (ministack, stack)
}

fn repeatable(prompt: &str) -> Value {
    let mut request = says(prompt);
    request["temperature"] = json!(0);
    request
}

fn outcome(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.header("x-adit-cache").unwrap_or("none"))
}

fn total(key: &Key<'_>) -> Value {
    key.get("/v1/usage").json()["total"].clone()
}

#[test]
fn whatever_one_server_keeps_another_one_finds() {
    let (_ministack, mut stack) = start();
    let beside = stack.serve_beside();
    let limits =
        ["--requests-per-minute", "100", "--budget", "tokens-per-day=1000000", "--response-cache", "1h"];
    let key = stack.key().policy(&limits);
    let whole = key.post(&repeatable("hello"));
    assert_eq!((outcome(&whole), whole.content().as_str()), ((200, "miss"), "hello"));
    assert_eq!(whole.header("x-ratelimit-limit-requests"), Some("100"));
    let streamed = key.at(&beside).post_for_stream(&repeatable("other")).answer();
    assert_eq!((outcome(&streamed), streamed.content().as_str()), ((200, "miss"), "other"));
    for (key, prompt) in [(key.at(&beside), "hello"), (key.at(stack.server()), "other")] {
        let hit = key.post_for_stream(&repeatable(prompt)).answer();
        assert_eq!((outcome(&hit), hit.content().as_str()), ((200, "hit"), prompt));
    }
    let told = total(&key);
    assert_eq!((&told["requests"], &told["cache_hits"], &told["errors"]), (&json!(4), &json!(2), &json!(0)));
    assert_eq!(total(&key.at(&beside)), told);

    let (name, secret) = (key.name.clone(), key.secret.clone());
    stack.restart();
    let key = Key::with_secret(&stack, secret);
    assert_eq!(total(&key), told);
    assert_eq!(outcome(&key.post(&repeatable("hello"))), (200, "hit"));
    let usage: Value = serde_json::from_str(&stack.adit(&["usage", "--json"])).unwrap();
    assert!(usage.to_string().contains("\"requests\":5"), "{usage}");
    assert!(stack.adit(&["key", "explain", &name]).contains("tokens-per-day"));
    stack.adit(&["response-cache", "purge", &name]);
    assert_eq!(outcome(&key.at(&beside).post(&repeatable("hello"))), (200, "miss"));
    assert!(!stack.data_path("adit.db").exists(), "there is no file");
}

#[test]
fn limits_refuse_as_they_do_with_a_file() {
    let (_ministack, stack) = start();
    stack.sim.always(&using(600, 400));
    let key = stack.key().policy(&["--budget", "tokens-per-day=1000"]);
    assert_eq!(key.post(&short(10)).content(), "fine");
    settled(&key, 1000);
    assert_eq!(code(&key.post(&short(10))), quota());
    let key = stack.key().policy(&["--requests-per-minute", "1"]);
    assert_eq!(key.post_for_stream(&short(10)).answer().content(), "fine");
    assert_eq!(code(&key.post(&short(10))), limited());
    limits::a_team_is_refused_what_its_keys_have_used_up(&stack);
}

#[test]
fn a_table_that_goes_away_fails_closed_but_for_keys_that_were_just_found() {
    let (mut ministack, stack) = start();
    let limited = stack.key().policy(&["--budget", "tokens-per-day=1000000"]);
    let (known, never_asked) = (stack.key(), stack.key());
    for key in [&known, &limited] {
        assert_eq!(key.ask("hello").content(), "hello");
    }
    ministack.stop();
    assert_eq!(known.ask("hello").content(), "hello");
    assert_eq!(known.stream("hello").answer().content(), "hello");
    // A limit that cannot be looked at is not open.
    for key in [&never_asked, &limited] {
        let refused = key.ask("hello");
        assert_eq!((refused.status, &refused.error()["code"]), (503, &json!("store_unavailable")));
        assert!(refused.header("retry-after").is_some());
    }
    assert_eq!(stack.sim.requests().len(), 4);
}

#[test]
fn two_hundred_callers_of_two_servers_overspend_a_budget_by_one_reservation_at_most() {
    let (_ministack, stack) = start();
    let beside = stack.serve_beside();
    // Each takes some 52 tokens, and uses them.
    stack.sim.always(&using(2, 50));
    let key = stack.key().policy(&["--budget", "tokens-per-day=1000"]);
    let keys = [key.at(stack.server()), key.at(&beside)];
    let begun = Instant::now();
    // Where the table is too slow for so many at once, a client tries again, as it is told to.
    let status = &|caller: usize| loop {
        let status = keys[caller % 2].post(&short(50)).status;
        if status != 503 || begun.elapsed() > PATIENCE {
            return status;
        }
    };
    let served = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..200).map(|caller| scope.spawn(move || status(caller))).collect();
        let statuses: Vec<u16> = callers.into_iter().map(|caller| caller.join().unwrap()).collect();
        assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
        statuses.iter().filter(|status| **status == 200).count()
    });
    assert!((1..=20).contains(&served), "1000 tokens are enough for 19 and a bit, not for {served}");
    assert_eq!(stack.sim.requests().len(), served);
    if served == 20 {
        settled(&key, 20 * 52);
    }
}
