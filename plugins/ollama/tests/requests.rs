//! What is read from a request: the cases of `cases.json`.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use adit_plugin::chat::{Message, Part, Reasoning, ResultPart, Role, ToolResult, ToolUse};
use adit_plugin::formats::{Call, Decoded, Delivery};
use adit_plugin::testing::{Session, context, http_request};
use ollama::Ollama;
use serde_json::Value;
use serde_json::value::RawValue;

#[derive(serde::Deserialize)]
struct Case<'a> {
    name: String,
    #[serde(default)]
    path: Option<String>,
    #[serde(borrow)]
    body: &'a RawValue,
    read: String,
}

#[test]
fn requests_are_read_as_the_cases_say() {
    let cases: Vec<Case<'_>> = serde_json::from_str(include_str!("cases.json")).unwrap();
    for Case { name, path, body, read } in cases {
        let mut session = Session::<Ollama>::start("{}", context()).unwrap();
        let path = path.as_deref().unwrap_or("/api/chat");
        let decoded = session.decode(http_request("POST", path, minified(body)));
        let shown = match decoded {
            Ok(Decoded::Chat(call)) => shown(&call),
            Ok(Decoded::Respond(response)) => {
                let body: Value = serde_json::from_slice(&response.body).unwrap();
                format!("responds {} {}", response.status, body["done_reason"].as_str().unwrap())
            }
            Ok(Decoded::ListModels) => "lists".to_owned(),
            Err(failure) => format!("refused {} {}", failure.status, failure.message),
        };
        assert_eq!(shown, read, "{name}");
        assert!(!shown.contains("secret"), "{name}");
    }
}

/// Without white space between tokens; members keep their order.
fn minified(json: &RawValue) -> Vec<u8> {
    let (mut out, mut in_text, mut escaped) = (Vec::new(), false, false);
    for byte in json.get().bytes() {
        if in_text {
            in_text = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
        } else if byte.is_ascii_whitespace() {
            continue;
        } else {
            in_text = byte == b'"';
        }
        out.push(byte);
    }
    out
}

fn shown(Call { request, delivery, dropped }: &Call) -> String {
    let delivery = if *delivery == Delivery::Streamed { "streamed" } else { "whole" };
    let mut shown = vec![format!("{delivery} {}", request.model)];
    if !request.system.is_empty() {
        shown.push(format!("system: {}", parts(&request.system)));
    }
    for Message { role, parts: said } in &request.messages {
        let role = if *role == Role::User { "user" } else { "assistant" };
        shown.push(format!("{role}: {}", parts(said)));
    }
    for tool in &request.tools {
        let description = tool.description.as_ref().map(|text| format!(" ({text})")).unwrap_or_default();
        shown.push(format!("tool {}{description} {}", tool.name, tool.input_schema));
    }
    let sampling = &request.sampling;
    shown.extend(sampling.temperature.map(|it| format!("temperature {it}")));
    shown.extend(sampling.top_p.map(|it| format!("top_p {it}")));
    shown.extend(sampling.top_k.map(|it| format!("top_k {it}")));
    shown.extend(sampling.max_tokens.map(|it| format!("max {it}")));
    shown.extend(sampling.stop_sequences.iter().map(|it| format!("stop {it}")));
    shown.extend(request.extra.as_ref().map(|it| format!("extra {it}")));
    if !dropped.is_empty() {
        shown.push(format!("dropped {}", dropped.join(", ")));
    }
    shown.join(" | ")
}

fn parts(parts: &[Part]) -> String {
    parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

fn part(part: &Part) -> String {
    match part {
        Part::Text(text) => text.clone(),
        Part::Data(data) => format!("{} of {} bytes", data.media_type, data.bytes.len()),
        Part::Reasoning(Reasoning { text, signature: None }) => format!("thought {text}"),
        Part::ToolUse(ToolUse { id, name, input }) => format!("call {id} {name} {input}"),
        Part::ToolResult(ToolResult { tool_use_id, is_error, content }) => {
            let texts = content.iter().map(|part| match part {
                ResultPart::Text(text) => text.as_str(),
                _ => "?",
            });
            let verb = if *is_error { "failed with" } else { "gave" };
            format!("{tool_use_id} {verb} {}", texts.collect::<String>())
        }
        _ => "?".to_owned(),
    }
}
