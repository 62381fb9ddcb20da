//! The paths below `/_sim`.

#![expect(clippy::indexing_slicing, reason = "a test may fail loudly")]

use serde_json::json;

use crate::client::{NOVA, get, open, post, read, say, start};

#[tokio::test]
async fn requests_are_shown_as_received() {
    let sim = start(json!([])).await;
    post(&sim, NOVA, say("hi")).await;
    post(&sim, NOVA, json!({"messages": []})).await;
    let all = get(&sim, "/_sim/requests?settled=true").await.json();
    assert_eq!(
        all[0],
        json!({
            "n": 1, "method": "POST", "path": NOVA, "operation": "Converse", "modelId": "us.amazon.nova-lite-v1:0",
            "authentication": "bearer", "region": null,
            "headers": {"authorization": "Bearer", "content-type": "application/json", "user-agent": "wire-test"},
            "body": say("hi"), "status": 200, "outcome": "complete",
        })
    );
    assert_eq!((&all[1]["status"], &all[1]["outcome"]), (&json!(400), &json!("refused")));
    assert_eq!(get(&sim, "/_sim/requests/last").await.json(), all[1]);

    read(open(&sim, "DELETE", "/_sim/requests", None).await).await;
    assert_eq!(get(&sim, "/_sim/requests").await.json(), json!([]));
    assert_eq!(get(&sim, "/_sim/requests/last").await.status, 404);
}

#[tokio::test]
async fn a_script_is_put_and_taken_away() {
    let sim = start(json!([{"action": {"reply": {"text": "first"}}}])).await;
    let text = || async {
        post(&sim, NOVA, say("hi")).await.json()["output"]["message"]["content"][0]["text"].clone()
    };
    assert_eq!(text().await, "first");
    let put = |script| async { read(open(&sim, "PUT", "/_sim/script", Some(script)).await).await.status };
    assert_eq!(
        put(json!([{"match": {"model": "us.*"}, "action": {"reply": {"text": "second"}}}])).await,
        200
    );
    assert_eq!(text().await, "second");
    assert_eq!(put(json!([{"action": {"hnag": true}}])).await, 400);
    assert_eq!(text().await, "second");
    read(open(&sim, "DELETE", "/_sim/script", None).await).await;
    assert_eq!(text().await, "first");
}
