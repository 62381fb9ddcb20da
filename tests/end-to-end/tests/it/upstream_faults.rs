//! What goes wrong at Bedrock or on the way there.

use serde_json::{Value, json};

use crate::harness::{Answer, Setup, Stack};

/// A stack whose model does this for the first request that says `trouble`, and for its repetitions.
fn troubled(action: &Value) -> Stack {
    Setup::new().script(json!([{"match": {"textContains": "trouble"}, "action": action}])).start()
}

fn error_of(name: &str) -> Value {
    json!({"error": {"type": name, "message": "as the service words it"}})
}

#[test]
fn an_error_of_bedrock_has_a_status_of_its_own() {
    let cases = [
        ("ValidationException", 400, "invalid_request_error"),
        ("AccessDeniedException", 403, "permission_error"),
        ("ResourceNotFoundException", 404, "not_found_error"),
        ("ModelErrorException", 424, "api_error"),
        ("UnrecognizedClientException", 500, "api_error"),
    ];
    let stack = Stack::with([]);
    let key = stack.key();
    for (name, status, kind) in cases {
        stack.sim.always(&error_of(name));
        for answer in [key.ask("trouble"), key.stream("trouble").answer()] {
            assert_eq!((answer.status, &answer.error()["type"]), (status, &json!(kind)), "{name}");
        }
    }
    assert_eq!(stack.sim.requests().len(), 2 * cases.len(), "what cannot succeed is not repeated");
}

#[test]
fn a_model_that_the_gateway_may_not_use_is_no_fault_of_the_key() {
    let stack = troubled(&error_of("AccessDeniedException"));
    let answer = stack.key().ask("trouble");
    let error = answer.error();
    assert_eq!((answer.status, &error["code"]), (403, &json!("model_access_denied")));
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("the gateway's own AWS role"), "{message}");
}

#[test]
fn a_throttled_request_says_when_to_come_back() {
    let stack = troubled(&json!({"error": {
        "type": "ThrottlingException", "message": "Too many tokens", "retryAfter": 1,
    }}));
    let answer = stack.key().stream("trouble").answer();
    let error = answer.error();
    assert_eq!((answer.status, &error["type"]), (429, &json!("rate_limit_error")), "{error}");
    assert_eq!(answer.header("retry-after"), Some("1"));
    assert_eq!(answer.header("x-should-retry"), None);
}

#[test]
fn a_request_that_is_throttled_once_succeeds() {
    let throttled =
        json!([{"match": {"textContains": "trouble", "nth": 1}, "action": error_of("ThrottlingException")}]);
    let stack = Setup::new().script(throttled).start();
    assert_eq!(stack.key().ask("trouble").content(), "trouble");
    assert_eq!(stack.sim.requests().len(), 2);
}

#[test]
fn a_server_that_cannot_be_reached_is_told_apart() {
    // The discard port: nothing listens there.
    let stack = Setup::new().upstream("http://127.0.0.1:9").start();
    let answer = stack.key().ask("hello");
    let error = answer.error();
    assert_eq!((answer.status, &error["code"]), (502, &json!("upstream_unreachable")), "{error}");
}

/// The client sees what had come, then an error, and never the mark of a good end.
fn ends_with_an_error(stack: &Stack, expected_text: &str) -> Answer {
    let answer = stack.key().stream("trouble").answer();
    assert_eq!(answer.status, 200);
    let text: String = answer.events().iter().filter_map(|event| event.text().map(str::to_owned)).collect();
    assert_eq!(text, expected_text);
    assert_eq!(answer.error()["type"], "api_error");
    assert_eq!(stack.key().ask("all is well").content(), "all is well");
    answer
}

#[test]
fn an_exception_in_the_middle_of_a_stream_is_an_error() {
    for name in ["modelStreamErrorException", "internalServerException", "serviceUnavailableException"] {
        let stack = troubled(&json!({
            "textDeltas": ["one ", "two ", "three"],
            "exceptionAfter": {"events": 3, "type": name, "message": "gone"},
        }));
        ends_with_an_error(&stack, "one two ");
    }
}

#[test]
fn a_stream_that_is_cut_is_an_error_wherever_it_is_cut() {
    let cuts = [
        json!({"events": 3}),
        json!({"events": 3, "abort": true}),
        json!({"events": 4}),
        // Inside a frame.
        json!({"bytes": 500}),
    ];
    let stack = Stack::with([]);
    let key = stack.key();
    for cut in cuts {
        let action = json!({"textDeltas": ["one ", "two "], "cutAfter": cut});
        stack.sim.run(&json!([{"match": {"textContains": "trouble"}, "action": action}]));
        let answer = key.stream("trouble").answer();
        assert_eq!((answer.status, &answer.error()["code"]), (200, &json!("incomplete_answer")), "{cut}");
    }
    assert_eq!(key.ask("all is well").content(), "all is well");
}

#[test]
fn a_stream_that_ends_before_it_begins_is_an_error_with_a_status() {
    let stack = troubled(&json!({"cutAfter": {"events": 0}}));
    let answer = stack.key().stream("trouble").answer();
    assert_eq!((answer.status, &answer.error()["code"]), (502, &json!("incomplete_answer")));
}
