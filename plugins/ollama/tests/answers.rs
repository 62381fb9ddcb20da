//! What is written of an answer.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use adit_plugin::Failure;
use adit_plugin::chat::{BlockKind, BlockStart, Delta, Event, StopReason, ToolHead, Usage};
use adit_plugin::formats::{Decoded, ModelEntry};
use adit_plugin::testing::{Session, answer_head, context, http_request};
use ollama::Ollama;
use serde_json::{Value, json};

fn asked(path: &str) -> Session<Ollama> {
    let mut session = Session::start("{}", context()).unwrap();
    let body = r#"{"model":"mine:latest","prompt":"?","messages":[{"role":"user","content":"?"}]}"#;
    assert!(matches!(session.decode(http_request("POST", path, body)), Ok(Decoded::Chat(_))));
    session
}

fn block(index: u32, kind: BlockKind, deltas: &[&str]) -> Vec<Event> {
    let delta = |text: &&str| Event::Delta(Delta { index, text: (*text).to_owned() });
    let mut events = vec![Event::BlockStart(BlockStart { index, kind })];
    events.extend(deltas.iter().map(delta));
    events.push(Event::BlockStop(index));
    events
}

fn call(deltas: &[&str]) -> Vec<Event> {
    block(2, BlockKind::ToolUse(ToolHead { id: "id".to_owned(), name: "look".to_owned() }), deltas)
}

fn end(reason: StopReason) -> Vec<Event> {
    let usage = Usage { input_tokens: 3, output_tokens: 5, cache_read_tokens: 1, cache_write_tokens: 0 };
    vec![Event::MessageStop(reason), Event::Usage(usage)]
}

fn lines(body: &str) -> Vec<Value> {
    assert!(body.is_empty() || body.ends_with('\n'), "{body}");
    body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Everything but the times, which are the clock's.
fn timeless(mut object: Value) -> Value {
    let members = object.as_object_mut().unwrap();
    for name in ["total_duration", "load_duration", "prompt_eval_duration", "eval_duration"] {
        assert!(members.remove(name).unwrap().is_u64());
    }
    object
}

fn all() -> Vec<Event> {
    [
        block(0, BlockKind::Reasoning, &["Hm", "."]),
        block(1, BlockKind::Text, &["So", "", " it is"]),
        call(&["", "{\"z\":1,", "\"a\":[2]}"]),
        end(StopReason::ToolUse),
    ]
    .concat()
}

#[test]
fn a_stream_is_lines_however_it_is_cut() {
    let each = all().into_iter().map(|event| vec![event]).collect();
    let (head, one_by_one) = asked("/api/chat").encode_stream(answer_head("model"), each);
    assert_eq!((head.status, head.headers[0].value.as_str()), (200, "application/x-ndjson"));
    let (_, together) = asked("/api/chat").encode_stream(answer_head("model"), vec![all()]);
    for body in [one_by_one, together] {
        let mut lines = lines(&body);
        let last = timeless(lines.pop().unwrap());
        let stamped = |message: Value| json!({"model": "mine:latest", "created_at": "2026-01-01T00:00:00.000Z", "message": message, "done": false});
        let expected = [
            stamped(json!({"role": "assistant", "content": "", "thinking": "Hm"})),
            stamped(json!({"role": "assistant", "content": "", "thinking": "."})),
            stamped(json!({"role": "assistant", "content": "So"})),
            stamped(json!({"role": "assistant", "content": " it is"})),
            stamped(json!({"role": "assistant", "content": "", "tool_calls": [
                {"id": "id", "function": {"index": 0, "name": "look", "arguments": {"z": 1, "a": [2]}}}]})),
        ];
        assert_eq!(lines, expected);
        let expected = json!({
            "model": "mine:latest", "created_at": "2026-01-01T00:00:00.000Z", "done": true, "done_reason": "stop",
            "message": {"role": "assistant", "content": ""}, "prompt_eval_count": 4, "eval_count": 5,
        });
        assert_eq!(last, expected);
    }
}

#[test]
fn a_whole_answer_is_one_object() {
    let (head, body) = asked("/api/chat").encode_response(answer_head("model"), all());
    assert_eq!((head.status, head.headers[0].value.as_str()), (200, "application/json; charset=utf-8"));
    assert!(body.contains(r#""arguments":{"z":1,"a":[2]}"#), "members keep their order: {body}");
    let body = timeless(serde_json::from_str(&body).unwrap());
    assert_eq!(body["message"]["content"], "So it is");
    assert_eq!(body["message"]["thinking"], "Hm.");
    assert_eq!((&body["done"], &body["done_reason"]), (&json!(true), &json!("stop")));
}

#[test]
fn the_older_endpoint_has_its_own_members() {
    let (_, body) = asked("/api/generate").encode_response(answer_head("model"), all());
    let body = timeless(serde_json::from_str(&body).unwrap());
    assert_eq!((&body["response"], &body["thinking"]), (&json!("So it is"), &json!("Hm.")));
    assert_eq!(body.get("message"), None);
}

#[test]
fn nothing_says_that_an_answer_is_done_before_it_is() {
    let cases = [
        block(1, BlockKind::Text, &["So"]),
        [block(1, BlockKind::Text, &["So"]), vec![Event::MessageStop(StopReason::EndTurn)]].concat(),
    ];
    for events in cases {
        let (_, body) = asked("/api/chat").encode_stream(answer_head("model"), vec![events]);
        assert_eq!(lines(&body).len(), 1);
        assert_eq!(lines(&body)[0]["done"], false);
    }
}

#[test]
fn a_call_that_was_cut_off_is_left_out() {
    for deltas in [&["{\"a\":"][..], &["[1]"], &["nothing"]] {
        let events = [call(deltas), end(StopReason::MaxTokens)].concat();
        let (_, body) = asked("/api/chat").encode_stream(answer_head("model"), vec![events]);
        assert_eq!(lines(&body).len(), 1, "{body}");
        assert_eq!(lines(&body)[0]["done_reason"], "length");
    }
    let (_, body) = asked("/api/chat").encode_stream(answer_head("model"), vec![call(&[""])]);
    assert_eq!(lines(&body)[0]["message"]["tool_calls"][0]["function"]["arguments"], json!({}));
}

#[test]
fn a_failure_is_an_error_and_a_line_in_a_stream() {
    let failure = || Failure::new(429, "rate_limit_exceeded", "slow \"down\"\n");
    let (head, body) = asked("/api/chat").encode_failure(failure(), false);
    assert_eq!((head.status, body.as_str()), (429, r#"{"error":"slow \"down\"\n"}"#));
    let (_, body) = asked("/api/chat").encode_failure(failure(), true);
    assert_eq!(lines(&body), [json!({"error": "slow \"down\"\n"})]);
}

#[test]
fn models_have_what_clients_show() {
    let mut session = Session::<Ollama>::start("{}", context()).unwrap();
    assert!(matches!(session.decode(http_request("GET", "/api/tags", "")), Ok(Decoded::ListModels)));
    let models = vec![ModelEntry { id: "a.b".to_owned(), owner: "A".to_owned() }];
    let (head, body) = session.encode_models(models);
    assert_eq!(head.status, 200);
    let body: Value = serde_json::from_str(&body).unwrap();
    let model = &body["models"][0];
    assert_eq!((&model["name"], &model["model"]), (&json!("a.b"), &json!("a.b")));
    assert_eq!(model["digest"].as_str().unwrap().len(), 64);
    assert_eq!(model["details"]["family"], "A");
}
