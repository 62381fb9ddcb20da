//! Answers and refusals on the wire.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use serde_json::{Value, json};

use crate::client::{CLAUDE_STREAM, NOVA, NOVA_STREAM, get, post, read, say, send_raw, start};

#[tokio::test]
async fn an_answer_has_the_recorded_members() {
    let sim = start(json!([])).await;
    let answer = post(&sim, NOVA, say("hello big world")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    assert_eq!(answer.header("x-amzn-requestid"), "00000000-0000-4000-8000-000000000001");
    assert_eq!(
        answer.json(),
        json!({
            "metrics": {"latencyMs": 1},
            "output": {"message": {"content": [{"text": "hello big world"}], "role": "assistant"}},
            "stopReason": "end_turn",
            "usage": {"inputTokens": 3, "outputTokens": 3, "serverToolUsage": {}, "totalTokens": 6},
        })
    );
}

#[tokio::test]
async fn a_stream_ends_with_the_usage() {
    let sim = start(json!([])).await;
    let answer = post(&sim, NOVA_STREAM, say("größer 東京 🙂")).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/vnd.amazon.eventstream"));
    let (kinds, text) = answer.summary();
    let expected = "messageStart contentBlockDelta contentBlockDelta contentBlockDelta contentBlockStop messageStop metadata";
    assert_eq!((kinds.as_str(), text.as_str()), (expected, "größer 東京 🙂"));
    let (_, _, metadata) = answer.frames().pop().unwrap();
    assert_eq!(metadata["usage"]["totalTokens"], 6);
}

#[tokio::test]
async fn thoughts_text_and_parallel_calls_are_blocks_of_their_own() {
    let sim = start(json!([])).await;
    let spec = json!({"toolSpec": {"name": "weather", "inputSchema": {"json": {"type": "object"}}}});
    let mut request = say("Both cities:\ncall weather {\"city\":\"Z\\u00fcrich\"}\ncall weather {}");
    request["toolConfig"] = json!({"tools": [spec]});
    request["additionalModelRequestFields"] = json!({"thinking": {"type": "enabled", "budget_tokens": 1024}});
    let frames = post(&sim, CLAUDE_STREAM, request).await.frames();
    let of_block = |index: u64, pointer: &str| -> Vec<Value> {
        let block = frames.iter().filter(|(_, _, payload)| payload["contentBlockIndex"] == index);
        block.filter_map(|(_, _, payload)| payload.pointer(pointer).cloned()).collect()
    };
    let joined = |values: Vec<Value>| values.iter().map(|value| value.as_str().unwrap()).collect::<String>();
    assert!(joined(of_block(0, "/delta/reasoningContent/text")).starts_with("The user wants"));
    assert_eq!(of_block(0, "/delta/reasoningContent/signature").len(), 1);
    assert_eq!(joined(of_block(1, "/delta/text")), "Both cities:");
    assert_eq!(of_block(2, "/start/toolUse/name"), ["weather"]);
    let fragments = of_block(2, "/delta/toolUse/input");
    assert_eq!(fragments[0], "");
    assert_eq!(joined(fragments), "{\"city\":\"Z\\u00fcrich\"}");
    assert_eq!(of_block(3, "/delta/toolUse/input"), [""]);
    assert_ne!(of_block(2, "/start/toolUse/toolUseId"), of_block(3, "/start/toolUse/toolUseId"));
    let stop = frames.iter().find(|(_, kind, _)| kind == "messageStop").unwrap();
    assert_eq!(stop.2["stopReason"], "tool_use");
}

#[tokio::test]
async fn a_refusal_names_its_type_in_the_header() {
    let sim = start(json!([])).await;
    let answer = post(&sim, NOVA_STREAM, say(" ")).await;
    assert_eq!((answer.status, answer.header("content-type")), (400, "application/json"));
    let kind = "ValidationException:http://internal.amazon.com/coral/com.amazon.bedrock/";
    assert_eq!(answer.header("x-amzn-errortype"), kind);
    let message = "The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to the text field, and try again.";
    assert_eq!(answer.json(), json!({"message": message}));
}

#[tokio::test]
async fn no_credentials_and_unknown_paths_are_refused() {
    let sim = start(json!([])).await;
    let anonymous = read(send_raw(&sim, "POST", NOVA, Some(say("hi")), None).await).await;
    assert_eq!(anonymous.status, 403);
    assert!(anonymous.header("x-amzn-errortype").starts_with("MissingAuthenticationTokenException:"));
    let unknown = get(&sim, "/nothing/here").await;
    assert_eq!(unknown.status, 404);
    assert!(unknown.header("x-amzn-errortype").starts_with("UnknownOperationException:"));
    assert_eq!(unknown.json()["Output"]["__type"], "com.amazon.coral.service#UnknownOperationException");
}

#[tokio::test]
async fn models_and_profiles_are_listed() {
    let sim = start(json!([])).await;
    let models = get(&sim, "/foundation-models").await.json();
    let ids: Vec<_> =
        models["modelSummaries"].as_array().unwrap().iter().map(|model| &model["modelId"]).collect();
    assert!(ids.contains(&&json!("amazon.nova-lite-v1:0")));
    let first = get(&sim, "/inference-profiles?maxResults=1").await.json();
    let second = get(&sim, "/inference-profiles?maxResults=1&nextToken=1").await.json();
    assert_eq!(first["nextToken"], "1");
    assert_ne!(first["inferenceProfileSummaries"], second["inferenceProfileSummaries"]);
}

#[tokio::test]
async fn a_profile_is_shown_and_conversed_with_by_its_arn() {
    let sim = start(json!([])).await;
    let listed = get(&sim, "/inference-profiles?type=APPLICATION").await.json();
    let arn = listed["inferenceProfileSummaries"][1]["inferenceProfileArn"].as_str().unwrap().to_owned();
    let segment = arn.replace(':', "%3A").replace('/', "%2F");
    let profile = get(&sim, &format!("/inference-profiles/{segment}")).await.json();
    assert_eq!((&profile["type"], &profile["status"]), (&json!("APPLICATION"), &json!("ACTIVE")));
    let model = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0";
    assert_eq!(profile["models"], json!([{"modelArn": model}]));
    let answer = post(&sim, &format!("/model/{segment}/converse"), say("hi")).await;
    assert_eq!(answer.json()["output"]["message"]["content"], json!([{"text": "hi"}]));
    assert_eq!(sim.requests().pop().unwrap().model_id.as_deref(), Some(arn.as_str()));
    let missing = get(&sim, "/inference-profiles/nothing").await;
    assert_eq!(missing.status, 404);
    assert!(missing.header("x-amzn-errortype").starts_with("ResourceNotFoundException:"));
}

#[tokio::test]
async fn a_model_of_the_other_endpoint_does_not_converse() {
    let sim = start(json!([])).await;
    let refused = post(&sim, "/model/openai.gpt-5.6-luna/converse", say("hi")).await;
    assert_eq!(refused.status, 400);
    assert!(refused.json()["message"].as_str().unwrap().starts_with("This action doesn't support the model"));
}

#[tokio::test]
async fn a_guardrail_stands_between_the_model_and_the_client() {
    let sim = start(
        json!([{"match": {"textContains": "address"}, "action": {"reply": {"text": "it is a@example.com"}}}]),
    )
    .await;
    let guarded = |id: &str, text: &str| {
        let mut request = say(text);
        request["guardrailConfig"] = json!({"guardrailIdentifier": id, "guardrailVersion": "1", "trace": "enabled", "streamProcessingMode": "sync"});
        request
    };
    let blocked = post(&sim, NOVA_STREAM, guarded("gr-block", "a forbidden thing")).await;
    assert_eq!(blocked.summary().1, "Sorry, this is blocked by the guardrail.");
    let frames = blocked.frames();
    assert!(frames.iter().any(|(_, _, payload)| payload["stopReason"] == "guardrail_intervened"));
    let (_, _, metadata) = frames.last().unwrap();
    assert_eq!(metadata["trace"]["guardrail"]["actionReason"], "Guardrail blocked.");

    let masked = post(&sim, NOVA_STREAM, guarded("gr-mask", "which address?")).await;
    assert_eq!(masked.summary().1, "it is {EMAIL}");

    let unknown = post(&sim, NOVA_STREAM, guarded("gr-none", "hi")).await;
    let message = "The guardrail identifier or version provided in the request does not exist.";
    assert_eq!((unknown.status, unknown.json()), (400, json!({"message": message})));
    assert_eq!(post(&sim, NOVA, guarded("gr-mask", "hi")).await.status, 400);
}
