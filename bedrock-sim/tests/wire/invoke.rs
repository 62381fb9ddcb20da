//! InvokeModel of models of embeddings and images, and CountTokens.

#![expect(clippy::indexing_slicing, reason = "a test may fail loudly")]

use bedrock_sim::Outcome;
use serde_json::json;

use crate::client::{post, start};

const TITAN: &str = "/model/amazon.titan-embed-text-v2%3A0/invoke";

#[tokio::test]
async fn an_embedding_says_its_tokens_in_a_header() {
    let sim = start(json!([])).await;
    let body = json!({"texts": ["Hello World!", "Goodbye cruel world!"], "input_type": "search_document"});
    let answer = post(&sim, "/model/cohere.embed-english-v3/invoke", body).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.header("x-amzn-bedrock-input-token-count"), "5");
    assert_eq!(answer.header("x-amzn-bedrock-invocation-latency"), "1");
    assert_eq!(answer.json()["texts"], json!(["hello world!", "goodbye cruel world!"]));
    let record = &sim.requests()[0];
    assert_eq!(record.operation.as_deref(), Some("InvokeModel"));
    assert_eq!(record.model_id.as_deref(), Some("cohere.embed-english-v3"));
}

#[tokio::test]
async fn a_script_decides_for_invocations_too() {
    let error = json!({"type": "ThrottlingException", "message": "slow down", "retryAfter": 2});
    let matched = json!({"operation": "InvokeModel", "textContains": "slow", "nth": 1});
    let sim = start(json!([{"match": matched, "action": {"error": error}}])).await;
    let refused = post(&sim, TITAN, json!({"inputText": "slow"})).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "2"));
    assert_eq!(post(&sim, TITAN, json!({"inputText": "slow"})).await.status, 200);
    assert_eq!(sim.requests()[0].outcome, Outcome::Fault);
}

#[tokio::test]
async fn a_body_the_model_does_not_know_is_refused() {
    let sim = start(json!([])).await;
    let refused = post(&sim, TITAN, json!({"texts": ["a"]})).await;
    assert_eq!(refused.status, 400);
    assert!(refused.header("x-amzn-errortype").starts_with("ValidationException:"));
    assert_eq!(sim.requests()[0].outcome, Outcome::Refused);
}

#[tokio::test]
async fn images_are_as_many_as_were_asked_for_unless_a_filter_steps_in() {
    let sim = start(json!([])).await;
    let canvas = |text: &str| {
        json!({
            "taskType": "TEXT_IMAGE", "textToImageParams": {"text": text},
            "imageGenerationConfig": {"numberOfImages": 2},
        })
    };
    let path = "/model/amazon.nova-canvas-v1%3A0/invoke";
    let drawn = post(&sim, path, canvas("a cat")).await;
    assert_eq!((drawn.status, drawn.json()["images"].as_array().map(Vec::len)), (200, Some(2)));
    assert_eq!(post(&sim, path, canvas("a forbidden cat")).await.status, 400);
    assert_eq!(post(&sim, path, json!({"prompt": "a cat"})).await.status, 400);

    let path = "/model/stability.stable-image-core-v1%3A1/invoke";
    let drawn = post(&sim, path, json!({"prompt": "a cat"})).await.json();
    assert_eq!(
        (drawn["finish_reasons"][0].is_null(), drawn["images"].as_array().map(Vec::len)),
        (true, Some(1))
    );
    let kept_back = post(&sim, path, json!({"prompt": "a forbidden cat"})).await.json();
    assert_eq!(kept_back["images"], json!([]));
}

#[tokio::test]
async fn tokens_are_counted_for_some_models_by_their_own_ids() {
    let sim = start(json!([])).await;
    let counted = |system: &str| {
        let converse = json!({
            "system": [{"text": system}],
            "messages": [{"role": "user", "content": [{"text": "one two three"}]}],
        });
        json!({"input": {"converse": converse}})
    };
    let path = |model: &str| format!("/model/{model}/count-tokens");
    let claude = path("anthropic.claude-sonnet-4-6");
    let few = post(&sim, &claude, counted("be brief")).await;
    let more = post(&sim, &claude, counted("be very brief")).await;
    assert_eq!((few.status, few.json()), (200, json!({"inputTokens": 5})));
    assert_eq!(more.json(), json!({"inputTokens": 6}));
    for model in ["us.anthropic.claude-sonnet-4-6", "amazon.nova-lite-v1:0"] {
        let refused = post(&sim, &path(model), counted("be brief")).await;
        assert_eq!(refused.status, 400);
        assert!(refused.json()["message"].as_str().unwrap_or_default().contains("counting tokens"));
    }
    let mut unknown = counted("be brief");
    unknown["input"]["converse"]["inferenceConfig"] = json!({});
    assert_eq!(post(&sim, &claude, unknown).await.status, 400);
}
