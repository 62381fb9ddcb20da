//! The OpenAI-compatible endpoint.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bedrock_sim::{Authentication, Outcome, Script};
use serde_json::{Value, json};

use crate::client::{Answer, post, read, send_raw, start};

const CHAT: &str = "/openai/v1/chat/completions";

fn request(model: &str, stream: bool) -> Value {
    json!({"model": model, "stream": stream, "messages": [{"role": "user", "content": "one two"}]})
}

fn gpt(stream: bool) -> Value {
    request("openai.gpt-5.6-luna", stream)
}

/// The data of the events of a stream.
fn events(answer: &Answer) -> Vec<String> {
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    text.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").unwrap().to_owned()).collect()
}

#[tokio::test]
async fn it_answers_whole_and_in_chunks() {
    let sim = start(json!([])).await;
    let whole = post(&sim, CHAT, gpt(false)).await;
    assert_eq!((whole.status, whole.header("content-type")), (200, "application/json"));
    assert_eq!(whole.json()["choices"][0]["message"]["content"], "one two");
    let streamed = post(&sim, CHAT, gpt(true)).await;
    assert_eq!((streamed.status, streamed.header("content-type")), (200, "text/event-stream"));
    let events = events(&streamed);
    assert_eq!(events.last().map(String::as_str), Some("[DONE]"));
    let text: String = events[..events.len() - 1]
        .iter()
        .map(|event| serde_json::from_str::<Value>(event).unwrap())
        .filter_map(|event| Some(event.pointer("/choices/0/delta/content")?.as_str()?.to_owned()))
        .collect();
    assert_eq!(text, "one two");
    let record = sim.requests().pop().unwrap();
    assert_eq!(record.operation.as_deref(), Some("ChatCompletions"));
    assert_eq!(record.model_id.as_deref(), Some("openai.gpt-5.6-luna"));
    assert_eq!((record.authentication, record.outcome), (Some(Authentication::Bearer), Outcome::Complete));
}

#[tokio::test]
async fn errors_have_the_shape_of_openai() {
    let sim = start(json!([])).await;
    let error = |body: Value| async { post(&sim, CHAT, body).await };
    let elsewhere = error(request("us.amazon.nova-lite-v1:0", false)).await;
    let body = json!({"error": {
        "message": "The model `us.amazon.nova-lite-v1:0` does not support the Chat Completions API.",
        "type": "invalid_request_error", "param": "model", "code": "unsupported_model",
    }});
    assert_eq!((elsewhere.status, elsewhere.json()), (400, body));
    let unknown = error(request("nobody.nothing", false)).await;
    assert_eq!((unknown.status, &unknown.json()["error"]["code"]), (404, &json!("model_not_found")));
    let anonymous = read(send_raw(&sim, "POST", CHAT, Some(gpt(false)), None).await).await;
    assert_eq!((anonymous.status, &anonymous.json()["error"]["code"]), (401, &json!("invalid_api_key")));
}

#[tokio::test]
async fn scripts_apply() {
    let error = json!({"type": "ThrottlingException", "message": "later", "retryAfter": 3});
    let sim = start(
        json!([{"match": {"operation": "ChatCompletions", "model": "openai.*"}, "action": {"error": error}}]),
    )
    .await;
    let refused = post(&sim, CHAT, gpt(true)).await;
    assert_eq!((refused.status, refused.header("retry-after")), (429, "3"));
    let body = json!({"error": {"message": "later", "type": "rate_limit_error", "param": null, "code": "rate_limit_exceeded"}});
    assert_eq!(refused.json(), body);
    let script = |action: Value| sim.set_script(Script::try_from(json!([{"action": action}])).unwrap());

    script(json!({"exceptionAfter": {"events": 2, "type": "modelStreamErrorException", "message": "gone"}}));
    let broken = events(&post(&sim, CHAT, gpt(true)).await);
    assert_eq!(broken.len(), 3);
    assert!(broken[2].contains("\"type\":\"server_error\""), "{}", broken[2]);

    script(json!({"cutAfter": {"events": 2}}));
    assert_eq!(events(&post(&sim, CHAT, gpt(true)).await).len(), 2);

    script(json!({"reply": {"text": "scripted"}, "splitBytes": 3}));
    let whole = post(&sim, CHAT, gpt(false)).await.json();
    assert_eq!(whole["choices"][0]["message"]["content"], "scripted");
    script(json!({"textDeltas": ["a", "", "b"]}));
    let text = String::from_utf8(post(&sim, CHAT, gpt(true)).await.body.to_vec()).unwrap();
    assert!(
        text.contains(r#""delta":{"content":"a"}"#) && text.contains(r#""delta":{"content":""}"#),
        "{text}"
    );

    let recorded = "data: {\"choices\":[]}\n\ndata: [DONE]\n\n";
    script(json!({"raw": {"base64": STANDARD.encode(recorded)}, "splitBytes": 5}));
    assert_eq!(post(&sim, CHAT, gpt(true)).await.body, recorded);
    script(json!({"raw": {"base64": STANDARD.encode(recorded)}, "cutAfter": {"events": 1}}));
    assert_eq!(events(&post(&sim, CHAT, gpt(true)).await), ["{\"choices\":[]}"]);
}
