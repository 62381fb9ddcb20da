//! Calls that are answered in one piece, and what a call looks like on the wire.

use aws_config::SdkConfig;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use futures::TryStreamExt;
use serde_json::{Value, json};

use crate::aws::behavior;
use crate::bedrock::Bedrock;
use crate::capability;
use crate::chat::{Delivery, StopReason};
use crate::config;
use crate::error::Kind;
use crate::pipeline::{Deadline, Upstream};
use crate::telemetry::Observation;
use crate::wire::openai::decode;

use super::canned::{Canned, Piece, Response};
use super::joined::{Block, joined};
use super::streamed::{message_stop, stop, text};
use super::{answer, bedrock, call, request};

const HELLO: &str = r#"{"output":{"message":{"role":"assistant","content":[{"text":"Hello"}]}},"stopReason":"end_turn",
    "usage":{"inputTokens":3,"outputTokens":1,"totalTokens":4},"metrics":{"latencyMs":1}}"#;

#[tokio::test]
async fn the_body_on_the_wire_is_the_one_that_was_signed_and_measured() {
    let http = Canned::new([Response::json(200, HELLO)]);
    let mut request = request(Delivery::Whole);
    request.model = "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/a1b2".to_owned();
    let (batches, _) = answer(&http, &request).await.unwrap();
    assert_eq!(joined(batches.concat()).stop, Some(StopReason::EndTurn));

    let sent = http.requests().remove(0);
    let body = sent.body().bytes().unwrap();
    assert_eq!(
        sent.uri(),
        "https://bedrock-runtime.us-east-1.amazonaws.com/model/\
         arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Aprovisioned-model%2Fa1b2/converse"
    );
    assert_eq!(sent.headers().get("content-length"), Some(body.len().to_string().as_str()));
    assert_eq!(sent.headers().get("content-type"), Some("application/json"));
    assert!(sent.headers().get("authorization").unwrap().contains("content-length"));
    assert_eq!(
        serde_json::from_slice::<Value>(body).unwrap(),
        json!({
            "messages": [{ "role": "user", "content": [{ "text": "Hello" }] }],
            "toolConfig": {
                "tools": [{ "toolSpec": { "name": "weather", "inputSchema": { "json": { "type": "object" } } } }]
            }
        })
    );
}

#[tokio::test]
async fn a_model_that_takes_no_tools_in_a_stream_is_asked_for_the_whole_answer() {
    let user = json!({ "role": "user", "content": "Hello" });
    let tools = json!([{ "type": "function", "function": { "name": "weather" } }]);
    let history = json!([
        user,
        { "role": "assistant", "tool_calls": [
            { "id": "c1", "type": "function", "function": { "name": "weather", "arguments": "{}" } },
        ] },
        { "role": "tool", "tool_call_id": "c1", "content": "Rain" },
    ]);
    for (model, messages, tools, operation) in [
        ("us.meta.llama4-maverick-17b-instruct-v1:0", json!([user]), tools.clone(), "Converse"),
        ("us.meta.llama4-maverick-17b-instruct-v1:0", history, json!([]), "Converse"),
        ("us.meta.llama4-maverick-17b-instruct-v1:0", json!([user]), json!([]), "ConverseStream"),
        ("us.amazon.nova-lite-v1:0", json!([user]), tools, "ConverseStream"),
    ] {
        let body = json!({ "model": model, "messages": messages, "tools": tools, "stream": true });
        let request = decode(body.to_string().as_bytes()).unwrap().request;
        let (response, path) = if operation == "Converse" {
            (Response::json(200, HELLO), "/converse")
        } else {
            let frames = [text(0, "Hello"), stop(0), message_stop("end_turn")];
            (Response::stream(frames.map(Piece::Bytes).to_vec()), "/converse-stream")
        };
        let http = Canned::new([response]);
        let call = bedrock(&http).prepare(&request).await.unwrap();
        assert_eq!(call.plan().operation, operation, "{body}");
        let batches: Vec<_> =
            call.send(Deadline::Never, &Observation::default()).await.unwrap().try_collect().await.unwrap();
        assert_eq!(batches.len(), 1);
        let answer = joined(batches.concat());
        assert_eq!(answer.blocks.into_values().collect::<Vec<_>>(), [Block::Text("Hello".to_owned())]);
        assert!(http.requests()[0].uri().ends_with(path), "{body}");
    }
}

#[tokio::test]
async fn blocks_that_are_no_part_of_an_answer_leave_no_trace() {
    let body = json!({
        "output": { "message": { "role": "assistant", "content": [
            { "text": "" },
            { "toolUse": { "toolUseId": "s", "name": "search", "input": {}, "type": "server_tool_use" } },
            { "somethingNew": {} },
            { "citationsContent": { "content": [{ "text": "Cited" }, { "text": " words" }] } },
        ] } },
        "stopReason": "a_new_reason",
    });
    let http = Canned::new([Response::json(200, &body.to_string())]);
    let (batches, _) = answer(&http, &request(Delivery::Whole)).await.unwrap();
    let answer = joined(batches.concat());
    assert_eq!(answer.blocks.into_values().collect::<Vec<_>>(), [Block::Text("Cited words".to_owned())]);
    assert_eq!(answer.stop, Some(StopReason::Other("a_new_reason".to_owned())));
    assert_eq!(answer.usage, None);
}

#[tokio::test]
async fn a_success_without_an_answer_is_broken() {
    for body in ["{}", r#"{"stopReason":"end_turn"}"#, "<html>", ""] {
        let http = Canned::new([Response::json(200, body)]);
        let failure = answer(&http, &request(Delivery::Whole)).await.err().unwrap();
        assert_eq!(failure.kind, Kind::UnreadableAnswer, "{body}");
    }
}

#[tokio::test]
async fn credentials_that_cannot_be_loaded_are_the_gateways_matter() {
    #[derive(Debug)]
    struct Nothing;
    impl ProvideCredentials for Nothing {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::ready(Err(CredentialsError::not_loaded("a secret path")))
        }
    }
    for credentials in [Some(SharedCredentialsProvider::new(Nothing)), None] {
        let mut sdk = SdkConfig::builder().behavior_version(behavior());
        sdk.set_region(Some(aws_config::Region::from_static("us-east-1")));
        sdk.set_credentials_provider(credentials);
        sdk.set_http_client(Some(aws_smithy_runtime_api::client::http::SharedHttpClient::new(
            Canned::default(),
        )));
        let (settings, timeouts) = (config::Bedrock::default(), config::Timeouts::default());
        let bedrock = Bedrock::over(sdk.build(), &settings, &timeouts, capability::Models::built_in());
        let failure = call(&bedrock, &request(Delivery::Whole)).await.err().unwrap();
        assert_eq!(failure.kind, Kind::Credentials, "{failure}");
        assert!(!failure.message.contains("secret"));
    }
}

#[tokio::test]
async fn a_request_without_a_model_is_never_sent() {
    let http = Canned::default();
    let mut request = request(Delivery::Whole);
    request.model.clear();
    assert_eq!(answer(&http, &request).await.unwrap_err().param.as_deref(), Some("model"));
    assert!(http.requests().is_empty());
}

#[tokio::test]
async fn connecting_sends_nothing_and_refuses_a_wrong_endpoint() {
    let settings = |endpoint: &str| config::Bedrock {
        regions: vec!["eu-west-1".to_owned()],
        endpoint: Some(endpoint.to_owned()),
        ..config::Bedrock::default()
    };
    let connect = async |endpoint| {
        let known = capability::Models::built_in();
        Bedrock::connect(&settings(endpoint), &config::Timeouts::default(), known).await
    };
    assert!(connect("http://127.0.0.1:1").await.is_ok());
    assert!(connect("127.0.0.1:1").await.is_err());
}
