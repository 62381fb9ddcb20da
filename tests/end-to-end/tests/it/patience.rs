//! How long an answer may take, and what a client sees meanwhile.

use serde_json::{Value, json};

use crate::harness::{LocalOnly, Setup, Stack, is_skipped, says};

/// The model says two words and then nothing more, and the end does not come.
fn falls_silent() -> Value {
    json!({"textDeltas": ["one ", "two "], "cutAfter": {"events": 3, "stall": true}})
}

fn stack(settings: &str, action: &Value) -> Stack {
    let script = json!([{"match": {"textContains": "wait"}, "action": action}]);
    Setup::new().settings(settings).script(script).start()
}

/// The model was stopped, and the server goes on.
fn was_given_up(stack: &Stack) {
    let outcomes: Vec<Value> =
        stack.sim.requests().iter().map(|request| request["outcome"].clone()).collect();
    assert_eq!(outcomes, ["clientLeft"]);
    assert_eq!(stack.key().ask("all is well").content(), "all is well");
}

#[test]
fn an_answer_that_does_not_begin_in_time_has_a_status() {
    let begins = "[timeouts]\nfirst_event_ms = 50";
    for (settings, streamed) in
        [("[timeouts]\ntotal_ms = 2000", false), ("[timeouts]\ntotal_ms = 2000", true), (begins, true)]
    {
        let stack = stack(settings, &json!({"hang": true}));
        let mut request = says("wait");
        request["stream"] = json!(streamed);
        let answer = stack.key().post(&request);
        assert_eq!((answer.status, &answer.error()["code"]), (504, &json!("model_timeout")), "{settings}");
        was_given_up(&stack);
    }
}

#[test]
fn a_request_that_does_not_come_in_time_is_refused() {
    if is_skipped(LocalOnly::ReadsRequests) {
        return;
    }
    let stack = stack("[timeouts]\ntotal_ms = 200", &json!({}));
    let authorization = format!("Bearer {}", stack.key().secret);
    for path in ["/v1/chat/completions", "/v1/completions", "/v1/embeddings"] {
        let mut connection = stack.connect();
        let headers = [("authorization", authorization.as_str()), ("content-length", "100")];
        connection.send_head("POST", path, &headers);
        connection.send_bytes(b"{");
        let answer = connection.answer();
        assert_eq!((answer.status, &answer.error()["code"]), (504, &json!("model_timeout")), "{path}");
    }
    assert_eq!(stack.sim.requests_so_far().len(), 0);
}

#[test]
fn a_stream_that_is_not_complete_in_time_ends_with_an_error() {
    for settings in ["[timeouts]\ntotal_ms = 2500", "[timeouts]\nidle_ms = 1500"] {
        let stack = stack(settings, &falls_silent());
        let answer = stack.key().stream("wait").answer();
        assert_eq!((answer.status, &answer.error()["code"]), (200, &json!("model_timeout")), "{settings}");
        let text: String =
            answer.events().iter().filter_map(|event| event.text().map(str::to_owned)).collect();
        assert_eq!(text, "one two ");
        was_given_up(&stack);
    }
}

#[test]
fn a_quiet_stream_is_kept_alive_by_comments() {
    if is_skipped(LocalOnly::SeesClientsLeave) {
        return;
    }
    let stack = stack("[timeouts]\nkeep_alive_ms = 20", &falls_silent());
    let mut stream = stack.key().stream("wait");
    let mut comments = 0;
    while comments < 3 {
        let chunk = stream.next_chunk().unwrap();
        if chunk == b": keep-alive\n\n" {
            comments += 1;
        } else {
            assert!(chunk.starts_with(b"data: ") && chunk.ends_with(b"\n\n"), "{chunk:?}");
        }
    }
    stream.hang_up();
    was_given_up(&stack);
}

#[test]
fn a_stream_without_a_word_is_kept_alive_too() {
    if is_skipped(LocalOnly::SeesClientsLeave) {
        return;
    }
    let begun = json!({"cutAfter": {"events": 1, "stall": true}});
    let stack = stack("[timeouts]\nkeep_alive_ms = 20", &begun);
    let mut stream = stack.key().stream("wait");
    assert_eq!(stream.head.status, 200);
    assert_eq!(stream.next_chunk().unwrap(), b": keep-alive\n\n");
    stream.hang_up();
    was_given_up(&stack);
}

#[test]
fn a_client_that_leaves_during_a_pause_is_not_called_for_again() {
    if is_skipped(LocalOnly::SeesClientsLeave) {
        return;
    }
    // Each text is throttled once, for two seconds.
    let throttle = json!({"error": {"type": "ThrottlingException", "message": "slowly", "retryAfter": 2}});
    let script = json!([
        {"match": {"textContains": "leave", "nth": 1}, "action": throttle},
        {"match": {"textContains": "stay", "nth": 1}, "action": throttle},
    ]);
    let stack = Setup::new().script(script).start();
    let key = stack.key();
    let connection = key.send(&says("leave"));
    stack.sim.wait_for_a_request();
    assert_eq!(stack.sim.requests().len(), 1);
    connection.hang_up();
    // This one begins its pause later, so the other one's would be over before.
    assert_eq!(key.ask("stay").content(), "stay");
    let outcomes: Vec<Value> =
        stack.sim.requests().iter().map(|request| request["outcome"].clone()).collect();
    assert_eq!(outcomes, ["fault", "fault", "complete"]);
}
