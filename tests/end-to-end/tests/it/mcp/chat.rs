//! `bedrock_chat` is a request as any other: the same plugins, limits and records.

use serde_json::{Value, json};

use super::client::{Client, message, messages, text};
use super::{SETTINGS, start};
use crate::harness::{LocalOnly, MODEL, Setup, is_skipped};
use crate::limits::{settled, using};

fn hello() -> Value {
    json!({"model": MODEL, "prompt": "hello"})
}

#[test]
fn a_model_answers_in_both_eras() {
    let stack = start();
    let key = stack.key();
    for client in Client::both(&key) {
        let result = client.tool("bedrock_chat", &hello());
        assert_eq!((text(&result), &result["isError"]), ("hello".to_owned(), &json!(false)));
        assert_eq!(result["_meta"]["adit/answer"]["model"], MODEL);
        assert_eq!(
            result["resultType"],
            if client.session.is_some() { json!(null) } else { json!("complete") }
        );
    }
}

#[test]
fn all_that_a_client_can_say_reaches_the_model() {
    let stack = start();
    let key = stack.key();
    let arguments = json!({
        "model": MODEL,
        "system": "be brief",
        "messages": [
            {"role": "user", "content": "what is this?", "images": [
                {"data": "iVBORw0KGgo=", "mimeType": "image/jpeg"},
            ]},
            {"role": "assistant", "content": "a cat"},
            {"role": "user", "content": "are you"},
            {"role": "user", "content": "sure?"},
        ],
        "temperature": 0.5, "top_p": 0.5, "max_tokens": 9, "stop": ["END"],
    });
    Client::new(&key).tool("bedrock_chat", &arguments);
    let body = stack.sim.last_body();
    assert_eq!(body["system"], json!([{"text": "be brief"}]));
    let sampling = json!({"temperature": 0.5, "topP": 0.5, "maxTokens": 9, "stopSequences": ["END"]});
    assert_eq!(body["inferenceConfig"], sampling);
    let image = json!({"image": {"format": "png", "source": {"bytes": "iVBORw0KGgo="}}});
    assert_eq!(
        body["messages"],
        json!([
            {"role": "user", "content": [image, {"text": "what is this?"}]},
            {"role": "assistant", "content": [{"text": "a cat"}]},
            {"role": "user", "content": [{"text": "are you"}, {"text": "sure?"}]},
        ])
    );
}

#[test]
fn what_is_told_while_it_streams_is_the_answer() {
    let stack = start();
    let key = stack.key();
    stack.sim.always(&json!({"textDeltas": ["one ", "two ", "three"]}));
    for client in Client::both(&key) {
        let params = json!({"name": "bedrock_chat", "arguments": hello(), "_meta": {"progressToken": "t-1"}});
        let answer = client.request("tools/call", params);
        assert!(answer.is_stream(), "{}", answer.text());
        let mut told = messages(&answer);
        assert_eq!(text(&told.pop().unwrap()["result"]), "one two three");
        assert!(!told.is_empty());
        let (mut said, mut last) = (String::new(), 0.0);
        for notification in told {
            assert_eq!(notification["method"], "notifications/progress");
            let params = &notification["params"];
            assert_eq!(params["progressToken"], "t-1");
            let progress = params["progress"].as_f64().unwrap();
            assert!(progress > last, "{params}");
            last = progress;
            said.push_str(params["message"].as_str().unwrap());
        }
        assert_eq!(said, "one two three");
    }
}

#[test]
fn what_is_personal_does_not_leave_and_comes_back() {
    const PROMPT: &str = "write to alice@example.org";
    let stack = Setup::new().settings(SETTINGS).plugins(["redact"]).start();
    let key = stack.key().with("redact", &json!({}));
    for client in Client::both(&key) {
        for meta in [json!({}), json!({"progressToken": 1})] {
            let arguments = json!({"model": MODEL, "prompt": PROMPT});
            let params = json!({"name": "bedrock_chat", "arguments": arguments, "_meta": meta});
            assert_eq!(text(&client.call("tools/call", params)), PROMPT);
        }
    }
    assert_eq!(stack.sim.requests().len(), 4);
    for request in stack.sim.requests() {
        assert!(!request["body"].to_string().contains("example.org"), "{}", request["body"]);
    }
}

#[test]
fn a_budget_that_is_used_up_is_a_result_that_says_so() {
    let stack = start();
    stack.sim.always(&using(600, 400));
    let key = stack.key().policy(&["--budget", "tokens-per-day=1000"]);
    let client = Client::new(&key);
    let arguments = json!({"model": MODEL, "prompt": "hello", "max_tokens": 10});
    assert_eq!(text(&client.tool("bedrock_chat", &arguments)), "fine");
    settled(&key, 1000);
    let said = client.tool_failure("bedrock_chat", &arguments);
    assert!(said.contains("used up"), "{said}");
    assert_eq!(stack.sim.requests().len(), 1);
    let report = client.tool("usage_report", &json!({}));
    assert_eq!(report["structuredContent"]["limits"][0]["budgets"][0]["used"], 1000);
}

#[test]
fn a_model_that_the_key_may_not_use_is_not_called() {
    let stack = start();
    let key = stack.key().policy(&["--model", "anthropic.*"]);
    let client = Client::new(&key);
    let said = client.tool_failure("bedrock_chat", &hello());
    assert!(said.contains("model"), "{said}");
    assert_eq!(stack.sim.requests(), Vec::<Value>::new());
}

#[test]
fn a_client_of_the_newer_era_that_leaves_ends_the_call() {
    if is_skipped(LocalOnly::SeesClientsLeave) {
        return;
    }
    let stack = start();
    let key = stack.key();
    let client = Client::new(&key);
    stack.sim.always(&json!({"textDeltas": ["one ", "two "], "cutAfter": {"events": 3, "stall": true}}));
    let params = json!({"name": "bedrock_chat", "arguments": hello(), "_meta": {"progressToken": 1}});
    let mut stream = client.stream("tools/call", params);
    assert!(stream.next_chunk().is_some());
    stream.hang_up();
    let outcomes: Vec<Value> =
        stack.sim.requests().iter().map(|request| request["outcome"].clone()).collect();
    assert_eq!(outcomes, ["clientLeft"]);
}

#[test]
fn a_client_of_the_older_era_cancels_by_a_message() {
    let stack = start();
    let key = stack.key();
    let client = Client::old(&key);
    stack.sim.always(&json!({"textDeltas": ["one ", "two "], "cutAfter": {"events": 3, "stall": true}}));
    let params = json!({"name": "bedrock_chat", "arguments": hello(), "_meta": {"progressToken": 1}});
    let stream = client.stream("tools/call", params);
    stack.sim.wait_for_a_request();
    let cancelled =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 7}});
    assert_eq!(client.post(&cancelled).status, 202);
    let outcomes: Vec<Value> =
        stack.sim.requests().iter().map(|request| request["outcome"].clone()).collect();
    assert_eq!(outcomes, ["clientLeft"]);
    // The stream of the request ends, and has no result.
    let answer = stream.answer();
    assert!(messages(&answer).iter().all(|message| message["result"].is_null()), "{}", answer.text());
}

#[test]
fn an_answer_that_takes_long_begins_with_comments() {
    // Whatever takes longer than a blink; the handshake too, whose answers have a head of their own.
    let settings = format!("{SETTINGS}[timeouts]\nkeep_alive_ms = 1");
    let stack = Setup::new().settings(&settings).start();
    let key = stack.key();
    stack.sim.always(&json!({"delayMs": 400}));
    for client in Client::both(&key) {
        let answer = client.request("tools/call", json!({"name": "bedrock_chat", "arguments": hello()}));
        let is_comment = |line: &str| line.starts_with(':');
        assert!(answer.is_stream() && answer.text().lines().any(is_comment), "{}", answer.text());
        assert_eq!(text(&message(&answer)["result"]), "hello");
    }
}

#[test]
fn there_is_one_record_of_each_request() {
    let settings = format!("{SETTINGS}[telemetry]\nformat = 'json'");
    let stack = Setup::new().settings(&settings).start();
    let key = stack.key();
    let client = Client::new(&key);
    client.tool("bedrock_chat", &hello());
    client.tool("bedrock_list_models", &json!({}));
    client.call("tools/list", json!({}));
    drop(client);
    let mut records = stack.stop_for_records();
    // A record is written behind its answer, so that one may be overtaken by that of the next request.
    records
        .sort_by_key(|record| record["gen_ai.tool.name"].as_str().map_or("none".to_owned(), str::to_owned));
    let members =
        ["http.route", "mcp.method.name", "gen_ai.tool.name", "gen_ai.operation.name", "adit.outcome"];
    let told: Vec<Vec<&str>> = records
        .iter()
        .map(|record| members.map(|name| record[name].as_str().unwrap_or("none")).into())
        .collect();
    assert_eq!(
        told,
        [
            ["/mcp", "tools/call", "bedrock_chat", "chat", "complete"],
            ["/mcp", "tools/call", "bedrock_list_models", "execute_tool", "complete"],
            ["/mcp", "tools/list", "none", "none", "complete"],
        ]
    );
    assert_eq!(records[0]["gen_ai.request.model"], MODEL);
    assert!(records[0]["gen_ai.usage.input_tokens"].as_u64().unwrap() > 0);
}
