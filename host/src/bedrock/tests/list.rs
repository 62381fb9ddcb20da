//! The list of models.

use std::time::{Duration, Instant};

use aws_config::retry::RetryConfig;
use serde_json::{Value, json};

use crate::error::Kind;
use crate::pipeline::Upstream;

use super::bedrock;
use super::canned::{Canned, Response};

fn foundation(id: &str, owner: &str, inference: &str) -> Value {
    json!({
        "modelArn": format!("arn:aws:bedrock:us-east-1::foundation-model/{id}"), "modelId": id,
        "providerName": owner, "outputModalities": ["TEXT"], "inferenceTypesSupported": [inference],
    })
}

fn profile(id: &str, kind: &str, status: &str, model: &str) -> Value {
    json!({
        "inferenceProfileName": id, "inferenceProfileId": id, "status": status, "type": kind,
        "inferenceProfileArn": format!("arn:aws:bedrock:us-east-1:1:inference-profile/{id}"),
        "models": [{ "modelArn": format!("arn:aws:bedrock:us-east-1::foundation-model/{model}") }],
    })
}

/// The two first requests run side by side, in this order; the second page comes after both.
fn lists() -> [Response; 3] {
    let foundation = json!({ "modelSummaries": [
        foundation("mistral.small", "Mistral AI", "ON_DEMAND"),
        foundation("anthropic.claude", "Anthropic", "INFERENCE_PROFILE"),
        foundation("cohere.rerank-v3-5:0", "Cohere", "ON_DEMAND"),
    ] });
    let first = json!({
        "inferenceProfileSummaries": [
            profile("us.anthropic.claude", "SYSTEM_DEFINED", "ACTIVE", "anthropic.claude"),
            profile("us.stability.image", "SYSTEM_DEFINED", "ACTIVE", "stability.image"),
        ],
        "nextToken": "2",
    });
    let second = json!({ "inferenceProfileSummaries": [
        profile("team-a", "APPLICATION", "ACTIVE", "anthropic.claude"),
    ] });
    [foundation, first, second].map(|body| Response::json(200, &body.to_string()))
}

#[tokio::test]
async fn lists_what_can_be_called_and_remembers_it_for_five_minutes() {
    let http = Canned::new([lists(), lists()].concat());
    let bedrock = bedrock(&http, RetryConfig::disabled());
    assert!(http.requests().is_empty(), "nothing is fetched before it is asked for");

    let start = Instant::now();
    let models = bedrock.models.list(start).await.unwrap();
    let listed: Vec<_> = models.iter().map(|model| (model.id.as_str(), model.owner.as_str())).collect();
    assert_eq!(
        listed,
        [
            ("arn:aws:bedrock:us-east-1:1:inference-profile/team-a", "Anthropic"),
            ("mistral.small", "Mistral AI"),
            ("us.anthropic.claude", "Anthropic"),
        ]
    );
    assert_eq!(http.requests().len(), 3);

    let later = start + Duration::from_secs(299);
    assert_eq!(bedrock.models.list(later).await.unwrap(), models);
    assert!(http.requests().is_empty());

    let later = start + Duration::from_secs(301);
    assert_eq!(bedrock.models.list(later).await.unwrap(), models);
    assert_eq!(http.requests().len(), 3);
}

#[tokio::test]
async fn a_refused_list_is_sorted_like_a_refused_call() {
    let refused = || Response::new(403, &[("x-amzn-errortype", "AccessDeniedException")], &[b"{}"]);
    let http = Canned::new([refused(), refused()]);
    let failure = bedrock(&http, RetryConfig::disabled()).models().await.unwrap_err();
    assert_eq!(failure.kind, Kind::Denied);
}
