//! On which terms a key is served: what the operator sets counts, whatever the client sends.

use serde_json::{Value, json};

use crate::harness::{Stack, says};

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

fn ids(list: &Value) -> Vec<&str> {
    list["data"].as_array().unwrap().iter().map(|model| model["id"].as_str().unwrap()).collect()
}

#[test]
fn a_key_uses_only_the_models_that_it_may() {
    let stack = Stack::with([]);
    let key = stack.key().policy(&["--model", "us.amazon.*", "--model", "amazon.titan*"]);
    assert_eq!(key.ask("hello").content(), "hello");

    let answer = key.post(&json!({"model": CLAUDE, "messages": says("hello")["messages"]}));
    assert_eq!((answer.status, &answer.error()["code"]), (403, &json!("model_not_allowed")));
    assert_eq!(answer.header("x-should-retry"), Some("false"));
    assert_eq!(stack.sim.requests().len(), 1, "a model was asked that the key may not use");

    let all = stack.key().get("/v1/models").json();
    let some = key.get("/v1/models").json();
    assert!(ids(&all).contains(&CLAUDE) && !ids(&some).contains(&CLAUDE));
    assert!(
        ids(&some).iter().all(|id| id.starts_with("us.amazon.") || id.starts_with("amazon.titan")),
        "{some}"
    );
    assert!(!ids(&some).is_empty());

    assert_eq!(key.get(&format!("/v1/models/{CLAUDE}")).status, 404);
    let model = stack.key().get(&format!("/v1/models/{CLAUDE}")).json();
    assert_eq!((&model["id"], &model["object"]), (&json!(CLAUDE), &json!("model")));
}

#[test]
fn a_router_reaches_no_further_than_its_key() {
    let stack = Stack::with(["route"]);
    let key =
        stack.key().with("route", &json!({"aliases": {"fast": CLAUDE}})).policy(&["--model", "us.amazon.*"]);
    let mut request = says("hello");
    request["model"] = json!("fast");
    assert_eq!(key.post(&request).status, 403);
    let key = key.policy(&["--all-models"]);
    assert_eq!(key.post(&request).content(), "hello");
}

#[test]
fn a_key_can_be_refused_what_would_be_lost() {
    let stack = Stack::with([]);
    let mut request = says("hello");
    request["seed"] = json!(7);
    let lenient = stack.key();
    let answer = lenient.post(&request);
    assert_eq!((answer.content().as_str(), answer.header("x-adit-dropped")), ("hello", Some("seed")));

    let refused = lenient.post_with(("x-adit-strict", "true"), &request);
    assert_eq!((refused.status, &refused.error()["param"]), (400, &json!("seed")));
    let strict = stack.key().policy(&["--losses", "refuse"]);
    for header in [("x-adit-strict", "false"), ("x-other", "1")] {
        assert_eq!(strict.post_with(header, &request).status, 400);
    }
    assert_eq!(strict.ask("hello").content(), "hello");
    assert_eq!(lenient.post_with(("x-adit-strict", "perhaps"), &request).status, 400);
}

#[test]
fn the_terms_are_shown_as_they_were_set() {
    let stack = Stack::with([]);
    let key = stack.key().policy(&["--guardrail", "gr-1:DRAFT", "--caching", "automatic"]);
    let shown: Value = serde_json::from_str(&stack.adit(&["key", "policy", &key.name, "--json"])).unwrap();
    assert_eq!(
        shown,
        json!({
            "models": null, "regions": null, "aliases": {}, "profiles": {}, "losses": null, "caching": "automatic",
            "guardrail": {"id": "gr-1", "version": "DRAFT", "trace": "disabled", "streamed_text": "sync"},
            "response_cache": null, "tagging": null,
            "limits": {
                "requests_per_minute": null, "tokens_per_minute": null, "concurrent_requests": null, "budgets": {},
            },
        })
    );
    let key = key.policy(&["--inherit", "guardrail", "--inherit", "caching"]);
    assert_eq!(stack.adit(&["key", "policy", &key.name]).trim_end(), "nothing is set");
    let refused = stack.prepared(&["key", "policy", &key.name, "--guardrail", "gr-1"]).output().unwrap();
    let reason = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.status.code() == Some(2) && reason.contains("expected its id or ARN"), "{reason}");
}
