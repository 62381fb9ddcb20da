//! A key from its making to its end: new secrets, expiry, whom AWS has authenticated, and what is said of it.

use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{Key, PATIENCE, Setup, Stack};

fn refused(key: &Key<'_>) -> String {
    let answer = key.ask("hello");
    assert_eq!((answer.status, &answer.error()["code"]), (401, &json!("invalid_api_key")));
    answer.error()["message"].as_str().unwrap().to_owned()
}

fn rotate<'s>(stack: &'s Stack, key: &Key<'_>, overlap: &str) -> Key<'s> {
    let secret = stack.adit(&["key", "rotate", &key.name, "--overlap", overlap, "--quiet"]);
    Key::with_secret(stack, secret.trim_end())
}

#[test]
fn a_former_secret_is_good_for_as_long_as_it_overlaps() {
    let stack = Stack::with(["hello"]);
    let first = stack.key().with("hello", &json!({}));
    let second = rotate(&stack, &first, "1h");
    assert_ne!(first.secret, second.secret);
    for key in [&first, &second] {
        assert_eq!(key.ask("hello").content(), "HELLO", "it is the same key");
    }
    let third = rotate(&stack, &first, "0s");
    assert!(refused(&second).contains("has expired"));
    assert!(refused(&first).contains("not known"), "only one former secret is good");
    assert_eq!(third.ask("hello").content(), "HELLO");

    stack.adit(&["key", "revoke", &first.name]);
    let refusal = stack.refusal(&["key", "rotate", &first.name]);
    assert!(refusal.contains("is revoked"), "{refusal}");
}

#[test]
fn a_key_is_valid_until_it_expires() {
    let stack = Stack::with([]);
    let secret = stack.adit(&["key", "create", "short", "--expires", "1s", "--quiet"]);
    let key = Key::with_secret(&stack, secret.trim_end());
    let begun = Instant::now();
    while key.ask("hello").status == 200 {
        assert!(begun.elapsed() < PATIENCE, "the key does not expire");
    }
    assert!(refused(&key).contains("has expired; ask the operator"));
    assert!(stack.adit(&["key", "list"]).contains("expired"));

    stack.adit(&["key", "edit", "short", "--expires", "90d", "--label", "team=search"]);
    assert_eq!(key.ask("hello").status, 200);
    let listed: Value = serde_json::from_str(&stack.adit(&["key", "list", "--json"])).unwrap();
    assert_eq!((&listed[0]["state"], &listed[0]["labels"]), (&json!("active"), &json!({"team": "search"})));
    stack.adit(&["key", "edit", "short", "--no-expiry", "--name", "long", "--remove-label", "team"]);
    assert!(stack.adit(&["key", "explain", "long"]).starts_with("key "));

    for (command, reason) in [
        (["key", "edit", "long", "--expires", "2020-01-01"], "is past already"),
        (["key", "edit", "long", "--remove-label", "team"], "has no label `team`"),
    ] {
        let refusal = stack.refusal(&command);
        assert!(refusal.contains(reason) && refusal.trim_end().lines().count() == 1, "{refusal}");
    }
}

#[test]
fn an_explanation_says_where_each_part_comes_from() {
    let stack = Stack::with(["redact", "hello", "route"]);
    stack.adit(&["team", "create", "search"]);
    let key = stack.key();
    stack.adit(&["key", "edit", &key.name, "--team", "search"]);
    for plugin in ["redact", "hello"] {
        stack.adit(&["team", "plugin", "enable", "search", plugin]);
    }
    stack.adit(&[
        "team",
        "policy",
        "search",
        "--model",
        "us.amazon.*",
        "--alias",
        "fast=a",
        "--requests-per-minute",
        "60",
    ]);
    let key =
        key.with("route", &json!({})).policy(&["--losses", "refuse", "--budget", "tokens-per-day=1000"]);
    key.disable("hello");

    let explain = |options: &[&str]| stack.adit(&[&["key", "explain", &key.name], options].concat());
    let text = explain(&[]);
    let words: Vec<_> =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for line in [
        "models team search us.amazon.*",
        "regions default all",
        "losses key refuse",
        "alias fast team search a",
        "redact team search {}",
        "route key {}",
        "hello: of the team, switched off by the key",
        "requests-per-minute team search 60 60 left",
        "tokens-per-day key 1000 0 used",
    ] {
        assert!(words.contains(&line.to_owned()), "`{line}` is not in\n{text}");
    }
    let json: Value = serde_json::from_str(&explain(&["--json"])).unwrap();
    assert_eq!(json["settings"][0], json!({"setting": "models", "value": "us.amazon.*", "from": "team"}));
    let budget = json!({"of": "key", "limit": "tokens-per-day", "most": 1000, "used": 0});
    assert!(json["limits"].as_array().unwrap().contains(&budget), "{json}");
    assert_eq!((&json["team"], &json["switched_off"]), (&json!("search"), &json!(["hello"])));
}

#[test]
fn a_principal_is_noted_and_no_header_makes_one() {
    const ARN: &str = "arn:aws:sts::123456789012:assumed-role/app/i-0abc";
    let stack = Setup::new().settings("[auth]\niam = true").start();
    let key = stack.key();
    let pattern = "arn:aws:sts::123456789012:assumed-role/app/*";
    stack.adit(&["key", "principal", "add", &key.name, pattern]);
    assert_eq!(stack.adit(&["key", "principal", "list", &key.name]).trim_end(), pattern);

    for name in ["x-amzn-request-context", "x-amzn-iam-arn", "x-adit-principal"] {
        let mut connection = stack.connect();
        connection.send_request("GET", "/v1/models", &[(name, ARN)], b"");
        assert_eq!(connection.answer().status, 401, "{name}");
    }
    stack.adit(&["key", "principal", "remove", &key.name, pattern]);
    assert_eq!(stack.adit(&["key", "principal", "list", &key.name, "--json"]).trim(), "[]");
    let open =
        stack.prepared(&["key", "principal", "add", &key.name, "arn:aws:iam::*:user/x"]).output().unwrap();
    assert_eq!(open.status.code(), Some(2), "a pattern without an account is taken");
}
