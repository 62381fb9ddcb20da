//! AWS's own client against the stand-in.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use aws_sdk_bedrock::config::{BehaviorVersion, Region};
use aws_sdk_bedrock::types::InferenceProfileType;
use aws_sdk_bedrockruntime::config::Credentials;
use aws_sdk_bedrockruntime::error::ProvideErrorMetadata as _;
use aws_sdk_bedrockruntime::operation::RequestId as _;
use aws_sdk_bedrockruntime::types::{
    ContentBlock, ConversationRole, ConverseStreamOutput, Message, StopReason,
};
use bedrock_sim::{Authentication, Options, Outcome, Script, Sim};
use serde_json::json;

const PROFILE: &str = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0";

async fn start(script: serde_json::Value) -> Sim {
    let script = Script::try_from(script).unwrap();
    Sim::start(Options { script, ..Options::default() }).await.unwrap()
}

fn credentials() -> Credentials {
    Credentials::new("AKIAEXAMPLE", "secret", None, None, "test")
}

fn runtime(sim: &Sim) -> aws_sdk_bedrockruntime::Client {
    runtime_in(sim, "us-east-1")
}

fn runtime_in(sim: &Sim, region: &'static str) -> aws_sdk_bedrockruntime::Client {
    let config = aws_sdk_bedrockruntime::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region))
        .endpoint_url(sim.url())
        .credentials_provider(credentials())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(aws_sdk_bedrockruntime::config::retry::RetryConfig::disabled())
        .build();
    aws_sdk_bedrockruntime::Client::from_conf(config)
}

fn user(text: &str) -> Message {
    let content = ContentBlock::Text(text.to_owned());
    Message::builder().role(ConversationRole::User).content(content).build().unwrap()
}

#[tokio::test]
async fn it_converses_with_a_profile_arn() {
    let sim = start(json!([])).await;
    let answer =
        runtime(&sim).converse().model_id(PROFILE).messages(user("hello world")).send().await.unwrap();
    let message = answer.output().unwrap().as_message().unwrap();
    assert_eq!(message.content()[0].as_text().unwrap(), "hello world");
    assert_eq!((answer.stop_reason(), answer.usage().unwrap().total_tokens()), (&StopReason::EndTurn, 4));
    let record = sim.requests().pop().unwrap();
    assert_eq!((record.model_id.as_deref(), record.outcome), (Some(PROFILE), Outcome::Complete));
    assert_eq!(record.headers["authorization"], "AWS4-HMAC-SHA256");
}

#[tokio::test]
async fn it_reads_a_stream_to_the_usage() {
    let sim = start(json!([{"action": {"splitBytes": [1, 30]}}])).await;
    let mut stream = runtime(&sim)
        .converse_stream()
        .model_id(PROFILE)
        .messages(user("one two"))
        .send()
        .await
        .unwrap()
        .stream;
    let mut text = String::new();
    let mut usage = None;
    while let Some(event) = stream.recv().await.unwrap() {
        match event {
            ConverseStreamOutput::ContentBlockDelta(delta) => {
                text.push_str(delta.delta().unwrap().as_text().unwrap());
            }
            ConverseStreamOutput::Metadata(metadata) => usage = metadata.usage,
            _ => {}
        }
    }
    assert_eq!((text.as_str(), usage.unwrap().output_tokens()), ("one two", 2));
}

#[tokio::test]
async fn it_knows_the_errors_by_type() {
    let exception = json!({"events": 1, "type": "throttlingException", "message": "later"});
    let sim = start(json!([
        {"match": {"nth": 1}, "action": {"error": {"type": "ModelNotReadyException", "message": "warming up"}}},
        {"action": {"exceptionAfter": exception}},
    ]))
    .await;
    let client = runtime(&sim);
    let request = || client.converse_stream().model_id(PROFILE).messages(user("hi"));
    let early = request().send().await.err().unwrap().into_service_error();
    assert!(early.is_model_not_ready_exception());
    assert_eq!(early.request_id(), Some("00000000-0000-4000-8000-000000000001"));

    let mut stream = request().send().await.unwrap().stream;
    assert!(matches!(stream.recv().await.unwrap(), Some(ConverseStreamOutput::MessageStart(_))));
    let late = stream.recv().await.err().unwrap().into_service_error();
    assert!(late.is_throttling_exception());
    assert_eq!(late.message(), Some("later"));

    let invalid =
        client.converse().model_id("does-not-exist").messages(user("hi")).send().await.err().unwrap();
    assert!(invalid.into_service_error().is_validation_exception());
}

#[tokio::test]
async fn a_script_can_ask_for_the_region_of_the_signature() {
    let error = json!({"type": "ServiceUnavailableException", "message": "elsewhere"});
    let sim = start(json!([{"match": {"region": "eu-west-1"}, "action": {"error": error}}])).await;
    for (region, answers) in [("eu-west-1", false), ("us-west-2", true)] {
        let request = runtime_in(&sim, region).converse().model_id(PROFILE).messages(user("hi"));
        assert_eq!(request.send().await.is_ok(), answers, "{region}");
        let record = sim.requests().pop().unwrap();
        assert_eq!(record.region.as_deref(), Some(region));
        assert_eq!(record.authentication, Some(Authentication::SigV4));
    }
}

#[tokio::test]
async fn it_embeds() {
    let sim = start(json!([])).await;
    let body = json!({"inputText": "hello"}).to_string().into_bytes();
    let request = runtime(&sim).invoke_model().model_id("amazon.titan-embed-text-v2:0").body(body.into());
    let answer = request.send().await.unwrap();
    let answer: serde_json::Value = serde_json::from_slice(answer.body().as_ref()).unwrap();
    assert_eq!(answer["embedding"].as_array().unwrap().len(), 1024);
}

#[tokio::test]
async fn it_lists_models_and_all_pages_of_profiles() {
    let sim = start(json!([])).await;
    let config = aws_sdk_bedrock::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(sim.url())
        .credentials_provider(credentials())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build();
    let client = aws_sdk_bedrock::Client::from_conf(config);
    let models = client.list_foundation_models().send().await.unwrap();
    assert!(models.model_summaries().len() > 12);
    let mut pages = client.list_inference_profiles().max_results(3).into_paginator().send();
    let mut profiles = Vec::new();
    while let Some(page) = pages.next().await {
        profiles.extend(page.unwrap().inference_profile_summaries.unwrap());
    }
    assert_eq!(profiles.len(), 8);
    assert!(profiles.iter().all(|profile| profile.created_at().is_some() && profile.models().len() == 3));
    let own = client.list_inference_profiles().type_equals(InferenceProfileType::Application);
    let own = own.send().await.unwrap().inference_profile_summaries.unwrap();
    let arn = own[0].inference_profile_arn();
    let profile = client.get_inference_profile().inference_profile_identifier(arn).send().await.unwrap();
    assert_eq!((profile.r#type(), profile.models().len()), (&InferenceProfileType::Application, 3));
}
