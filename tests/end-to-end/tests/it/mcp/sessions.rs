//! Sessions of the older era: bound to a key, kept by the store, gone when nobody uses them.

use std::time::Instant;

use serde_json::{Value, json};

use super::client::{ACCEPT, Client, NEW, OLD, initialize, message};
use super::{SETTINGS, start};
use crate::harness::{Answer, Key, MODEL, Ministack, PATIENCE, Setup, Stack};

fn list(key: &Key<'_>, session: &str) -> Answer {
    let headers = [ACCEPT[0], ("mcp-session-id", session), ("mcp-protocol-version", OLD)];
    key.post_to("/mcp", &headers, &json!({"jsonrpc": "2.0", "id": 7, "method": "tools/list"}))
}

fn assert_unknown(answer: &Answer) {
    let error = message(answer)["error"].clone();
    assert_eq!(
        (answer.status, &error["code"], &answer.json()["id"]),
        (404, &json!(-32001), &json!(7)),
        "{error}"
    );
}

#[test]
fn nobody_else_finds_a_session() {
    let stack = start();
    let (key, other) = (stack.key(), stack.key());
    let session = Client::old(&key).session.unwrap();
    assert_eq!(list(&key, &session).status, 200);
    assert_unknown(&list(&other, &session));
    for unknown in ["0123456789abcdef0123456789abcdef", "x", "\u{fc}"] {
        assert_unknown(&list(&key, unknown));
    }
    assert_eq!(list(&key, &session).status, 200, "it goes on all the same");
}

#[test]
fn nobody_else_reaches_a_session_by_the_newer_era() {
    let stack = start();
    let (key, other) = (stack.key(), stack.key());
    let client = Client::old(&key);
    let session = client.session.clone().unwrap();
    let mut shake = initialize();
    shake["params"]["protocolVersion"] = json!(NEW);
    let headers = [
        ACCEPT[0],
        ("mcp-session-id", session.as_str()),
        ("mcp-protocol-version", NEW),
        ("mcp-method", "initialize"),
    ];
    let answer = other.post_to("/mcp", &headers, &shake);
    assert_ne!(answer.header("mcp-session-id"), Some(session.as_str()), "{}", answer.text());
    assert_eq!(client.call("ping", json!({})), json!({}), "it is still of the era that it was");
}

#[test]
fn a_session_that_was_ended_is_gone() {
    let stack = start();
    let (key, other) = (stack.key(), stack.key());
    let session = Client::old(&key).session.unwrap();
    let end = |key: &Key<'_>| key.ask_by("DELETE", "/mcp", &[("mcp-session-id", &session)]).status;
    assert_eq!(end(&other), 404);
    assert_eq!(list(&key, &session).status, 200);
    assert_eq!(end(&key), 204);
    assert_unknown(&list(&key, &session));
    assert_eq!(end(&key), 404);
}

#[test]
fn a_session_needs_its_id() {
    let stack = start();
    let key = stack.key();
    let answer = key.post_to("/mcp", &ACCEPT, &json!({"jsonrpc": "2.0", "id": 7, "method": "tools/list"}));
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (400, &json!(-32600)));
}

/// What a client has said of itself is known to the process that goes on with its session.
fn goes_on_elsewhere(mut stack: Stack) {
    let (session, secret) = {
        let key = stack.key();
        let client = Client::old(&key);
        client.call("logging/setLevel", json!({"level": "error"}));
        client.call("resources/subscribe", json!({"uri": "adit://usage/current"}));
        (client.session.unwrap(), key.secret.clone())
    };
    stack.kill_and_restart();
    let key = Key::with_secret(&stack, secret);
    let client = Client { key: &key, session: Some(session) };
    let params = json!({"name": "bedrock_chat", "arguments": {"model": MODEL, "prompt": "hello"}});
    let answer = client.request("tools/call", params);
    assert_eq!(super::client::text(&message(&answer)["result"]), "hello");
    let told: Vec<Value> = super::client::messages(&answer);
    assert_eq!(told[0]["method"], "notifications/resources/updated");
    assert_eq!(told[0]["params"]["uri"], "adit://usage/current");
}

#[test]
fn a_session_of_a_killed_process_goes_on_in_another_one_with_a_file() {
    goes_on_elsewhere(start());
}

#[test]
fn a_session_of_a_killed_process_goes_on_in_another_one_with_dynamodb() {
    let ministack = Ministack::start("dynamodb");
    goes_on_elsewhere(Setup::new().dynamodb(&ministack.url(), SETTINGS).start());
}

#[test]
fn two_servers_share_the_sessions_of_a_table() {
    let ministack = Ministack::start("dynamodb");
    let stack = Setup::new().dynamodb(&ministack.url(), SETTINGS).start();
    let beside = stack.serve_beside();
    let key = stack.key();
    let session = Client::old(&key).session.unwrap();
    let there = key.at(&beside);
    assert_eq!(list(&there, &session).status, 200);
    assert_eq!(there.ask_by("DELETE", "/mcp", &[("mcp-session-id", &session)]).status, 204);
    assert_unknown(&list(&key, &session));
}

#[test]
fn a_session_that_nobody_uses_is_over() {
    let stack = start();
    let key = stack.key();
    let session = Client::old(&key).session.unwrap();
    // As if it had been kept long ago.
    let file = rusqlite::Connection::open(stack.data_path("adit.db")).unwrap();
    let begun = Instant::now();
    while let Err(fault) = file.execute("UPDATE session SET expires = 1", []) {
        assert!(begun.elapsed() < PATIENCE, "{fault}");
        std::thread::yield_now();
    }
    assert_unknown(&list(&key, &session));
}
