//! Models that Bedrock has at its OpenAI-compatible endpoint alone: nothing is different for a client.

use serde_json::{Value, json};

use crate::harness::{Event, Key, LocalOnly, Setup, Stack, is_skipped, says};

const GROK: &str = "xai.grok-4-fast";
const GPT: &str = "openai.gpt-5.6-luna";

fn asks(prompt: &str) -> Value {
    let mut body = says(prompt);
    body["model"] = json!(GROK);
    body
}

fn last(stack: &Stack) -> Value {
    stack.sim.requests().pop().unwrap()
}

/// The same in both forms of an answer.
fn both(key: &Key<'_>, body: &Value) -> [String; 2] {
    [key.post(body).content(), key.post_for_stream(body).answer().content()]
}

#[test]
fn an_answer_comes_whole_and_as_a_stream() {
    let stack = Stack::with([]);
    for model in [GROK, GPT] {
        let mut body = asks("Grüße an alle, die das lesen");
        body["model"] = json!(model);
        body["stream_options"] = json!({"include_usage": true});
        for sizes in [json!(4096), json!(1), json!([7, 1, 90])] {
            stack.sim.always(&json!({"splitBytes": sizes}));
            let answer = stack.key().post_for_stream(&body).answer();
            assert_eq!(answer.content(), "Grüße an alle, die das lesen");
            let usage =
                answer.events().iter().rev().find_map(|event| event.data().map(|data| data["usage"].clone()));
            assert_eq!(usage.unwrap()["completion_tokens"], 6);
        }
        body.as_object_mut().unwrap().remove("stream_options");
        let whole = stack.key().post(&body).json();
        assert_eq!(whole["choices"][0]["message"]["content"], "Grüße an alle, die das lesen");
        assert_eq!((&whole["choices"][0]["finish_reason"], &whole["model"]), (&json!("stop"), &json!(model)));
        assert_eq!(whole["usage"]["total_tokens"], 12);
        let sent = last(&stack);
        assert_eq!(
            (&sent["operation"], &sent["path"]),
            (&json!("ChatCompletions"), &json!("/openai/v1/chat/completions"))
        );
        assert_eq!(sent["body"]["model"], model);
    }
}

#[test]
fn a_stream_says_what_it_cost_even_if_nobody_asks() {
    let stack = Stack::with([]);
    let answer = stack.key().post_for_stream(&asks("hello")).answer();
    assert_eq!(answer.content(), "hello");
    assert!(!answer.text().contains("\"usage\":{"), "the client did not ask: {}", answer.text());
    assert_eq!(stack.sim.last_body()["stream_options"], json!({"include_usage": true}));
}

#[test]
fn settings_reach_the_endpoint_and_what_has_no_place_there_is_reported() {
    let stack = Stack::with([]);
    let mut body = asks("hello");
    body["reasoning_effort"] = json!("low");
    body["temperature"] = json!(0.5);
    body["max_tokens"] = json!(50);
    body["top_k"] = json!(5);
    body["response_format"] = json!({"type": "json_schema", "json_schema": {
        "name": "form", "strict": true, "schema": {"type": "object", "required": ["b"], "properties": {"b": {"type": "string"}, "a": {}}},
    }});
    let answer = stack.key().post(&body);
    let message = &answer.json()["choices"][0]["message"];
    assert!(message["content"].as_str().unwrap().contains("\"b\""), "{message}");
    assert!(message["reasoning_content"].is_string(), "{message}");
    assert_eq!(answer.header("x-adit-dropped"), Some("top_k"));
    let sent = stack.sim.last_body();
    assert_eq!((&sent["reasoning_effort"], &sent["max_completion_tokens"]), (&json!("low"), &json!(50)));
    assert_eq!(sent["response_format"], body["response_format"]);
}

fn tools() -> Value {
    json!([{"type": "function", "function": {
        "name": "send", "parameters": {"type": "object", "properties": {"to": {"type": "string"}}},
    }}])
}

#[test]
fn a_tool_is_called_and_its_result_goes_back() {
    let stack = Stack::with([]);
    let key = stack.key();
    let mut body = asks("call send {\"to\":\"a\"}\ncall send {\"to\":\"b\"}");
    body["tools"] = tools();
    let message = key.post(&body).json()["choices"][0]["message"].clone();
    let calls = message["tool_calls"].as_array().unwrap().clone();
    assert_eq!(calls.len(), 2, "{message}");
    assert!(calls[0]["id"].as_str().unwrap().starts_with("call_"));

    let streamed = key.post_for_stream(&body).answer();
    let indexes: Vec<u64> = streamed
        .events()
        .iter()
        .filter_map(Event::data)
        .filter_map(|data| data.pointer("/choices/0/delta/tool_calls/0/index")?.as_u64())
        .collect();
    assert!(indexes.contains(&0) && indexes.contains(&1), "{}", streamed.text());

    let messages = body["messages"].as_array_mut().unwrap();
    messages.push(message);
    for (call, result) in calls.iter().zip(["one", "two"]) {
        messages.push(json!({"role": "tool", "tool_call_id": call["id"], "content": result}));
    }
    assert_eq!(both(&key, &body), ["send said: one\nsend said: two", "send said: one\nsend said: two"]);
    assert_eq!(stack.sim.last_body()["messages"][1]["tool_calls"][1]["id"], calls[1]["id"]);
}

#[test]
fn what_is_personal_does_not_leave_and_comes_back() {
    const ADDRESS: &str = "alice@example.org";
    let stack = Stack::with(["redact"]);
    let key = stack.key().with("redact", &json!({}));
    for action in [json!({"splitBytes": 1}), json!({"splitBytes": [90, 11]}), json!({"burst": true})] {
        stack.sim.always(&action);
        let said = format!("write to {ADDRESS}, and to {ADDRESS} again");
        assert_eq!(both(&key, &asks(&said)), [said.as_str(), said.as_str()]);
        let mut call = asks(&format!("call send {{\"to\":\"{ADDRESS}\"}}"));
        call["tools"] = tools();
        assert_eq!(key.post(&call).arguments(), json!({"to": ADDRESS}));
        assert_eq!(key.post_for_stream(&call).answer().arguments(), json!({"to": ADDRESS}));
    }
    for request in stack.sim.requests() {
        assert_eq!(request["operation"], "ChatCompletions");
        let body = request["body"].to_string();
        assert!(body.contains("[EMAIL_") && !body.contains(ADDRESS), "{body}");
    }
}

#[test]
fn errors_have_the_statuses_that_they_have_elsewhere() {
    let stack = Stack::with([]);
    let key = stack.key();
    for (name, status, kind) in [
        ("ValidationException", 400, "invalid_request_error"),
        ("AccessDeniedException", 403, "permission_error"),
        ("ResourceNotFoundException", 404, "not_found_error"),
        ("UnrecognizedClientException", 500, "api_error"),
    ] {
        stack.sim.always(&json!({"error": {"type": name, "message": "as the service words it"}}));
        for answer in [key.post(&asks("hello")), key.post_for_stream(&asks("hello")).answer()] {
            assert_eq!((answer.status, &answer.error()["type"]), (status, &json!(kind)), "{name}");
        }
    }
    stack.sim.always(&json!({"error": {"type": "ThrottlingException", "message": "slow", "retryAfter": 30}}));
    let answer = key.post(&asks("hello"));
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("30")));
}

#[test]
fn a_throttle_is_repeated_and_another_region_stands_in() {
    let throttle = json!({"error": {"type": "ThrottlingException", "message": "slow"}});
    let stack = Setup::new()
        .settings("[bedrock]\nregions = ['us-east-1', 'us-west-2']")
        .script(json!([{"match": {"region": "us-east-1"}, "action": throttle}]))
        .start();
    assert_eq!(stack.key().post(&asks("hello")).content(), "hello");
    assert_eq!(last(&stack)["region"], "us-west-2");
}

#[test]
fn a_stream_that_breaks_is_an_error() {
    let stack = Stack::with([]);
    let key = stack.key();
    for action in [
        json!({"exceptionAfter": {"events": 3, "type": "modelStreamErrorException", "message": "gone"}}),
        json!({"cutAfter": {"events": 3}}),
        json!({"cutAfter": {"events": 3, "abort": true}}),
        json!({"cutAfter": {"bytes": 500}}),
    ] {
        stack.sim.always(&action);
        let answer = key.post_for_stream(&asks("one two three four")).answer();
        // `error` finds no `[DONE]`.
        assert_eq!((answer.status, &answer.error()["type"]), (200, &json!("api_error")), "{action}");
    }
}

#[test]
fn a_client_that_leaves_ends_the_call() {
    if is_skipped(LocalOnly::SeesClientsLeave) {
        return;
    }
    let stack = Stack::with([]);
    stack.sim.always(&json!({"textDeltas": ["one ", "two "], "cutAfter": {"events": 2, "stall": true}}));
    let mut stream = stack.key().post_for_stream(&asks("hello"));
    assert!(stream.next_chunk().is_some());
    stream.hang_up();
    assert_eq!(last(&stack)["outcome"], "clientLeft");
}

#[test]
fn a_call_is_signed_or_bears_the_bedrock_key() {
    let signed = Stack::with([]);
    assert_eq!(signed.key().post(&asks("hello")).content(), "hello");
    assert_eq!(
        (&last(&signed)["authentication"], &last(&signed)["region"]),
        (&json!("sigv4"), &json!("us-east-1"))
    );

    let bearer = Setup::new().environment("AWS_BEARER_TOKEN_BEDROCK", "bedrock-api-key-c2VjcmV0").start();
    assert_eq!(bearer.key().post_for_stream(&asks("hello")).answer().content(), "hello");
    assert_eq!(last(&bearer)["authentication"], "bearer");
}

#[test]
fn a_guardrail_of_the_key_goes_along() {
    let stack = Stack::with([]);
    let key = stack.key().policy(&["--guardrail", "gr-block:1"]);
    assert_eq!(key.post(&asks("hello")).content(), "hello");
    let headers = last(&stack)["headers"].clone();
    assert_eq!(headers["x-amzn-bedrock-guardrailidentifier"], "gr-block");
    assert_eq!(headers["x-amzn-bedrock-guardrailversion"], "1");
}

#[test]
fn an_explanation_shows_the_body() {
    let stack = Stack::with([]);
    let answer = stack.key().post_with(("x-adit-explain", "true"), &asks("hello"));
    let text = answer.text();
    assert!(text.contains("ChatCompletions") && text.contains("\"stream\":false"), "{text}");
    assert_eq!(stack.sim.requests().len(), 0);
}
