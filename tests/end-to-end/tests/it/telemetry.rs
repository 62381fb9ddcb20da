//! Each request is told once, whatever becomes of it.

use serde_json::{Value, json};

use crate::harness::{Key, MODEL, Setup, Stack, says};

/// A stack that prints its records.
fn telling<const N: usize>(plugins: [&str; N]) -> Stack {
    Setup::new().plugins(plugins).settings("[telemetry]\nformat = 'json'").start()
}

/// The only record of a stack.
fn only(stack: Stack) -> Value {
    let records = stack.stop_for_records();
    assert_eq!(records.len(), 1, "{records:?}");
    records.into_iter().next().unwrap()
}

/// How the requests of a stack ended, in the order of the words for that: two that follow each other at once may
/// be told in either order.
fn ends(stack: Stack) -> Vec<String> {
    let records = stack.stop_for_records();
    let mut ends: Vec<String> = records
        .iter()
        .map(|record| {
            let word = |name: &str| {
                record.get(name).map_or("none".to_owned(), |word| word.to_string().replace('"', ""))
            };
            ["adit.outcome", "error.type", "http.response.status_code"].map(word).join(" ")
        })
        .collect();
    ends.sort_unstable();
    ends
}

#[test]
fn a_stream_with_plugins() {
    let stack = telling(["redact", "hello"]);
    let key = stack.key().with("redact", &json!({})).with("hello", &json!({}));
    let mut request = says("write to mia@example.org");
    request["stream"] = json!(true);
    let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    let headers = [("x-client-request-id", "mine-1"), ("traceparent", traceparent)];
    let answer = key.post_to("/v1/chat/completions", &headers, &request);
    assert_eq!(answer.status, 200);
    let id = answer.header("x-request-id").unwrap().to_owned();
    let key_id = key.secret[5..15].to_owned();
    stack.server().wait_for_output(&[&id]);

    let record = only(stack);
    for (name, expected) in [
        ("adit.outcome", json!("complete")),
        ("adit.request.id", json!(id)),
        ("adit.client_request.id", json!("mine-1")),
        ("trace_id", json!("4bf92f3577b34da6a3ce929d0e0e4736")),
        ("adit.key.id", json!(key_id)),
        ("http.request.method", json!("POST")),
        ("http.route", json!("/v1/chat/completions")),
        ("http.response.status_code", json!(200)),
        ("gen_ai.operation.name", json!("chat")),
        ("gen_ai.request.model", json!(MODEL)),
        ("gen_ai.request.stream", json!(true)),
        ("gen_ai.provider.name", json!("aws.bedrock")),
        ("gen_ai.response.model", json!(MODEL)),
        ("gen_ai.response.finish_reasons", json!(["end_turn"])),
        ("cloud.region", json!("us-east-1")),
        ("server.address", json!("127.0.0.1")),
        ("adit.upstream.attempts", json!(1)),
    ] {
        assert_eq!(record[name], expected, "{name}");
    }
    assert!(record["aws.request_id"].is_string(), "{record}");
    for name in ["gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens"] {
        assert!(record[name].as_u64().unwrap() > 0, "{name}");
    }
    let number = |name: &str| record[name].as_f64().unwrap_or_else(|| panic!("no `{name}`: {record}"));
    assert!(number("adit.cost_usd") > 0.0);
    assert!(number("adit.host_ms") <= number("adit.first_token_ms"));
    assert!(number("adit.first_token_ms") <= number("adit.total_ms"));
    assert!(number("gen_ai.response.time_to_first_chunk") * 1000.0 <= number("adit.first_token_ms"));
    let plugins = record["adit.plugins"].as_array().unwrap();
    let verdicts: Vec<_> = plugins.iter().map(|plugin| (&plugin["name"], &plugin["verdict"])).collect();
    let changed = json!("changed");
    assert_eq!(verdicts, [(&json!("redact"), &changed), (&json!("hello"), &changed)]);
    assert!(plugins.iter().all(|plugin| plugin["us"].as_u64().unwrap() > 0), "{plugins:?}");
}

#[test]
fn what_is_refused() {
    let stack = telling(["deny", "trap"]);
    let key = stack.key();
    Key::with_secret(&stack, "sk-unknown").ask("hello");
    key.post(&json!({"model": MODEL, "messages": "hello"}));
    key.get("/nowhere");
    stack.key().with("deny", &json!({"in": "prompt", "status": 403})).ask("hello");
    stack.key().with("trap", &json!({"in": "prompt"})).ask("hello");
    let limited = stack.key().policy(&["--requests-per-minute", "1"]);
    limited.ask("hello");
    limited.ask("hello");
    key.get("/v1/models");
    key.get("/health");
    assert_eq!(
        ends(stack),
        [
            "complete none 200",
            "complete none 200",
            "failed plugin_fault 500",
            "refused invalid_request 400",
            "refused plugin_denied 403",
            "refused rate_limited 429",
            "refused unauthenticated 401",
            "refused unknown_route 404",
        ]
    );
}

#[test]
fn a_client_that_leaves() {
    let stack = telling(["redact", "hello"]);
    let key = stack.key().with("redact", &json!({})).with("hello", &json!({}));
    stack.sim.always(&json!({"textDeltas": ["one ", "two "], "cutAfter": {"events": 3, "stall": true}}));
    let mut stream = key.stream("count");
    assert!(stream.next_chunk().is_some());
    stream.hang_up();
    stack.server().wait_for_output(&["\"client_left\"", "\"http.response.status_code\":200"]);

    stack.sim.always(&json!({"hang": true}));
    let connection = key.send(&says("hello"));
    // The first one has ended there.
    while stack.sim.requests_so_far().len() < 2 {
        std::thread::yield_now();
    }
    connection.hang_up();
    stack.server().wait_for_output(&["\"client_left\"", "\"gen_ai.request.stream\":false"]);
    assert_eq!(ends(stack), ["client_left none 200", "client_left none none"]);
}

#[test]
fn a_stream_that_breaks() {
    let stack = telling([]);
    stack.sim.always(&json!({"textDeltas": ["one ", "two "], "cutAfter": {"events": 3, "abort": true}}));
    stack.key().stream("count").answer();
    assert_eq!(ends(stack), ["cut broken_stream 200"]);
}

#[test]
fn a_call_that_was_repeated() {
    let throttled = json!({"error": {"type": "ThrottlingException", "message": "Too many tokens"}});
    let stack = Setup::new()
        .script(json!([{"match": {"nth": 1}, "action": throttled}]))
        .settings("[telemetry]\nformat = 'json'")
        .start();
    assert_eq!(stack.key().ask("hello").content(), "hello");
    let record = only(stack);
    assert_eq!((&record["adit.upstream.attempts"], &record["adit.outcome"]), (&json!(2), &json!("complete")));
}

#[test]
fn what_the_response_cache_does() {
    let stack = telling([]);
    let key = stack.key().policy(&["--response-cache", "1h"]);
    let mut request = says("hello");
    request["temperature"] = json!(0);
    for outcome in ["miss", "hit"] {
        let id = key.post(&request).header("x-request-id").unwrap().to_owned();
        let line = stack.server().wait_for_output(&[&id]);
        let record: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(record["adit.cache"], outcome);
        assert_eq!(record["gen_ai.usage.output_tokens"] == json!(0), outcome == "hit", "{record}");
    }
}

#[test]
fn embeddings_and_the_older_format() {
    let stack = telling([]);
    let key = stack.key();
    let embeddings = json!({"model": "amazon.titan-embed-text-v2:0", "input": "hello"});
    assert_eq!(key.post_to("/v1/embeddings", &[], &embeddings).status, 200);
    let completion = json!({"model": MODEL, "prompt": "hello"});
    assert_eq!(key.post_to("/v1/completions", &[], &completion).status, 200);
    let records = stack.stop_for_records();
    let mut operations: Vec<_> =
        records.iter().map(|record| record["gen_ai.operation.name"].as_str().unwrap()).collect();
    operations.sort_unstable();
    assert_eq!(operations, ["embeddings", "text_completion"]);
    assert!(records.iter().all(|record| record["gen_ai.usage.input_tokens"].as_u64().unwrap() > 0));
}

#[test]
fn metrics_for_the_stack() {
    let stack = Setup::new()
        .settings("[telemetry]\nformat = 'emf'")
        .environment("ADIT_PARAMETERS", "/adit/staging")
        .start();
    stack.key().ask("hello");
    let record = only(stack);
    assert_eq!((&record["Stack"], &record["Requests"]), (&json!("staging"), &json!(1)));
    assert_eq!(record["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Adit");
}

#[test]
fn a_line_for_people_unless_nobody_wants_one() {
    for (settings, lines) in [("", 1), ("[telemetry]\nformat = 'off'", 0)] {
        let stack = Setup::new().settings(settings).start();
        let answer = stack.key().ask("hello");
        let id = answer.header("x-request-id").unwrap().to_owned();
        let log = stack.stop_for_all();
        let told: Vec<_> = log.lines().filter(|line| line.contains(&id)).collect();
        assert_eq!(told.len(), lines, "{log}");
        assert!(told.iter().all(|line| line.contains("complete") && line.contains(MODEL)), "{told:?}");
    }
}
