//! How many tokens a prompt has, by Bedrock's count or by estimate.

use crate::error::Kind;
use crate::pipeline::CountedBy;

use super::canned::Response;
use super::*;

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-20250514-v1:0";

async fn count(http: &Canned, model: &str) -> Result<(u64, CountedBy), Failure> {
    let request = Request { model: model.to_owned(), ..request(Delivery::Whole) };
    bedrock(http).count_tokens(&request, Deadline::Never, &Observation::default()).await
}

fn refused(message: &str) -> Response {
    let body = format!(r#"{{"message":"{message}"}}"#);
    Response::new(400, &[("x-amzn-errortype", "ValidationException")], &[body.as_bytes()])
}

#[tokio::test]
async fn bedrock_counts_for_the_model_behind_a_profile() {
    let http = Canned::new([Response::json(200, r#"{"inputTokens":42}"#)]);
    assert_eq!(count(&http, CLAUDE).await.unwrap(), (42, CountedBy::Upstream));
    let sent = &http.requests()[0];
    assert!(
        sent.uri().ends_with("/model/anthropic.claude-sonnet-4-20250514-v1%3A0/count-tokens"),
        "{}",
        sent.uri()
    );
    let body: serde_json::Value = serde_json::from_slice(sent.body().bytes().unwrap()).unwrap();
    let converse = &body["input"]["converse"];
    assert_eq!(converse["messages"][0]["content"][0]["text"], "Hello");
    assert_eq!(converse["toolConfig"]["tools"][0]["toolSpec"]["name"], "weather");
    assert!(converse.get("inferenceConfig").is_none());
}

#[tokio::test]
async fn a_model_that_is_not_counted_for_is_estimated() {
    let http = Canned::new([refused("The provided model doesn't support counting tokens.")]);
    let (tokens, by) = count(&http, CLAUDE).await.unwrap();
    assert_eq!(by, CountedBy::Estimate);
    assert!(tokens > 0);
    let http = Canned::default();
    assert_eq!(count(&http, "openai.gpt-5.6-luna").await.unwrap().1, CountedBy::Estimate);
    assert!(http.requests().is_empty(), "the other endpoint has no such call");
}

#[tokio::test]
async fn another_refusal_is_one() {
    let http = Canned::new([refused("messages: roles must alternate")]);
    assert_eq!(count(&http, CLAUDE).await.unwrap_err().kind, Kind::InvalidRequest);
}
