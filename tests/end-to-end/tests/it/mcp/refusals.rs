//! What is wrong with a request is said in HTTP and in JSON-RPC.

use serde_json::{Value, json};

use super::client::{ACCEPT, Client, NEW, initialize, message};
use super::{SETTINGS, start};
use crate::harness::{Answer, Key, LocalOnly, Setup, is_skipped};

fn refused(answer: &Answer) -> (u16, i64, Value) {
    assert_eq!(answer.header("content-type"), Some("application/json"), "{}", answer.text());
    let body = answer.json();
    assert_eq!(body["jsonrpc"], "2.0");
    assert!(!body["error"]["message"].as_str().unwrap().is_empty());
    (answer.status, body["error"]["code"].as_i64().unwrap(), body["id"].clone())
}

#[test]
fn a_key_is_needed() {
    let stack = start();
    for secret in ["adit_0000000000_wrong", "x"] {
        let key = Key::with_secret(&stack, secret);
        let answer = key.post_to("/mcp", &ACCEPT, &initialize());
        assert_eq!(refused(&answer), (401, -32000, Value::Null));
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}

#[test]
fn a_body_has_to_be_one_message() {
    let stack = start();
    let key = stack.key();
    for (body, code, id) in [
        ("{", -32700, Value::Null),
        ("", -32700, Value::Null),
        ("[]", -32600, Value::Null),
        ("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]", -32600, Value::Null),
        ("\"x\"", -32600, Value::Null),
        ("{\"id\":\"a\"}", -32600, json!("a")),
        ("{\"jsonrpc\":\"1.0\",\"id\":3,\"method\":\"ping\"}", -32600, json!(3)),
    ] {
        let answer = key.post_bytes("/mcp", &ACCEPT, body.as_bytes());
        assert_eq!(refused(&answer), (400, code, id), "{body}");
    }
}

#[test]
fn a_client_takes_both_forms_of_an_answer_and_sends_json() {
    let stack = start();
    let key = stack.key();
    for accept in ["application/json", "text/event-stream", "text/html"] {
        let answer = key.post_to("/mcp", &[("accept", accept)], &initialize());
        assert_eq!(refused(&answer), (406, -32000, json!(0)), "{accept}");
    }
    let answer = key.post_as("/mcp", "text/plain", &ACCEPT, initialize().to_string().as_bytes());
    assert_eq!(refused(&answer), (415, -32000, json!(0)));
}

#[test]
fn a_body_over_the_limit_is_not_read() {
    let stack = Setup::new().settings(&format!("max_body_bytes = 1000\n{SETTINGS}")).start();
    let key = stack.key();
    let mut body = initialize();
    body["params"]["clientInfo"]["name"] = json!("x".repeat(1000));
    assert_eq!(refused(&key.post_to("/mcp", &ACCEPT, &body)).0, 413);
}

#[test]
fn who_introduces_itself_at_length_gets_no_session() {
    let stack = start();
    let key = stack.key();
    let mut body = initialize();
    body["params"]["capabilities"]["experimental"] = json!({"x": {"y": "z".repeat(400 << 10)}});
    let answer = key.post_to("/mcp", &ACCEPT, &body);
    assert_eq!(refused(&answer), (413, -32000, json!(0)));
    assert!(answer.text().contains("358400 bytes"), "{}", answer.text());
    assert_eq!(answer.header("mcp-session-id"), None);
    assert_eq!(Client::old(&key).call("ping", json!({})), json!({}));
}

#[test]
fn only_listed_pages_may_call() {
    let settings = "[cors]\norigins = ['https://app.test']\n[mcp]\nallowed_hosts = ['adit.test']";
    let stack = Setup::new().settings(settings).start();
    let key = stack.key();
    for (origin, status) in [
        ("https://app.test", 200),
        ("https://evil.test", 403),
        ("https://app.test:444", 403),
        ("null", 403),
        ("http://adit.test", 200),
    ] {
        let answer = key.post_to("/mcp", &[ACCEPT[0], ("origin", origin)], &initialize());
        assert_eq!(answer.status, status, "{origin}: {}", answer.text());
        if status == 403 {
            assert_eq!(refused(&answer), (403, -32000, json!(0)));
        }
    }
}

#[test]
fn a_server_on_this_machine_answers_to_its_own_names_alone() {
    if is_skipped(LocalOnly::ReadsRequests) {
        return;
    }
    let stack = Setup::new().start();
    let key = stack.key();
    let answer = key.post_to("/mcp", &ACCEPT, &initialize());
    assert_eq!(refused(&answer), (403, -32000, json!(0)));
    assert!(answer.text().contains("allowed_hosts"), "{}", answer.text());
}

#[test]
fn an_operator_can_do_without_it() {
    let stack = Setup::new().settings("[mcp]\nenabled = false").start();
    assert_eq!(stack.key().post_to("/mcp", &ACCEPT, &initialize()).status, 404);
}

#[test]
fn other_methods_of_http_are_refused() {
    let stack = start();
    let key = stack.key();
    let answer = key.ask_by("PUT", "/mcp", &ACCEPT);
    assert_eq!(refused(&answer).0, 405);
    assert!(answer.header("allow").unwrap().contains("POST"));
}

#[test]
fn headers_of_the_newer_era_have_to_fit_the_message() {
    let stack = start();
    let key = stack.key();
    let client = Client::new(&key);
    let (headers, body) = client.written("tools/call", json!({"name": "usage_report", "arguments": {}}));
    let with = |name: &str, value: Option<&str>| {
        let mut headers: Vec<(&str, &str)> = headers
            .iter()
            .filter(|(known, _)| *known != name)
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        headers.extend(value.map(|value| (name, value)));
        key.post_to("/mcp", &headers, &body)
    };
    for (name, value) in [
        ("mcp-method", Some("tools/list")),
        ("mcp-method", None),
        ("mcp-name", Some("bedrock_chat")),
        ("mcp-name", None),
        ("mcp-protocol-version", Some("2025-11-25")),
    ] {
        let answer = with(name, value);
        assert_eq!(refused(&answer), (400, -32020, json!(7)), "{name} {value:?}");
    }
    assert_eq!(with("x-other", Some("1")).status, 200);

    let mut unknown = body.clone();
    unknown["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2099-01-01");
    let mut headers: Vec<(&str, &str)> = headers
        .iter()
        .filter(|(name, _)| *name != "mcp-protocol-version")
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    headers.push(("mcp-protocol-version", "2099-01-01"));
    let answer = key.post_to("/mcp", &headers, &unknown);
    assert_eq!(refused(&answer), (400, -32022, json!(7)));
    assert!(answer.json()["error"]["data"]["supported"].as_array().unwrap().contains(&json!(NEW)));
}

#[test]
fn what_is_not_there_is_said_by_code() {
    let stack = start();
    let key = stack.key();
    for client in Client::both(&key) {
        let is_old = client.session.is_some();
        let unknown = client.request("no/such", json!({}));
        assert_eq!(message(&unknown)["error"]["code"], -32601);
        assert_eq!(unknown.status, if is_old { 200 } else { 404 });
        let code = |method: &str, params| client.fail(method, params)["code"].clone();
        assert_eq!(code("tools/call", json!({"name": "no_such", "arguments": {}})), -32602);
        assert_eq!(code("prompts/get", json!({"name": "no_such"})), -32602);
        let gone = if is_old { -32002 } else { -32602 };
        assert_eq!(code("resources/read", json!({"uri": "docs://none"})), gone);
        assert_eq!(code("tools/list", json!({"cursor": "x"})), -32602);
    }
    assert_eq!(Client::old(&key).call("ping", json!({})), json!({}));
    for of_sessions in ["ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"] {
        for params in [json!({}), json!({"uri": "adit://usage/current", "level": "info"})] {
            let answer = Client::new(&key).request(of_sessions, params);
            let code = message(&answer)["error"]["code"].clone();
            assert_eq!((answer.status, code), (404, json!(-32601)), "{of_sessions}");
        }
    }
}
