//! What a key has used: its sums are those of the bill.

use serde_json::{Value, json};

use crate::harness::{Key, MODEL, Setup, Stack, says};

const CLAUDE: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const PROFILE: &str = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/novateam0001";

fn usage(key: &Key<'_>) -> Value {
    let answer = key.get("/v1/usage");
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn asks(model: &str) -> Value {
    let mut request = says("hello there");
    request["model"] = json!(model);
    request
}

#[test]
fn the_sums_are_what_bedrock_said() {
    let stack = Stack::with([]);
    let key = stack.key();
    let said = |read, written| {
        json!({"match": {"textContains": format!("{read} {written}")}, "action": {"reply": {"text": "fine", "usage": {
            "inputTokens": read, "outputTokens": written,
            "cacheReadInputTokens": 1000, "cacheWriteInputTokens": 0,
        }}}})
    };
    let counts: [(u64, u64); 4] = [(7, 11), (500, 20), (123_456, 3), (1, 4096)];
    stack.sim.run(&Value::Array(counts.map(|(read, written)| said(read, written)).to_vec()));
    for (place, (read, written)) in counts.iter().enumerate() {
        let mut request = says(&format!("{read} {written}"));
        request["model"] = json!(MODEL);
        let answer = if place % 2 == 0 { key.post(&request) } else { key.post_for_stream(&request).answer() };
        assert_eq!(answer.content(), "fine");
    }
    let told = usage(&key);
    let (read, written) = counts.iter().fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    let total = &told["total"];
    assert_eq!(
        *total,
        json!({
            "requests": 4, "errors": 0, "cache_hits": 0, "estimated": 0, "input_tokens": read,
            "output_tokens": written, "cache_read_tokens": 4000, "cache_write_tokens": 0,
            "cost_usd": total["cost_usd"],
        })
    );
    // In nanodollars a token of Nova Lite: 60 for one that is read, 240 written, 15 from the cache.
    let nanodollars = 60 * read + 240 * written + 15 * 4000;
    #[expect(clippy::cast_precision_loss, reason = "a small number")]
    let dollars = nanodollars as f64 / 1e9;
    assert!((total["cost_usd"].as_f64().unwrap() - dollars).abs() < 1e-12, "{total} is not {dollars}");
    assert_eq!(told["object"], "adit.usage");
    let days = told["days"].as_array().unwrap();
    assert_eq!(days.len(), 1, "{told}");
    assert_eq!((&days[0]["model"], &days[0]["requests"]), (&json!(MODEL), &json!(4)));
}

#[test]
fn each_model_has_its_line_and_each_key_its_own_usage() {
    let stack = Stack::with([]);
    let (key, other) = (stack.key(), stack.key());
    for model in [MODEL, CLAUDE, MODEL] {
        assert_eq!(key.post(&asks(model)).status, 200);
    }
    assert_eq!(other.post(&asks(MODEL)).status, 200);
    assert_eq!(key.post(&asks("no-such-model")).status, 404);
    let told = usage(&key);
    let line = |model: &str| {
        let days = told["days"].as_array().unwrap();
        days.iter().find(|day| day["model"] == model).map(|day| day["requests"].clone())
    };
    assert_eq!((line(MODEL), line(CLAUDE)), (Some(json!(2)), Some(json!(1))));
    assert_eq!((&told["total"]["requests"], &told["total"]["errors"]), (&json!(4), &json!(1)));
    assert_eq!(usage(&other)["total"]["requests"], 1);
    assert_eq!(usage(&other)["limits"], json!([]));
}

#[test]
fn days_can_be_chosen_and_are_checked() {
    let stack = Stack::with([]);
    let key = stack.key();
    assert_eq!(key.ask("hello").content(), "hello");
    let past = key.get("/v1/usage?since=2020-01-01&until=2020-01-31").json();
    assert_eq!((&past["total"]["requests"], &past["until"]), (&json!(0), &json!("2020-01-31")));
    for (query, param) in
        [("since=soon", "since"), ("by=model", "by"), ("since=2020-02-01&until=2020-01-01", "since")]
    {
        let refused = key.get(&format!("/v1/usage?{query}"));
        assert_eq!((refused.status, &refused.error()["param"]), (400, &json!(param)), "{query}");
    }
    assert_eq!(Key::with_secret(&stack, "adit_wrong").get("/v1/usage").status, 401);
}

#[test]
fn what_passes_plugins_is_counted_as_the_model_said_it() {
    let stack = Stack::with(["redact"]);
    let key = stack.key().with("redact", &json!({}));
    for streamed in [false, true] {
        let mut request = says("write to jane@example.com");
        request["stream"] = json!(streamed);
        assert_eq!(key.post(&request).content(), "write to jane@example.com");
    }
    let told = usage(&key)["total"].clone();
    assert_eq!((&told["requests"], &told["estimated"]), (&json!(2), &json!(0)));
    let tokens = (told["input_tokens"].as_u64().unwrap(), told["output_tokens"].as_u64().unwrap());
    assert!(tokens.0 >= 2 && tokens.1 >= 2, "{told}");
}

#[test]
fn bedrock_notes_whose_call_it_is() {
    let stack = Stack::with([]);
    let key = stack.key().policy(&["--tagging", "on"]);
    let id = usage(&key)["key"].clone();
    let mut request = says("hello");
    let metadata: serde_json::Map<String, Value> =
        (0..16).map(|n| (format!("name-{n:02}"), json!("x"))).collect();
    request["metadata"] = Value::Object(metadata);
    let answer = key.post(&request);
    assert_eq!((answer.content().as_str(), answer.header("x-adit-dropped")), ("hello", Some("metadata")));
    let noted = stack.sim.last_body()["requestMetadata"].clone();
    assert_eq!((&noted["adit-key"], noted.as_object().unwrap().len()), (&id, 16));
    assert_eq!((&noted["name-14"], noted.get("name-15")), (&json!("x"), None));
    request["metadata"] = json!({"adit-key": "another"});
    assert_eq!(key.post(&request).content(), "hello");
    assert_eq!(stack.sim.last_body()["requestMetadata"], json!({"adit-key": id}));
}

#[test]
fn a_profile_is_called_in_the_place_of_its_model_and_the_model_is_noted() {
    let stack = Stack::with([]);
    let key = stack.key().policy(&[
        "--profile",
        &format!("{MODEL}={PROFILE}"),
        "--alias",
        &format!("fast={MODEL}"),
    ]);
    for name in ["fast", MODEL] {
        let answer = key.post(&asks(name));
        assert_eq!((answer.content().as_str(), &answer.json()["model"]), ("hello there", &json!(MODEL)));
    }
    let called: Vec<Value> = stack.sim.requests().iter().map(|request| request["modelId"].clone()).collect();
    assert_eq!(called, [PROFILE, PROFILE], "nobody has to ask what stands behind the profile");
    let told = usage(&key);
    assert_eq!(told["days"][0]["model"], MODEL);
    assert!(told["total"]["cost_usd"].as_f64().unwrap() > 0.0, "{told}");
    let models = key.get("/v1/models").json();
    assert!(models["data"].as_array().unwrap().iter().any(|model| model["id"] == "fast"), "{models}");
}

#[test]
fn a_key_can_be_kept_to_some_of_the_regions() {
    let settings = "[bedrock]\nregions = ['us-east-1', 'eu-west-1']";
    let stack = Setup::new().settings(settings).start();
    let key = stack.key().policy(&["--region", "eu-west-1"]);
    assert_eq!(key.post(&asks(MODEL)).content(), "hello there");
    let regions: Vec<Value> = stack.sim.requests().iter().map(|request| request["region"].clone()).collect();
    assert_eq!(regions, ["eu-west-1"]);
    let elsewhere = stack.key().policy(&["--region", "ap-southeast-2"]);
    let there = asks("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0");
    for (key, request) in [(&elsewhere, asks(MODEL)), (&key, there)] {
        let refused = key.post(&request);
        assert_eq!((refused.status, &refused.error()["code"]), (403, &json!("region_not_allowed")));
    }
    let embedding = json!({"model": "amazon.titan-embed-text-v2:0", "input": "hello"});
    assert_eq!(elsewhere.post_to("/v1/embeddings", &[], &embedding).status, 403);
    assert_eq!(stack.sim.requests().len(), 1);
}
