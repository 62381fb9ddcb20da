//! What a model said is said again to a request that is the same.

use serde_json::{Value, json};

use crate::harness::{Answer, Key, Stack, says};

const PROMPT: &str = "write to alice@example.org";

fn request(prompt: &str) -> Value {
    let mut request = says(prompt);
    request["temperature"] = json!(0);
    request
}

fn outcome(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.header("x-adit-cache").unwrap_or("none"))
}

fn asked(stack: &Stack) -> usize {
    stack.sim.requests().len()
}

fn with_team(stack: &Stack) -> [Key<'_>; 2] {
    stack.adit(&["team", "create", "search"]);
    [(); 2].map(|()| {
        let key = stack.key();
        stack.adit(&["key", "edit", &key.name, "--team", "search"]);
        key
    })
}

#[test]
fn the_second_request_does_not_reach_the_model_however_it_wants_its_answer() {
    let stack = Stack::with([]);
    let key = stack.key().policy(&["--response-cache", "1h", "--budget", "tokens-per-day=1000000"]);
    let first = key.post_for_stream(&request("hello")).answer();
    assert_eq!((outcome(&first), first.content().as_str()), ((200, "miss"), "hello"));
    assert_eq!(first.header("age"), None);
    let again = key.post_for_stream(&request("hello")).answer();
    assert_eq!((outcome(&again), again.content().as_str()), ((200, "hit"), "hello"));
    assert!(again.header("age").is_some_and(|age| age.parse::<u64>().is_ok()));
    let whole = key.post(&request("hello"));
    assert_eq!((outcome(&whole), whole.content().as_str()), ((200, "hit"), "hello"));
    assert_eq!(asked(&stack), 1);

    let usage = key.get("/v1/usage").json();
    assert_eq!((&usage["total"]["requests"], &usage["total"]["cache_hits"]), (&json!(3), &json!(2)));

    assert_eq!(outcome(&key.post(&request("other"))), (200, "miss"));
    assert_eq!(outcome(&key.post(&says("hello"))), (200, "bypass"), "its temperature is not 0");
    assert_eq!(outcome(&key.post_with(("x-adit-cache", "bypass"), &request("hello"))), (200, "bypass"));
    assert_eq!(outcome(&key.post_with(("cache-control", "no-cache"), &request("hello"))), (200, "miss"));
    assert_eq!(outcome(&key.post_with(("x-adit-cache", "never"), &request("hello"))), (400, "none"));
    assert_eq!(asked(&stack), 5);

    stack.adit(&["response-cache", "purge", &key.name]);
    assert_eq!(outcome(&key.post(&request("hello"))), (200, "miss"));
}

#[test]
fn keys_share_what_is_kept_for_their_team_alone() {
    let stack = Stack::with([]);
    let [one, other] = with_team(&stack);
    let [one, other] = [one, other].map(|key| key.policy(&["--response-cache", "1h"]));
    for key in [&one, &other] {
        assert_eq!(outcome(&key.post(&request("hello"))), (200, "miss"));
    }
    let shared = ["--response-cache", "1h", "--response-cache-for", "team"];
    let [one, other] = [one, other].map(|key| key.policy(&shared));
    assert_eq!(outcome(&one.post(&request("hello"))), (200, "miss"));
    assert_eq!(outcome(&other.post(&request("hello"))), (200, "hit"));
    stack.adit(&["response-cache", "purge", "--team", "search"]);
    assert_eq!(outcome(&other.post(&request("hello"))), (200, "miss"));
    assert_eq!(outcome(&stack.key().post(&request("hello"))), (200, "none"), "the cache is off");
}

#[test]
fn an_address_comes_back_to_each_caller() {
    let stack = Stack::with(["redact"]);
    let key = stack.key().with("redact", &json!({})).policy(&["--response-cache", "1h"]);
    let first = key.post(&request(PROMPT));
    assert_eq!((outcome(&first), first.content().as_str()), ((200, "miss"), PROMPT));
    let again = key.post_for_stream(&request(PROMPT)).answer();
    assert_eq!((outcome(&again), again.content().as_str()), ((200, "hit"), PROMPT));
    assert!(!stack.sim.last_body().to_string().contains("alice"));
}
