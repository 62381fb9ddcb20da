use std::collections::HashMap;
use std::fmt::Write as _;

use serde_json::value::RawValue;

use super::{check, fixture};
use crate::error::{Failure, Kind};
use crate::wire::openai::{Decoded, UsageChunk, decode};

/// A case holds the members that matter; the model and a message are added if they are not there.
fn body(case: &str) -> Vec<u8> {
    let Ok(members) = serde_json::from_str::<HashMap<String, &RawValue>>(case) else {
        return case.as_bytes().to_vec();
    };
    let mut body = case.to_owned();
    for (name, value) in [("messages", r#"[{"role":"user","content":"Hi"}]"#), ("model", r#""m""#)] {
        if !members.contains_key(name) {
            let comma = if body == "{}" { "" } else { "," };
            body = format!("{{\"{name}\":{value}{comma}{}", body.strip_prefix('{').unwrap());
        }
    }
    body.into_bytes()
}

/// What is not as in the smallest request, a line each.
fn show(outcome: &Result<Decoded, Failure>) -> String {
    let mut text = String::new();
    match outcome {
        Ok(Decoded { request, include_usage, dropped }) => {
            for part in &request.system {
                writeln!(text, "system {part:?}").unwrap();
            }
            for message in &request.messages {
                writeln!(text, "{:?}", message.role).unwrap();
                for part in &message.parts {
                    writeln!(text, "    {part:?}").unwrap();
                }
            }
            for tool in &request.tools {
                writeln!(text, "{tool:?}").unwrap();
            }
            if let Some(choice) = &request.tool_choice {
                writeln!(text, "tool choice {choice:?}").unwrap();
            }
            if request.sampling != crate::chat::Sampling::default() {
                writeln!(text, "{:?}", request.sampling).unwrap();
            }
            if request.delivery == crate::chat::Delivery::Streamed {
                writeln!(text, "streamed").unwrap();
            }
            if *include_usage == UsageChunk::Include {
                writeln!(text, "with usage").unwrap();
            }
            if !dropped.is_empty() {
                writeln!(text, "dropped: {}", dropped.join(", ")).unwrap();
            }
            if request.model != "m" {
                writeln!(text, "model {:?}", request.model).unwrap();
            }
        }
        Err(failure) => {
            assert_eq!(failure.kind, Kind::InvalidRequest);
            assert!(!failure.message.contains('\n'), "one line: {}", failure.message);
            let code = failure.code.as_deref().unwrap();
            writeln!(text, "400 {} {code}\n{}", failure.param.as_deref().unwrap_or("-"), failure.message)
                .unwrap();
        }
    }
    text
}

fn check_requests(group: &str) {
    check(group, |case| show(&decode(&body(case))));
}

#[test]
fn bodies_and_plain_members() {
    check_requests("request-members");
}

#[test]
fn conversations() {
    check_requests("request-messages");
}

#[test]
fn parts_of_content() {
    check_requests("request-content");
}

#[test]
fn tools_and_their_choice() {
    check_requests("request-tools");
}

#[test]
fn no_message_of_a_fault_repeats_what_the_prompt_says() {
    let secret = "my , expected secret";
    for body in [
        format!(r#"{{"model":"m","messages":"{secret}"}}"#),
        format!(r#"{{"model":"m","messages":["{secret}"]}}"#),
        format!(r#"{{"model":"m","messages":[{{"role":"{secret}","content":"x"}}]}}"#),
        format!(r#"{{"model":"m","messages":[{{"role":"user","content":{{"{secret}":1}}}}]}}"#),
        format!(r#"{{"model":"m","messages":[{{"role":"user","content":[{{"type":"{secret}"}}]}}]}}"#),
        format!(r#"{{"model":"m","messages":[{{"role":"assistant","tool_calls":["{secret}"]}}]}}"#),
        format!(r#"{{"model":"m","stop":{{"{secret}":1}},"messages":[]}}"#),
        format!(r#""{secret}""#),
    ] {
        let failure = decode(body.as_bytes()).unwrap_err();
        assert!(!failure.message.contains("secret"), "{}", failure.message);
    }
}

/// Recorded requests that are refused with good reason.
const REFUSED: &[&str] = &[
    // Instructions alone, without a user.
    "envoy/cache-control-on-system-message",
    // They choose a tool that is not there.
    "envoy/test-tool-choice-for-anthropic-claude-model",
    "envoy/test-tool-choices-for-anthropic-claude-model",
    // Its tool has a name that Bedrock does not take.
    "agentgateway/test_bedrock_tool_name_sanitizes_long_mcp_names",
    // Not supported yet: structured output and files.
    "litellm/test_translate_response_format_native_output_config",
    "litellm/test_translate_response_format_fallback_tool_call",
    "vercel/should-convert-messages-with-document-parts",
];

#[test]
fn takes_what_other_gateways_take() {
    let Some(recorded) = fixture("translation-cases.json") else { return };
    for case in recorded.as_array().unwrap() {
        if case["api"] == "openai-chat" && case["match"] != "error" {
            let outcome = decode(case["request"].to_string().as_bytes());
            let is_refused = REFUSED.contains(&case["id"].as_str().unwrap());
            assert_eq!(outcome.is_err(), is_refused, "{}: {outcome:?}", case["id"]);
        }
    }
}
