use super::show::{show, with_defaults};
use super::{check, fixture};
use crate::wire::openai::{decode, refuse_remote};

const DEFAULTS: [(&str, &str); 2] =
    [("messages", r#"[{"role":"user","content":"Hi"}]"#), ("model", r#""m""#)];

#[test]
fn requests() {
    check("requests", |case| show(&decode(&with_defaults(case, &DEFAULTS))));
}

#[test]
fn what_has_to_be_fetched_is_refused_where_nothing_is() {
    let refused = |content: &str| {
        let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":[{content}]}}]}}"#);
        refuse_remote(&decode(body.as_bytes()).unwrap().request)
    };
    let image =
        refused(r#"{"type":"image_url","image_url":{"url":"https://example.com/a.png"}}"#).unwrap_err();
    assert_eq!(image.param.as_deref(), Some("messages[0].content[0].image_url.url"));
    assert!(image.message.contains("data URL"));
    let file =
        refused(r#"{"type":"text","text":"a"},{"type":"file","file":{"file_data":"http://example.com/a"}}"#);
    assert_eq!(file.unwrap_err().param.as_deref(), Some("messages[0].content[1].file.file_data"));
    assert_eq!(refused(r#"{"type":"image_url","image_url":{"url":"s3://b/a.png"}}"#), Ok(()));
}

#[test]
fn what_a_tool_has_to_fetch_is_refused_too() {
    let body = r#"{"model":"m","messages":[{"role":"user","content":"a"},
        {"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f"}}]},
        {"role":"tool","tool_call_id":"c","content":[{"type":"image_url","image_url":{"url":"http://a/b"}}]}]}"#;
    let failure = refuse_remote(&decode(body.as_bytes()).unwrap().request).unwrap_err();
    assert_eq!(failure.param.as_deref(), Some("messages[2].content[0].image_url.url"));
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
    // Instructions alone: no model answers without a user's message.
    "envoy/cache-control-on-system-message",
    // They choose a tool that is not there, which no model can call.
    "envoy/test-tool-choice-for-anthropic-claude-model",
    "envoy/test-tool-choices-for-anthropic-claude-model",
];

#[test]
fn takes_what_other_gateways_take() {
    let Some(recorded) = fixture("translation-cases.json") else { return };
    for case in recorded.as_array().unwrap() {
        if case["api"] == "openai-chat" {
            let outcome = decode(case["request"].to_string().as_bytes());
            let is_refused = case["match"] == "error" || REFUSED.contains(&case["id"].as_str().unwrap());
            assert_eq!(outcome.is_err(), is_refused, "{}: {outcome:?}", case["id"]);
        }
    }
}
