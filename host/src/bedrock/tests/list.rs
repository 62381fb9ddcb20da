//! The list of models.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bedrock::Bedrock;
use crate::capability;
use crate::config;
use crate::error::Kind;
use crate::pipeline::{Model, Upstream};

use super::canned::{Canned, Response};
use super::{bedrock, bedrock_in};

pub(super) fn foundation(id: &str, owner: &str, inference: &str) -> Value {
    json!({
        "modelArn": format!("arn:aws:bedrock:us-east-1::foundation-model/{id}"), "modelId": id,
        "providerName": owner, "outputModalities": ["TEXT"], "inferenceTypesSupported": [inference],
    })
}

pub(super) fn profile(id: &str, kind: &str, status: &str, model: &str) -> Value {
    json!({
        "inferenceProfileName": id, "inferenceProfileId": id, "status": status, "type": kind,
        "inferenceProfileArn": format!("arn:aws:bedrock:us-east-1:1:{}/{id}", match kind {
            "APPLICATION" => "application-inference-profile",
            _ => "inference-profile",
        }),
        "models": [{ "modelArn": format!("arn:aws:bedrock:us-east-1::foundation-model/{model}") }],
    })
}

/// The five lists are asked for side by side, in this order; the second page comes after all of them.
fn lists() -> [Response; 6] {
    let texts = json!({ "modelSummaries": [
        foundation("mistral.small", "Mistral AI", "ON_DEMAND"),
        foundation("anthropic.claude", "Anthropic", "INFERENCE_PROFILE"),
        foundation("cohere.rerank-v3-5:0", "Cohere", "ON_DEMAND"),
    ] });
    let vectors = json!({ "modelSummaries": [
        foundation("amazon.embed", "Amazon", "ON_DEMAND"),
        foundation("twelvelabs.marengo", "TwelveLabs", "ON_DEMAND"),
    ] });
    let first = json!({
        "inferenceProfileSummaries": [
            profile("us.anthropic.claude", "SYSTEM_DEFINED", "ACTIVE", "anthropic.claude"),
            profile("us.stability.image", "SYSTEM_DEFINED", "ACTIVE", "stability.image"),
        ],
        "nextToken": "2",
    });
    let application = json!({ "inferenceProfileSummaries": [
        profile("team-a", "APPLICATION", "ACTIVE", "anthropic.claude"),
    ] });
    let images = json!({ "modelSummaries": [
        foundation("stability.image", "Stability AI", "ON_DEMAND"),
        foundation("stability.upscale", "Stability AI", "ON_DEMAND"),
    ] });
    let second = json!({ "inferenceProfileSummaries": [
        profile("us.mistral.small", "SYSTEM_DEFINED", "ACTIVE", "mistral.small"),
    ] });
    [texts, vectors, first, application, images, second].map(|body| Response::json(200, &body.to_string()))
}

/// One embedding model is known, one that makes images, and one alias.
fn listing(http: &Canned) -> Bedrock {
    let entries = "[[model]]\npattern = 'amazon.embed'\nembedding = { api = 'titan_v2', dimensions = [256], max_texts = 1 }\n\
        [[model]]\npattern = 'stability.image'\nimage_generation = { api = 'stability', max_images = 1, tokens = 1000 }";
    let known = capability::Models::with(capability::Operator {
        entries: capability::Entries::parse(entries).unwrap(),
        aliases: [("fast".to_owned(), "mistral.small".to_owned())].into(),
        ..capability::Operator::default()
    });
    bedrock_in(http, &["us-east-1"], 1, config::Timeouts::default(), known)
}

const TEAM: &str = "arn:aws:bedrock:us-east-1:1:application-inference-profile/team-a";

#[tokio::test]
async fn lists_what_can_be_called_and_remembers_it_for_five_minutes() {
    let http = Canned::new([lists(), lists()].concat());
    let bedrock = listing(&http);
    assert!(http.requests().is_empty(), "nothing is fetched before it is asked for");

    let start = Instant::now();
    let models = bedrock.models.list(start).await.unwrap();
    let listed: Vec<_> = models.iter().map(|model| (model.id.as_str(), model.owner.as_str())).collect();
    assert_eq!(
        listed,
        [
            ("amazon.embed", "Amazon"),
            (TEAM, "Anthropic"),
            ("fast", "adit"),
            ("mistral.small", "Mistral AI"),
            ("stability.image", "Stability AI"),
            ("us.anthropic.claude", "Anthropic"),
            ("us.mistral.small", "Mistral AI"),
            ("us.stability.image", "Stability AI"),
        ]
    );
    assert_eq!(http.requests().len(), 6);

    let later = start + Duration::from_secs(299);
    assert_eq!(bedrock.models.list(later).await.unwrap(), models);
    assert!(http.requests().is_empty());

    let later = start + Duration::from_secs(301);
    assert_eq!(bedrock.models.list(later).await.unwrap(), models);
    assert_eq!(http.requests().len(), 6);
}

#[test]
fn an_alias_stands_for_its_model() {
    let bedrock = listing(&Canned::default());
    assert_eq!(bedrock.resolve("fast"), "mistral.small");
    assert_eq!(bedrock.resolve("slow"), "slow");
}

#[tokio::test]
async fn an_old_list_is_better_than_none_for_a_minute() {
    let refused = || Response::new(500, &[("x-amzn-errortype", "InternalServerException")], &[b"{}"]);
    let http = Canned::new([lists().to_vec(), vec![refused(); 5], lists().to_vec()].concat());
    let bedrock = listing(&http);
    let start = Instant::now();
    let models = bedrock.models.list(start).await.unwrap();
    let later = start + Duration::from_secs(301);
    assert_eq!(bedrock.models.list(later).await.unwrap(), models);
    let asked = http.requests().len();
    assert!((6..=11).contains(&asked), "{asked}");
    assert_eq!(bedrock.models.list(later + Duration::from_secs(59)).await.unwrap(), models);
    assert!(http.requests().is_empty());
}

#[tokio::test]
async fn a_refused_list_is_sorted_like_a_refused_call() {
    let http = Canned::new([(); 5].map(|()| denied()));
    let failure = bedrock(&http).models().await.unwrap_err();
    assert_eq!(failure.kind, Kind::Denied);
}

fn denied() -> Response {
    Response::new(403, &[("x-amzn-errortype", "AccessDeniedException")], &[b"{}"])
}

fn ids(models: &[Model]) -> Vec<&str> {
    models.iter().map(|model| model.id.as_str()).collect()
}

#[tokio::test]
async fn a_list_that_is_refused_does_not_hide_the_others() {
    let [texts, vectors, first, _, images, second] = lists();
    let http = Canned::new([texts, vectors, first, denied(), images, second]);
    let bedrock = listing(&http);
    let start = Instant::now();
    let models = bedrock.models.list(start).await.unwrap();
    let expected = [
        "amazon.embed",
        "fast",
        "mistral.small",
        "stability.image",
        "us.anthropic.claude",
        "us.mistral.small",
        "us.stability.image",
    ];
    assert_eq!(ids(&models), expected);
    assert_eq!(http.requests().len(), 6);
    assert_eq!(bedrock.models.list(start + Duration::from_secs(59)).await.unwrap(), models);
    assert!(http.requests().is_empty());
}

#[tokio::test]
async fn aliases_are_there_if_nothing_else_is() {
    let http = Canned::new([(); 5].map(|()| denied()));
    assert_eq!(ids(&listing(&http).models().await.unwrap()), ["fast"]);
}

#[tokio::test]
async fn a_failure_is_remembered_for_a_minute() {
    let http = Canned::new([vec![denied(); 5], lists().to_vec()].concat());
    let bedrock = bedrock(&http);
    let start = Instant::now();
    for later in [0, 59] {
        let failure = bedrock.models.list(start + Duration::from_secs(later)).await.unwrap_err();
        assert_eq!(failure.kind, Kind::Denied);
    }
    assert_eq!(http.requests().len(), 5);
    assert!(bedrock.models.list(start + Duration::from_secs(61)).await.is_ok());
}
