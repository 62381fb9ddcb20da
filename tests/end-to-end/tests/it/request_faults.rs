//! What a client does wrong, it is told in OpenAI's shape and with the place of the fault.

use serde_json::{Value, json};

use crate::harness::{Answer, Key, LocalOnly, MODEL, Setup, Stack, is_skipped, says};

fn invalid(answer: &Answer, status: u16) -> Value {
    let error = answer.error();
    assert_eq!((answer.status, &error["type"]), (status, &json!("invalid_request_error")), "{error}");
    assert!(answer.header("x-request-id").is_some());
    assert_eq!(answer.header("x-should-retry"), Some("false"));
    error
}

fn post(stack: &Stack, key: &Key<'_>, body: &[u8]) -> Answer {
    let mut connection = stack.connect();
    connection.post("/v1/chat/completions", Some(&key.secret), body);
    connection.answer()
}

#[test]
fn a_body_that_is_no_json_object_is_refused() {
    let stack = Stack::with([]);
    let key = stack.key();
    for body in ["", "{", "hello", "[]", "null", "\"{}\"", r#"{"model": "a", "messages": [}"#, "\u{0}"] {
        let error = invalid(&post(&stack, &key, body.as_bytes()), 400);
        assert_eq!((&error["code"], &error["param"]), (&json!("invalid_json"), &Value::Null), "{body}");
    }
    invalid(&post(&stack, &key, b"{\"model\": \"\xff\"}"), 400);
    let deep = format!("{{\"messages\": {}", "[".repeat(100_000));
    invalid(&post(&stack, &key, deep.as_bytes()), 400);
    assert_eq!(key.ask("hello").content(), "hello");
}

#[test]
fn a_field_that_cannot_be_is_named() {
    let stack = Stack::with([]);
    let key = stack.key();
    let user = json!({"role": "user", "content": "hello"});
    let with = |name: &str, value: Value| {
        let mut request = says("hello");
        request[name] = value;
        request
    };
    let cases = [
        (json!({"model": MODEL}), "messages"),
        (json!({"messages": [user]}), "model"),
        (with("model", json!(5)), "model"),
        (with("messages", json!([])), "messages"),
        (with("messages", json!("hello")), "messages"),
        (with("messages", json!([user, 5])), "messages[1]"),
        (with("messages", json!([{"role": "robot", "content": "hello"}])), "messages[0].role"),
        (with("messages", json!([{"content": "hello"}])), "messages[0].role"),
        (with("messages", json!([{"role": "user"}])), "messages[0].content"),
        (with("messages", json!([{"role": "user", "content": 5}])), "messages[0].content"),
        (with("messages", json!([user, {"role": "tool", "content": "x"}])), "messages[1].tool_call_id"),
        (with("temperature", json!("hot")), "temperature"),
        (with("temperature", json!(9)), "temperature"),
        (with("max_tokens", json!(0)), "max_tokens"),
        (with("stream", json!("yes")), "stream"),
        (with("tools", json!({})), "tools"),
        (with("tool_choice", json!("required")), "tool_choice"),
        (with("n", json!(2)), "n"),
    ];
    for (request, param) in cases {
        let error = invalid(&key.post(&request), 400);
        assert_eq!(error["param"], param, "{request}: {error}");
        assert!(error["message"].as_str().unwrap().contains(&format!("`{param}")), "{error}");
        assert!(error["code"].is_string(), "{error}");
    }
    assert_eq!(stack.sim.requests(), Vec::<Value>::new());
}

#[test]
fn a_body_over_the_limit_is_refused() {
    if is_skipped(LocalOnly::ReadsRequests) {
        return;
    }
    let stack = Setup::new().settings("max_body_bytes = 2000").start();
    let key = stack.key();
    let fits = says(&"x".repeat(2000 - says("").to_string().len()));
    assert_eq!((fits.to_string().len(), key.post(&fits).status), (2000, 200));

    let too_large = says(&"x".repeat(2000)).to_string();
    let error = invalid(&post(&stack, &key, too_large.as_bytes()), 413);
    assert_eq!(error["code"], "request_too_large");

    // Without a length, in chunks, and only the first of them is ever sent.
    let mut connection = stack.connect();
    let authorization = format!("Bearer {}", key.secret);
    let headers = [("authorization", authorization.as_str()), ("transfer-encoding", "chunked")];
    connection.send_head("POST", "/v1/chat/completions", &headers);
    connection.send_bytes(format!("{:x}\r\n{too_large}\r\n", too_large.len()).as_bytes());
    assert_eq!(invalid(&connection.answer(), 413)["code"], "request_too_large");

    // A length that is announced is enough: nobody waits for the rest.
    let mut connection = stack.connect();
    let headers = [("authorization", authorization.as_str()), ("content-length", "2001")];
    connection.send_head("POST", "/v1/chat/completions", &headers);
    assert_eq!(invalid(&connection.answer(), 413)["code"], "request_too_large");
    assert_eq!(key.ask("hello").content(), "hello");
}

#[test]
fn a_body_in_chunks_is_as_good_as_one_with_a_length() {
    let stack = Stack::with([]);
    let authorization = format!("Bearer {}", stack.key().secret);
    let mut connection = stack.connect();
    let headers = [("authorization", authorization.as_str()), ("transfer-encoding", "chunked")];
    connection.send_head("POST", "/v1/chat/completions", &headers);
    for byte in says("hello").to_string().chars() {
        connection.send_bytes(format!("1\r\n{byte}\r\n").as_bytes());
    }
    connection.send_bytes(b"0\r\n\r\n");
    assert_eq!(connection.answer().content(), "hello");
}

#[test]
fn a_route_or_method_that_is_not_there_is_refused() {
    let stack = Stack::with([]);
    let cases = [
        ("GET", "/", 404, "unknown_url"),
        ("POST", "/v1/responses", 404, "unknown_url"),
        ("GET", "/v1/chat/completions/", 404, "unknown_url"),
        ("GET", "/v1/chat/completions", 405, "method_not_allowed"),
        ("DELETE", "/v1/models", 405, "method_not_allowed"),
    ];
    let authorization = format!("Bearer {}", stack.key().secret);
    for (method, path, status, code) in cases {
        let mut connection = stack.connect();
        connection.send_request(method, path, &[("authorization", &authorization)], b"");
        assert_eq!(invalid(&connection.answer(), status)["code"], code, "{method} {path}");
    }
}

#[test]
fn a_model_whose_name_is_no_text_is_not_there() {
    let stack = Stack::with([]);
    let answer = stack.key().get("/v1/models/%FF");
    assert_eq!((answer.status, &answer.error()["code"]), (404, &json!("model_not_found")));
    let mut connection = stack.connect();
    connection.send_request("GET", "/v1/models/%FF", &[], b"");
    assert_eq!(connection.answer().status, 401);
}

#[test]
fn what_had_no_effect_is_reported() {
    let stack = Stack::with([]);
    let key = stack.key();
    let mut request = says("hello");
    for (name, value) in [
        ("seed", json!(7)),
        ("frequency_penalty", json!(0.5)),
        ("presence_penalty", json!(0)),
        ("logit_bias", json!({"50256": -100})),
        ("store", json!(true)),
        ("made_up", json!({"a": 1})),
        ("bad\r\nname", json!(1)),
    ] {
        request[name] = value;
    }
    for answer in [key.post(&request), key.post_for_stream(&request).answer()] {
        assert_eq!(answer.content(), "hello");
        let mut dropped: Vec<&str> = answer.header("x-adit-dropped").unwrap().split(',').collect();
        dropped.sort_unstable();
        assert_eq!(dropped, ["frequency_penalty", "logit_bias", "made_up", "seed", "store", "unnamed"]);
    }
    assert_eq!(key.ask("hello").header("x-adit-dropped"), None);
}
