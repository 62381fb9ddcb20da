//! Calls of the endpoint that speaks OpenAI's format, and whole answers of it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::chat::{
    Delivery, Guardrail, GuardrailMode, GuardrailTrace, Request, ServiceTier, StopReason, Usage,
};
use crate::error::Kind;

use super::canned::{Canned, Response};
use super::joined::{Block, Joined, joined};
use super::{answer, request};

const PATH: &str = "/openai/v1/chat/completions";

/// A request for a model that is only there.
pub(super) fn asked(delivery: Delivery) -> Request {
    Request { model: "xai.grok-4-fast".to_owned(), ..request(delivery) }
}

pub(super) fn completion(message: &Value, reason: &str) -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m", "service_tier": "flex",
        "choices": [{"index": 0, "message": message, "finish_reason": reason, "logprobs": null}],
        "usage": {
            "prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15,
            "prompt_tokens_details": {"cached_tokens": 4, "audio_tokens": 0},
        },
        "something": "new",
    })
}

async fn whole(body: &Value) -> Joined {
    let http = Canned::new([Response::json(200, &body.to_string())]);
    let (batches, failure) = answer(&http, &asked(Delivery::Whole)).await.unwrap();
    assert_eq!((batches.len(), failure), (1, None));
    joined(batches.concat())
}

#[tokio::test]
async fn a_whole_answer_is_read() {
    let call = |id: &str| json!({"id": id, "type": "function", "function": {"name": "weather", "arguments": "{\"a\":1}"}});
    let message = json!({
        "role": "assistant", "content": "Hello", "refusal": null, "reasoning_content": "hm",
        "tool_calls": [call("call_1"), call("call_2")],
    });
    let answer = whole(&completion(&message, "tool_calls")).await;
    let tool =
        |id: &str| Block::ToolUse { id: id.to_owned(), name: "weather".to_owned(), input: json!({"a": 1}) };
    let blocks: Vec<_> = answer.blocks.into_values().collect();
    assert_eq!(
        blocks,
        [
            Block::Reasoning { text: "hm".to_owned(), signature: None },
            Block::Text("Hello".to_owned()),
            tool("call_1"),
            tool("call_2"),
        ]
    );
    assert_eq!(answer.stop, Some(StopReason::ToolUse));
    let usage = Usage {
        input_tokens: 6,
        output_tokens: 5,
        cache_read_tokens: 4,
        service_tier: Some(ServiceTier::Flex),
        ..Usage::default()
    };
    assert_eq!(answer.usage, Some(usage));
}

#[tokio::test]
async fn reasons_to_stop_have_their_meaning() {
    let message = json!({"role": "assistant", "content": "Hello"});
    for (reason, expected) in [
        ("stop", StopReason::EndTurn),
        ("length", StopReason::MaxTokens),
        ("content_filter", StopReason::ContentFiltered),
        ("boredom", StopReason::Other("boredom".to_owned())),
    ] {
        assert_eq!(whole(&completion(&message, reason)).await.stop, Some(expected));
    }
    let mut guarded = completion(&message, "stop");
    guarded["amazon-bedrock-guardrailAction"] = json!("INTERVENED");
    assert_eq!(whole(&guarded).await.stop, Some(StopReason::ContentFiltered));
}

#[tokio::test]
async fn a_refusal_of_the_model_is_what_it_says() {
    let message = json!({"role": "assistant", "content": null, "refusal": "I will not."});
    let answer = whole(&completion(&message, "stop")).await;
    assert_eq!(answer.blocks.into_values().collect::<Vec<_>>(), [Block::Text("I will not.".to_owned())]);
}

#[tokio::test]
async fn a_call_is_signed_for_bedrock_and_goes_to_its_own_path() {
    let http = Canned::new([Response::json(500, "{}")]);
    let _ = answer(&http, &asked(Delivery::Whole)).await;
    let request = &http.requests()[0];
    assert_eq!(request.uri(), format!("https://bedrock-runtime.us-east-1.amazonaws.com{PATH}"));
    assert_eq!(request.method(), "POST");
    let header = |name| request.headers().get(name);
    assert!(header("authorization").unwrap().contains("/us-east-1/bedrock/aws4_request"));
    assert_eq!(header("content-type"), Some("application/json"));
    let body = request.body().bytes().unwrap();
    assert_eq!(header("content-length"), Some(body.len().to_string().as_str()));
    let body: Value = serde_json::from_slice(body).unwrap();
    assert_eq!(body["model"], "xai.grok-4-fast");
    for (name, _) in request.headers() {
        assert!(!name.to_ascii_lowercase().starts_with("x-amzn-bedrock"), "{name}");
    }
}

#[tokio::test]
async fn a_guardrail_goes_into_the_headers() {
    let http = Canned::new([Response::json(500, "{}")]);
    let guardrail = Guardrail {
        id: "gr-1".to_owned(),
        version: "DRAFT".to_owned(),
        trace: GuardrailTrace::Enabled,
        mode: GuardrailMode::Sync,
    };
    let _ = answer(&http, &Request { guardrail: Some(guardrail), ..asked(Delivery::Streamed) }).await;
    let request = &http.requests()[0];
    let header = |name| request.headers().get(name);
    assert_eq!(header("x-amzn-bedrock-guardrailidentifier"), Some("gr-1"));
    assert_eq!(header("x-amzn-bedrock-guardrailversion"), Some("DRAFT"));
    assert_eq!(header("x-amzn-bedrock-trace"), Some("ENABLED"));
    let signed = header("authorization").unwrap();
    assert!(signed.contains("x-amzn-bedrock-guardrailidentifier"), "{signed}");
}

#[tokio::test]
async fn refusals_are_sorted_by_status_and_word() {
    let error = |kind: &str, code: Value| json!({"error": {"message": "as the service words it", "type": kind, "param": "tools", "code": code}});
    let invalid = "invalid_request_error";
    for (status, body, expected) in [
        (400, error(invalid, Value::Null), Kind::InvalidRequest),
        (400, error(invalid, json!("context_length_exceeded")), Kind::ContextLength),
        (401, error(invalid, json!("invalid_api_key")), Kind::Credentials),
        (403, error("permission_error", Value::Null), Kind::Denied),
        (404, error(invalid, json!("model_not_found")), Kind::ModelNotFound),
        (429, error("rate_limit_error", json!(429)), Kind::Throttled),
        (500, error("server_error", Value::Null), Kind::UpstreamInternal),
        (503, error("overloaded_error", Value::Null), Kind::UpstreamUnavailable),
        // What stands before the endpoint.
        (403, json!({"__type": "AccessDeniedException", "message": "no"}), Kind::Denied),
        (403, json!({"__type": "ExpiredTokenException", "message": "no"}), Kind::Credentials),
        (200, error("server_error", Value::Null), Kind::UpstreamInternal),
        (200, json!({"choices": [{"message": {"content": "no reason to stop"}}]}), Kind::UnreadableAnswer),
        (200, json!("no answer"), Kind::UnreadableAnswer),
    ] {
        let http = Canned::new([Response::json(status, &body.to_string())]);
        let failure = answer(&http, &asked(Delivery::Whole)).await.unwrap_err();
        assert_eq!(failure.kind, expected, "{status} {body}");
        if expected == Kind::InvalidRequest {
            assert_eq!(failure.message, "as the service words it");
            assert_eq!(failure.param.as_deref(), Some("tools"));
            assert!(!failure.internal.unwrap().contains("words it"), "may quote the prompt");
        } else {
            assert_eq!(
                failure.param.is_some(),
                matches!(expected, Kind::ModelNotFound | Kind::ContextLength)
            );
        }
    }
}

#[tokio::test]
async fn a_throttle_says_when_to_come_back() {
    let body = r#"{"error":{"message":"slow down","type":"rate_limit_error"}}"#;
    let http = Canned::new([Response::new(429, &[("retry-after", "7")], &[body.as_bytes()])]);
    let failure = answer(&http, &asked(Delivery::Streamed)).await.unwrap_err();
    assert_eq!((failure.kind, failure.retry_after), (Kind::Throttled, Some(Duration::from_secs(7))));
}

#[tokio::test]
async fn thinking_under_two_names_is_read_once() {
    for message in [
        json!({"reasoning_content": "hm", "reasoning": "hm", "content": "Hello"}),
        json!({"reasoning_content": null, "reasoning": "hm", "content": "Hello"}),
        json!({"reasoning_content": "hm", "reasoning": null, "content": "Hello"}),
    ] {
        let answer = whole(&completion(&message, "stop")).await;
        let blocks: Vec<_> = answer.blocks.into_values().collect();
        let thought = Block::Reasoning { text: "hm".to_owned(), signature: None };
        assert_eq!(blocks, [thought, Block::Text("Hello".to_owned())], "{message}");
    }
}
