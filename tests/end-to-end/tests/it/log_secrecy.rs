//! What clients and models say, and what proves who they are, is never logged, whatever the level.

use serde_json::{Value, json};

use crate::harness::{Key, MODEL, Setup, Stack, says};

/// Stands in all that must not be logged.
const MARKER: &str = "marzipan";
const AWS_SECRET: &str = "marzipan/aws/secret";

fn logging<const N: usize>(level: &'static str, plugins: [&str; N]) -> Stack {
    telling("text", level, plugins)
}

/// With records of this form.
fn telling<const N: usize>(format: &str, level: &'static str, plugins: [&str; N]) -> Stack {
    Setup::new()
        .settings(&format!("[telemetry]\nformat = '{format}'"))
        .plugins(plugins)
        .environment("ADIT_LOG", level)
        .environment("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .environment("AWS_SECRET_ACCESS_KEY", AWS_SECRET)
        .start()
}

/// A request with the marker in every part.
fn request() -> Value {
    json!({
        "model": MODEL,
        "tools": [{"type": "function", "function": {
            "name": "send", "description": "marzipan tool", "parameters": {"type": "object", "properties": {
                "to": {"type": "string", "description": "marzipan parameter"},
            }},
        }}],
        "messages": [
            {"role": "system", "content": "marzipan system"},
            {"role": "user", "content": [{"type": "text", "text": "marzipan@example.org, call send {\"to\":\"marzipan\"}"}]},
            {"role": "assistant", "content": "marzipan", "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "send", "arguments": "{\"to\":\"marzipan\"}"}},
            ]},
            {"role": "tool", "tool_call_id": "call_1", "content": "marzipan result"},
        ],
    })
}

/// In all that the server has logged and told until its end.
fn assert_nothing_is_logged(stack: Stack, secrets: &[String]) {
    let log = stack.stop_for_all();
    assert!(log.contains("req_"), "no request was logged:\n{log}");
    for line in log.lines() {
        assert!(!line.contains(MARKER), "{line}");
        assert!(!line.contains("X-Amz-Signature") && !line.contains("Signature="), "{line}");
        for secret in secrets {
            // The id in front may be logged.
            assert!(!line.contains(&secret[16..]), "{line}");
        }
    }
}

fn both_ways(key: &Key<'_>, request: &Value) {
    key.post(request);
    key.post_for_stream(request).answer();
}

#[test]
fn nothing_of_an_answer_that_went_well() {
    let stack = logging("debug", ["redact", "hello"]);
    let plain = stack.key();
    let filtered = stack.key().with("redact", &json!({})).with("hello", &json!({}));
    for key in [&plain, &filtered] {
        both_ways(key, &request());
        both_ways(key, &says("marzipan@example.org"));
        assert!(key.ask("marzipan").content().eq_ignore_ascii_case("marzipan"));
    }
    let secrets = [plain.secret, filtered.secret];
    assert_nothing_is_logged(stack, &secrets);
}

#[test]
fn nothing_of_a_request_that_was_refused() {
    let stack = logging("debug", []);
    let key = stack.key();
    let mut unknown = request();
    unknown["marzipan"] = json!("marzipan");
    both_ways(&key, &unknown);
    for body in [
        json!({"model": MODEL, "messages": [{"role": "marzipan", "content": "marzipan"}]}),
        json!({"model": MODEL, "messages": "marzipan"}),
        json!({"model": MODEL, "messages": [{"role": "user", "content": {"marzipan": 1}}]}),
        // The name of a model is told; what has not the form of one is none.
        json!({"model": "marzipan model", "messages": [{"role": "user", "content": "hello"}]}),
    ] {
        assert_ne!(key.post(&body).status, 200, "{body}");
    }
    let mut connection = stack.connect();
    connection.post("/v1/chat/completions", Some(&key.secret), b"{\"messages\": marzipan");
    assert_eq!(connection.answer().status, 400);
    let mut connection = stack.connect();
    let authorization = format!("Bearer {}", key.secret);
    let headers = [
        ("x-marzipan", "marzipan"),
        ("x-request-id", "my marzipan"),
        ("traceparent", "marzipan"),
        ("authorization", &authorization),
    ];
    connection.send_request("GET", "/marzipan?marzipan", &headers, b"");
    assert_eq!(connection.answer().status, 404);

    let altered = format!("{}x", key.secret);
    for presented in ["sk-marzipan", &altered] {
        assert_eq!(Key::with_secret(&stack, presented).ask("marzipan").status, 401);
    }
    stack.adit(&["key", "revoke", &key.name]);
    assert_eq!(key.ask("marzipan").status, 401);
    let secrets = [key.secret];
    assert_nothing_is_logged(stack, &secrets);
}

#[test]
fn nothing_of_a_request_that_failed_in_a_plugin() {
    let stack = logging("debug", ["redact", "trap", "miscount", "deny"]);
    let mut secrets = Vec::new();
    for (plugin, config) in [
        ("trap", json!({"in": "prompt"})),
        ("trap", json!({"in": "text"})),
        ("miscount", json!({"how": "past-the-end"})),
        ("deny", json!({"in": "prompt", "status": 400})),
        ("redact", json!({"mode": "block"})),
    ] {
        let key = stack.key().with(plugin, &config);
        both_ways(&key, &request());
        both_ways(&key, &says("marzipan@example.org"));
        secrets.push(key.secret);
    }
    assert_nothing_is_logged(stack, &secrets);
}

#[test]
fn nothing_of_a_request_that_failed_at_bedrock() {
    let stack = logging("debug", ["hello"]);
    let key = stack.key().with("hello", &json!({}));
    // What Bedrock finds wrong with a request it may tell in the request's own words. Why it refuses the gateway, the
    // operator has to read.
    let message = "marzipan is what the prompt says";
    for action in [
        json!({"error": {"type": "ValidationException", "message": message}}),
        json!({"error": {"type": "AccessDeniedException", "message": "no"}}),
        json!({"error": {"type": "ModelErrorException", "message": "no"}}),
        json!({"exceptionAfter": {"events": 3, "type": "modelStreamErrorException", "message": "no"}}),
        json!({"exceptionAfter": {"events": 3, "type": "validationException", "message": message}}),
        json!({"cutAfter": {"events": 3, "abort": true}}),
        json!({"raw": {"base64": "eyJtYXJ6aXBhbiI6", "headers": {"content-type": "application/json"}}}),
    ] {
        stack.sim.always(&action);
        both_ways(&key, &request());
        both_ways(&key, &says("marzipan marzipan marzipan"));
    }
    let secrets = [key.secret];
    assert_nothing_is_logged(stack, &secrets);
}

#[test]
fn nothing_in_records_for_programs() {
    for format in ["json", "emf"] {
        let stack = telling(format, "info", ["redact", "hello", "trap"]);
        let filtered = stack.key().with("redact", &json!({})).with("hello", &json!({}));
        let broken = stack.key().with("trap", &json!({"in": "text"}));
        let foreign = Key::with_secret(&stack, "sk-marzipan");
        for key in [&filtered, &broken, &foreign] {
            both_ways(key, &request());
            both_ways(key, &says("marzipan@example.org"));
            key.post_with(("x-client-request-id", &filtered.secret), &request());
        }
        stack.sim.always(&json!({"error": {"type": "ValidationException", "message": "marzipan"}}));
        both_ways(&filtered, &request());
        let secrets = [filtered.secret, broken.secret];
        assert_nothing_is_logged(stack, &secrets);
    }
}

#[test]
fn nothing_at_the_finest_level() {
    let stack = logging("trace,aws_smithy_runtime=trace,aws_smithy_http=trace", []);
    let key = stack.key();
    both_ways(&key, &request());
    both_ways(&key, &says("marzipan"));
    let secrets = [key.secret];
    assert_nothing_is_logged(stack, &secrets);
}
