//! The record that the plugin `audit` writes of each request.

use serde_json::{Value, json};

use crate::harness::{Key, LocalOnly, MODEL, Setup, Stack, is_skipped, says};

/// Stands in prompts, answers and refusals, and in no record.
const MARKER: &str = "marzipan";

/// A server that logs what plugins write, and warnings of its own.
fn logging<const N: usize>(plugins: [&str; N]) -> Stack {
    Setup::new().plugins(plugins).environment("ADIT_LOG", "warn,adit::plugin::output=info").start()
}

/// The record in a line of the log.
fn parse(line: &str) -> Value {
    let (start, end) = (line.find('{').unwrap(), line.rfind('}').unwrap());
    serde_json::from_str(&line[start..=end]).unwrap_or_else(|fault| panic!("{fault}: {line}"))
}

/// The only record that was written until the server's end.
fn record(stack: Stack) -> Value {
    stack.server().wait_for_line(&["adit::plugin::output", "audit", "\"record\":\"request\""]);
    let log = stack.stop();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains("adit::plugin::output")).collect();
    assert_eq!(lines.len(), 1, "{log}");
    let record = parse(lines[0]);
    assert!(!record.to_string().contains(MARKER), "{record}");
    record
}

fn audited(stack: &Stack) -> Key<'_> {
    stack.key().with("audit", &json!({}))
}

#[test]
fn of_a_complete_answer_in_one_piece_and_streamed() {
    for streaming in [false, true] {
        let stack = logging(["audit"]);
        let secret = stack.adit(&["key", "create", "labelled", "--label", "team=search", "--quiet"]);
        stack.adit(&["key", "plugin", "enable", "labelled", "audit"]);
        let key = Key::with_secret(&stack, secret.trim_end());
        let (request, answer) =
            (
                says(MARKER),
                |key: &Key<'_>, request: &Value| {
                    if streaming { key.post_for_stream(request).answer() } else { key.post(request) }
                },
            );
        let answer = answer(&key, &request);
        assert_eq!(answer.content(), MARKER);
        let record = record(stack);
        let id = answer.header("x-request-id").unwrap();
        for (member, expected) in [
            ("request", json!(id)),
            ("key", json!(&secret["adit_".len()..][..10])),
            ("labels", json!({"team": "search"})),
            ("format", json!("openai-chat")),
            ("streaming", json!(streaming)),
            ("asked_model", json!(MODEL)),
            ("model", json!(MODEL)),
            ("outcome", json!("complete")),
            ("stop", json!("end_turn")),
            ("status", Value::Null),
            ("code", Value::Null),
        ] {
            assert_eq!(record[member], expected, "{member}: {record}");
        }
        let usage = &record["usage"];
        assert!(usage["input_tokens"].as_u64() > Some(0) && usage["output_tokens"].as_u64() > Some(0));
        if !streaming {
            let counted = &answer.json()["usage"];
            assert_eq!(usage["output_tokens"], counted["completion_tokens"]);
        }
        assert!(record["total_ms"].as_u64() >= record["first_event_ms"].as_u64(), "{record}");
    }
}

#[test]
fn of_a_client_that_leaves() {
    if is_skipped(LocalOnly::SeesClientsLeave) {
        return;
    }
    let stack = logging(["audit"]);
    let stalls = json!({"textDeltas": [MARKER, "two ", "three"], "cutAfter": {"events": 3, "stall": true}});
    stack.sim.always(&stalls);
    let mut stream = audited(&stack).stream(MARKER);
    assert!(stream.next_chunk().is_some());
    stream.hang_up();
    let record = record(stack);
    assert_eq!((&record["outcome"], &record["model"]), (&json!("cancelled"), &json!(MODEL)));
    assert_eq!(
        (&record["stop"], &record["usage"], &record["status"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
}

#[test]
fn of_what_the_model_refuses() {
    let stack = logging(["audit"]);
    let refusal =
        json!({"error": {"type": "ValidationException", "message": format!("{MARKER} is malformed")}});
    stack.sim.always(&refusal);
    let answer = audited(&stack).ask(MARKER);
    assert!(answer.status >= 400, "{}", answer.text());
    let record = record(stack);
    assert_eq!((&record["outcome"], &record["code"]), (&json!("failed"), &json!("invalid_request")));
    assert_eq!((&record["status"], &record["model"]), (&json!(answer.status), &json!(MODEL)));
}

#[test]
fn of_an_answer_that_breaks_off() {
    let stack = logging(["audit"]);
    stack.sim.always(&json!({"textDeltas": [MARKER, "two "], "cutAfter": {"events": 3}}));
    let answer = audited(&stack).stream(MARKER).answer();
    assert_eq!(answer.status, 200);
    assert!(answer.error()["code"].is_string());
    let record = record(stack);
    // The client read 200: the status is what it would have been.
    assert_eq!(
        (&record["outcome"], &record["code"], &record["status"]),
        (&json!("failed"), &json!("broken_stream"), &json!(502))
    );
}

#[test]
fn of_what_another_plugin_refuses_or_stops_wherever_it_stands() {
    let rule = |place: &str| json!({"deny": [{"terms": [MARKER], "in": place, "message": MARKER}]});
    for (place, model) in [("prompt", Value::Null), ("answer", json!(MODEL))] {
        for plugins in [["audit", "guard"], ["guard", "audit"]] {
            let stack = logging(plugins);
            let key = plugins.into_iter().fold(stack.key(), |key, plugin| {
                let config = if plugin == "guard" { rule(place) } else { json!({}) };
                key.with(plugin, &config)
            });
            assert_eq!(key.ask(MARKER).status, 403);
            let record = record(stack);
            assert_eq!((&record["status"], &record["code"]), (&json!(403), &json!("content_denied")));
            assert_eq!((&record["outcome"], &record["model"]), (&json!("failed"), &model), "{plugins:?}");
        }
    }
}

#[test]
fn is_whole_however_long_the_name_of_a_model_is() {
    let stack = logging(["audit"]);
    let mut request = says("hello");
    request["model"] = json!("\u{2028}é\"\\".repeat(200));
    assert!(audited(&stack).post(&request).status >= 400);
    let record = record(stack);
    assert!(record["asked_model"].as_str().unwrap().len() < 250, "{record}");
    assert_eq!(record["outcome"], "failed");
}

#[test]
fn is_of_the_outcomes_and_labels_that_the_config_names() {
    let stack = logging(["audit", "guard"]);
    let labels = ["--label", "team=search", "--label", "tenant=acme", "--quiet"];
    let secret = stack.adit(&[&["key", "create", "labelled"], &labels[..]].concat());
    let mut key = Key::with_secret(&stack, secret.trim_end());
    key.name = "labelled".to_owned();
    let key = key
        .with("audit", &json!({"outcomes": ["failed"], "labels": ["tenant"]}))
        .with("guard", &json!({"deny": [{"terms": [MARKER]}]}));
    assert_eq!(key.ask("hello").status, 200);
    assert_eq!(key.ask(MARKER).status, 403);
    let record = record(stack);
    assert_eq!((&record["outcome"], &record["labels"]), (&json!("failed"), &json!({"tenant": "acme"})));
}

#[test]
fn is_not_written_by_a_wrong_config() {
    let stack = Stack::with(["audit"]);
    let name = stack.key().name;
    for (config, pointer) in [
        (r#"{"outcomes":["failed","late"]}"#, "/outcomes/1: "),
        (r#"{"labels":"team"}"#, "/labels: "),
        (r#"{"outcome":[]}"#, "/outcome: "),
    ] {
        let refusal = stack.refusal(&["key", "plugin", "enable", &name, "audit", "--config", config]);
        assert!(refusal.contains(pointer), "{refusal}");
    }
}
