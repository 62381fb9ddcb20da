//! What scripts do to an answer.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bedrock_sim::{Outcome, Script};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::client::{NOVA, NOVA_STREAM, open, post, say, start};

fn always(action: &Value) -> Value {
    json!([{"action": action}])
}

#[tokio::test]
async fn an_error_comes_before_the_first_byte() {
    let error = json!({"type": "ThrottlingException", "message": "Too many tokens", "retryAfter": 7});
    let sim = start(json!([{"match": {"nth": 1}, "action": {"error": error}}])).await;
    let refused = post(&sim, NOVA_STREAM, say("hi")).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "7"));
    assert!(refused.header("x-amzn-errortype").starts_with("ThrottlingException:"));
    assert_eq!(refused.json(), json!({"message": "Too many tokens"}));
    assert_eq!(post(&sim, NOVA_STREAM, say("hi")).await.status, 200);
    let outcomes: Vec<_> = sim.requests().iter().map(|record| record.outcome).collect();
    assert_eq!(outcomes, [Outcome::Fault, Outcome::Complete]);
}

#[tokio::test]
async fn an_exception_ends_a_stream() {
    let exception = json!({"events": 2, "type": "ModelStreamErrorException", "message": "gone"});
    let sim = start(always(&json!({"exceptionAfter": exception}))).await;
    let answer = post(&sim, NOVA_STREAM, say("one two three")).await;
    let frames = answer.frames();
    assert_eq!((answer.status, answer.broken, frames.len()), (200, false, 3));
    let exception =
        ("exception".to_owned(), "modelStreamErrorException".to_owned(), json!({"message": "gone"}));
    assert_eq!(frames[2], exception);
}

#[tokio::test]
async fn a_cut_stream_ends_cleanly_or_breaks() {
    let sim = start(always(&json!({"cutAfter": {"events": 2}}))).await;
    let whole = post(&sim, NOVA_STREAM, say("one two three")).await;
    assert_eq!((whole.summary().0.as_str(), whole.broken), ("messageStart contentBlockDelta", false));

    sim.set_script(Script::try_from(always(&json!({"cutAfter": {"bytes": 100, "abort": true}}))).unwrap());
    let broken = post(&sim, NOVA_STREAM, say("one two three")).await;
    assert_eq!((broken.body.len(), broken.broken), (100, true));
    assert!(sim.settled().await.iter().all(|record| record.outcome == Outcome::Fault));
}

#[tokio::test]
async fn bytes_are_the_same_however_they_are_written() {
    let sim = start(json!([])).await;
    let plain = post(&sim, NOVA_STREAM, say("größer 東京 🙂")).await;
    for action in [
        json!({"splitBytes": 1}),
        json!({"splitBytes": [5, 17]}),
        json!({"burst": true}),
        json!({"paceMs": 1}),
    ] {
        sim.set_script(Script::try_from(always(&action)).unwrap());
        assert_eq!(post(&sim, NOVA_STREAM, say("größer 東京 🙂")).await.body, plain.body, "{action}");
    }
}

#[tokio::test]
async fn split_writes_arrive_apart() {
    let sim = start(always(&json!({"splitBytes": 10, "paceMs": 5}))).await;
    let mut response = open(&sim, "POST", NOVA_STREAM, Some(say("hi"))).await;
    let first = response.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first.len(), 10);
}

#[tokio::test]
async fn a_reply_is_what_the_script_says() {
    let blocks = json!([
        {"reasoningContent": {"reasoningText": {"text": "hm", "signature": "s"}}},
        {"text": "look"},
        {"toolUse": {"toolUseId": "t1", "name": "f", "input": {"a": 1}}},
    ]);
    let usage = json!({"inputTokens": 1, "outputTokens": 2, "cacheReadInputTokens": 3});
    let sim = start(always(&json!({"reply": {"blocks": blocks, "usage": usage}}))).await;
    let answer = post(&sim, NOVA, say("hi")).await.json();
    let mut expected = blocks;
    expected[2]["toolUse"]["type"] = "tool_use".into();
    assert_eq!(answer["output"]["message"]["content"], expected);
    assert_eq!((&answer["stopReason"], &answer["usage"]["totalTokens"]), (&json!("tool_use"), &json!(6)));
}

#[tokio::test]
async fn text_deltas_keep_their_borders() {
    let deltas = json!(["4111 11", "", "11 1111", " 1111"]);
    let sim = start(always(&json!({"textDeltas": deltas, "reply": {"stopReason": "max_tokens"}}))).await;
    let frames = post(&sim, NOVA_STREAM, say("hi")).await.frames();
    let sent: Vec<_> =
        frames.iter().filter_map(|(_, _, payload)| payload.pointer("/delta/text").cloned()).collect();
    assert_eq!(json!(sent), deltas);
    assert!(frames.iter().any(|(_, _, payload)| payload["stopReason"] == "max_tokens"));
}

#[tokio::test]
async fn a_recording_is_replayed_byte_for_byte() {
    let sim = start(json!([])).await;
    let recorded = post(&sim, NOVA_STREAM, say("as it was")).await.body;
    let raw = json!({"base64": STANDARD.encode(&recorded), "headers": {"x-amzn-requestid": "r1", "content-length": "1"}});
    for action in [json!({"raw": raw}), json!({"raw": raw, "splitBytes": 3})] {
        sim.set_script(Script::try_from(always(&action)).unwrap());
        let answer = post(&sim, NOVA_STREAM, say("hi")).await;
        assert_eq!((answer.body.clone(), answer.header("x-amzn-requestid")), (recorded.clone(), "r1"));
    }
    sim.set_script(Script::try_from(always(&json!({"raw": raw, "cutAfter": {"events": 1}}))).unwrap());
    assert_eq!(post(&sim, NOVA_STREAM, say("hi")).await.summary().0, "messageStart");
}

#[tokio::test]
async fn a_client_that_leaves_is_noticed_in_every_state() {
    for action in [json!({"hang": true}), json!({"delayMs": 600_000})] {
        let sim = start(always(&action)).await;
        let request = open(&sim, "POST", NOVA_STREAM, Some(say("hi")));
        tokio::select! {
            _ = request => unreachable!("it never answers"),
            () = arrived(&sim) => {}
        }
        assert_eq!(sim.settled().await[0].outcome, Outcome::ClientLeft, "{action}");
    }
    for action in [json!({"cutAfter": {"events": 1, "stall": true}}), json!({"paceMs": 600_000})] {
        let sim = start(always(&action)).await;
        let mut response = open(&sim, "POST", NOVA_STREAM, Some(say("one two"))).await;
        assert!(response.body_mut().frame().await.unwrap().is_ok());
        assert_eq!(sim.requests()[0].outcome, Outcome::Open);
        drop(response);
        assert_eq!(sim.settled().await[0].outcome, Outcome::ClientLeft, "{action}");
    }
}

/// Waits for the first request to be in the journal.
async fn arrived(sim: &bedrock_sim::Sim) {
    while sim.requests().is_empty() {
        tokio::task::yield_now().await;
    }
}
