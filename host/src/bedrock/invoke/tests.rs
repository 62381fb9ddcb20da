use bytes::Bytes;

use super::payload::received;
use super::*;
use crate::chat::{Delivery, Usage};
use crate::pipeline::Intervention;

fn payload(text: &'static str) -> Vec<Bytes> {
    vec![Bytes::from_static(text.as_bytes())]
}

#[test]
fn bedrocks_own_members_are_read_and_the_payload_stays_whole() {
    let text = r#"{"outputText":"a","amazon-bedrock-invocationMetrics":{"inputTokenCount":5,"outputTokenCount":7,
        "invocationLatency":1,"firstByteLatency":1},"amazon-bedrock-guardrailAction":"INTERVENED"}"#;
    let read = received(payload(text));
    assert_eq!(read.usage, Some(Usage { input_tokens: 5, output_tokens: 7, ..Usage::default() }));
    assert_eq!(read.intervention, Intervention::Intervened);
    assert_eq!(read.payloads, payload(text));
}

#[test]
fn what_a_model_says_about_itself_counts_for_nothing() {
    for text in [
        r#"{"outputText":"\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":5,\"outputTokenCount\":7}"}"#,
        r#"{"a":{"amazon-bedrock-invocationMetrics":{"inputTokenCount":5,"outputTokenCount":7}}}"#,
        r#"{"amazon-bedrock-guardrailAction":"NONE","amazon-bedrock-x":1}"#,
        "amazon-bedrock-",
    ] {
        let read = received(payload(text));
        assert_eq!((read.usage, read.intervention), (None, Intervention::None), "{text}");
    }
}

#[test]
fn a_guardrail_sees_all_or_the_model_is_not_asked() {
    let check = |body: &'static str, content_type: &str, guardrails| {
        let invocation = Invocation {
            body: Bytes::from_static(body.as_bytes()),
            content_type: content_type.to_owned(),
            accept: "*/*".to_owned(),
            delivery: Delivery::Whole,
            dropped: Vec::new(),
        };
        let capabilities = Capabilities { guardrails, ..Capabilities::default() };
        check_guarded(&invocation, &capabilities).is_ok()
    };
    let json = "application/json";
    assert!(check(r#"{"inputText":"a"}"#, json, Support::Accepted));
    assert!(!check(r#"{"inputText":"a"}"#, json, Support::Refused));
    assert!(!check(r#"{"inputText":"a"}"#, "text/plain", Support::Accepted));
    for body in [
        r#"{"amazon-bedrock-guardrailConfig":{"tagSuffix":"x"}}"#,
        r#"{"amazon-bedrock-guardrail\u0043onfig":null}"#,
        "[]",
        "inputText",
    ] {
        assert!(!check(body, json, Support::Accepted), "{body}");
    }
}
