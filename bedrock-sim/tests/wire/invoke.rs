//! InvokeModel of embedding models.

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
