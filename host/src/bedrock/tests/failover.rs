//! Calls that are repeated, in one region or in another.

use std::time::Duration;

use tokio::time::Instant;

use crate::bedrock::Bedrock;
use crate::capability::{self, Operator};
use crate::chat::{Delivery, EmbeddingRequest};
use crate::config;
use crate::error::Kind;
use crate::pipeline::{Deadline, Embedder, Upstream};
use crate::telemetry::Observation;

use super::canned::{Canned, Piece, Reply, Response};
use super::frames::exception;
use super::streamed::text;
use super::{bedrock_in, call, request};

const EAST: &str = "us-east-1";
const WEST: &str = "us-west-2";

fn refused(status: u16, code: &str) -> Reply {
    Response::new(status, &[("x-amzn-errortype", code)], &[br#"{"message":"no"}"#]).into()
}

fn throttled() -> Reply {
    refused(429, "ThrottlingException")
}

fn fine() -> Reply {
    Response::stream(vec![Piece::Bytes(text(0, "Hello"))]).into()
}

fn two_regions(http: &Canned) -> Bedrock {
    bedrock_in(http, &[EAST, WEST], 2, config::Timeouts::default(), capability::Models::built_in())
}

/// What the client is told, and the regions that were asked.
async fn outcome(bedrock: &Bedrock, http: &Canned) -> (Option<Kind>, Vec<String>) {
    let outcome = call(bedrock, &request(Delivery::Streamed)).await;
    (outcome.err().map(|failure| failure.kind), http.regions())
}

#[tokio::test(start_paused = true)]
async fn a_region_that_is_busy_is_left_at_once_and_the_next_one_is_asked() {
    for busy in [
        throttled(),
        refused(503, "ServiceUnavailableException"),
        refused(429, "ModelNotReadyException"),
        Reply::Unreachable,
        Response::stream(vec![Piece::Bytes(exception("throttlingException", "no"))]).into(),
    ] {
        let http = Canned::new([busy, fine()]);
        let begun = Instant::now();
        assert_eq!(outcome(&two_regions(&http), &http).await, (None, vec![EAST.into(), WEST.into()]));
        assert_eq!(begun.elapsed(), Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn a_region_that_fails_is_asked_again_after_a_pause() {
    for fault in [
        refused(500, "InternalServerException"),
        Response::stream(Vec::new()).into(),
        Response::stream(vec![Piece::Bytes(exception("internalServerException", "no"))]).into(),
    ] {
        let http = Canned::new([fault, fine()]);
        assert_eq!(outcome(&two_regions(&http), &http).await, (None, vec![EAST.into(), EAST.into()]));
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_succeed_is_not_repeated() {
    for (status, code, kind) in [
        (400, "ValidationException", Kind::InvalidRequest),
        (403, "AccessDeniedException", Kind::Denied),
        (403, "ExpiredTokenException", Kind::Credentials),
        (404, "ResourceNotFoundException", Kind::ModelNotFound),
        (408, "ModelTimeoutException", Kind::ModelTimeout),
        (424, "ModelErrorException", Kind::ModelError),
    ] {
        let http = Canned::new([refused(status, code)]);
        assert_eq!(outcome(&two_regions(&http), &http).await, (Some(kind), vec![EAST.into()]));
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_that_is_not_in_the_other_region_does_not_hide_the_throttle() {
    let http = Canned::new([throttled(), refused(404, "ResourceNotFoundException"), throttled()]);
    let expected = (Some(Kind::Throttled), vec![EAST.into(), WEST.into(), EAST.into()]);
    assert_eq!(outcome(&two_regions(&http), &http).await, expected);
}

#[tokio::test(start_paused = true)]
async fn stays_five_minutes_where_the_prompt_cache_is_warm() {
    let http = Canned::new([throttled(), fine(), fine(), fine(), throttled(), fine()]);
    let bedrock = two_regions(&http);
    assert_eq!(outcome(&bedrock, &http).await.1, [EAST, WEST]);
    let asked = |model: &str| bedrock.regions.of(model, &[])[0].region().to_owned();
    let model = request(Delivery::Streamed).model;
    assert_eq!((asked(&model).as_str(), asked("another").as_str()), (WEST, EAST));
    tokio::time::advance(Duration::from_secs(299)).await;
    assert_eq!(outcome(&bedrock, &http).await.1, [WEST]);
    tokio::time::advance(Duration::from_secs(301)).await;
    assert_eq!(outcome(&bedrock, &http).await.1, [EAST]);
    // At home again: nothing is left of the stay.
    assert_eq!(outcome(&bedrock, &http).await.1, [EAST, WEST]);
}

#[tokio::test(start_paused = true)]
async fn an_arn_is_asked_for_in_its_own_region_alone() {
    let arn = |region| format!("arn:aws:bedrock:{region}:1:inference-profile/us.amazon.nova-lite-v1:0");
    for region in [WEST, "eu-central-1"] {
        let http = Canned::new([throttled(), throttled(), fine()]);
        let operator = Operator { aliases: [("far".to_owned(), arn(region))].into(), ..Operator::default() };
        let known = capability::Models::with(operator);
        let bedrock = bedrock_in(&http, &[EAST, WEST], 2, config::Timeouts::default(), known);
        let mut request = request(Delivery::Streamed);
        request.model = bedrock.resolve("far").into_owned();
        let call = bedrock.prepare(&request).await.unwrap();
        assert_eq!(call.plan().region, region);
        assert_eq!(
            call.send(Deadline::Never, &Observation::default()).await.err().unwrap().kind,
            Kind::Throttled
        );
        assert_eq!(http.regions(), [region, region]);
        assert!(self::call(&bedrock, &request).await.is_ok());
        // It says nothing about where another model is warm.
        assert_eq!(bedrock.regions.of(&request.model, &[])[0].region(), region);
        assert_eq!(bedrock.regions.of("us.amazon.nova-lite-v1:0", &[])[0].region(), EAST);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_bedrock_asks_for_is_kept() {
    let busy =
        || Response::new(429, &[("x-amzn-errortype", "ThrottlingException"), ("retry-after", "7")], &[b"{}"]);
    let http = Canned::new([busy(), busy()]);
    let bedrock = bedrock_in(&http, &[EAST], 2, config::Timeouts::default(), capability::Models::built_in());
    let begun = Instant::now();
    let failure = call(&bedrock, &request(Delivery::Whole)).await.err().unwrap();
    assert_eq!((failure.kind, failure.retry_after), (Kind::Throttled, Some(Duration::from_secs(7))));
    assert!((7000..=7500).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
    assert_eq!(http.requests().len(), 2);
    let reason = failure.internal.unwrap();
    assert!(reason.starts_with("us-east-1: bedrock request"), "the log says which region: {reason}");
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_that_cannot_be_read_was_paid_for_and_is_not_asked_for_again() {
    for model in ["amazon.nova-lite-v1:0", "xai.grok-4-fast"] {
        for body in ["{}", "<html>", "", r#"{"choices":[{"message":{"content":"no reason to stop"}}]}"#] {
            let http = Canned::new([Response::json(200, body)]);
            let mut request = request(Delivery::Whole);
            request.model = model.to_owned();
            let failure = call(&two_regions(&http), &request).await.err().unwrap();
            assert_eq!((failure.kind, http.regions().len()), (Kind::UnreadableAnswer, 1), "{model} {body}");
        }
    }
}

#[tokio::test]
async fn an_arn_of_a_client_leads_to_no_region_that_is_not_listed() {
    let arn = |region, resource| format!("arn:aws:bedrock:{region}:1:{resource}");
    let profiles = [(arn("eu-west-1", "provisioned-model/p"), "amazon.nova-lite-v1:0".to_owned())].into();
    let known = capability::Models::with(Operator { profiles, ..Operator::default() });
    let http = Canned::default();
    let bedrock = bedrock_in(&http, &[EAST, WEST], 2, config::Timeouts::default(), known);
    let mut request = request(Delivery::Whole);
    for (region, resource, allowed) in [
        (EAST, "inference-profile/us.amazon.nova-lite-v1:0", true),
        (WEST, "inference-profile/us.amazon.nova-lite-v1:0", true),
        ("eu-west-1", "provisioned-model/p", true),
        ("eu-west-1", "provisioned-model/q", false),
        ("eu-west-1", "application-inference-profile/a", false),
    ] {
        request.model = arn(region, resource);
        let outcome = bedrock.prepare(&request).await.map(|_| ());
        assert_eq!(outcome.is_ok(), allowed, "{region} {resource}");
        let Err(failure) = outcome else { continue };
        assert_eq!((failure.kind, failure.param.as_deref()), (Kind::InvalidRequest, Some("model")));
        assert!(failure.message.contains("`us-east-1`, `us-west-2`"), "{failure}");
        let (model, inputs) = (request.model.clone(), vec!["Hello".to_owned()]);
        let texts = EmbeddingRequest::new(model, inputs);
        assert_eq!(bedrock.prepare_embedding(texts).await.err().unwrap().kind, Kind::InvalidRequest);
    }
    assert!(http.requests().is_empty());
}
