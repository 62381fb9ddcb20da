//! What a key may use: it is taken before the model is called, and settled however the request ends.

use std::time::Instant;

use serde_json::{Value, json};

use crate::harness::{Answer, Key, LocalOnly, MODEL, PATIENCE, Stack, is_skipped, says};

/// The model says it used so much.
pub(crate) fn using(input_tokens: u64, output_tokens: u64) -> Value {
    json!({"reply": {"text": "fine", "usage": usage(input_tokens, output_tokens)}})
}

fn usage(input_tokens: u64, output_tokens: u64) -> Value {
    json!({
        "inputTokens": input_tokens, "outputTokens": output_tokens,
    })
}

/// A request that may use up to so many tokens.
pub(crate) fn short(max_tokens: u32) -> Value {
    let mut request = says("hello");
    request["max_tokens"] = json!(max_tokens);
    request
}

fn headers(answer: &Answer, what: &str) -> [Option<String>; 3] {
    ["limit", "remaining", "reset"]
        .map(|name| answer.header(&format!("x-ratelimit-{name}-{what}")).map(str::to_owned))
}

pub(crate) fn code(answer: &Answer) -> (u16, String, String) {
    let error = answer.error();
    let text = |name: &str| error[name].as_str().unwrap().to_owned();
    (answer.status, text("type"), text("code"))
}

pub(crate) fn quota() -> (u16, String, String) {
    (429, "insufficient_quota".to_owned(), "insufficient_quota".to_owned())
}

pub(crate) fn limited() -> (u16, String, String) {
    (429, "rate_limit_error".to_owned(), "rate_limit_exceeded".to_owned())
}

/// The only budget of a key, as it is told.
pub(crate) fn budget(key: &Key<'_>) -> Value {
    key.get("/v1/usage").json()["limits"][0]["budgets"][0].clone()
}

/// What is used of the only budget of a key, once nothing runs any more.
pub(crate) fn settled(key: &Key<'_>, expected: u64) {
    let begun = Instant::now();
    loop {
        let used = budget(key)["used"].as_u64().unwrap();
        if used == expected {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "{used} tokens are used and not {expected}");
        std::thread::yield_now();
    }
}

#[test]
fn money_is_spent_until_there_is_none_left() {
    let stack = Stack::with([]);
    // Nova Lite: 0.06 dollars for a million tokens in, 0.24 for those out.
    stack.sim.always(&using(1_000_000, 1_000_000));
    let key = stack.key().policy(&["--budget", "money-per-day=0.50", "--budget", "tokens-per-month=9000000"]);
    for left in [0.2, 0.0] {
        assert_eq!(key.post(&short(100)).content(), "fine");
        assert_eq!(budget(&key)["left"], json!(left));
    }
    let refused = key.post(&short(100));
    assert_eq!(code(&refused), quota());
    assert_eq!(refused.header("x-should-retry"), Some("false"));
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=86_400).contains(&seconds), "until midnight: {seconds} s");
    let message = refused.error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("your API key has used up its money for today"), "{message}");
    let streamed = key.post_for_stream(&short(100)).answer();
    assert_eq!((streamed.status, stack.sim.requests().len()), (429, 2), "the model was called");
    assert_eq!(stack.key().post(&short(100)).content(), "fine", "another key pays for itself");
}

#[test]
fn requests_in_a_minute_are_counted_and_told() {
    let stack = Stack::with([]);
    let key = stack.key().policy(&["--requests-per-minute", "2"]);
    let first = key.ask("hello");
    let expected = ["2", "1", "30s"].map(|text| Some(text.to_owned()));
    assert_eq!(headers(&first, "requests"), expected);
    assert_eq!(headers(&first, "tokens"), [None, None, None]);
    let second = key.stream("hello").answer();
    assert_eq!(second.header("x-ratelimit-remaining-requests"), Some("0"));
    let third = key.ask("hello");
    assert_eq!(code(&third), limited());
    assert_eq!(third.header("x-ratelimit-remaining-requests"), Some("0"));
    let seconds: u64 = third.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=30).contains(&seconds), "{seconds} s");
    assert_eq!(third.header("x-should-retry"), None);
    assert_eq!(headers(&stack.key().ask("hello"), "requests"), [None, None, None]);
}

#[test]
fn tokens_in_a_minute_are_given_back_that_were_not_used() {
    let stack = Stack::with([]);
    stack.sim.always(&using(1, 0));
    let key = stack.key().policy(&["--tokens-per-minute", "6"]);
    // Each may use all there are, and uses one.
    for _ in 0..3 {
        let answer = key.post(&short(4));
        assert_eq!(answer.content(), "fine");
        assert_eq!(answer.header("x-ratelimit-remaining-tokens"), Some("0"));
    }
    stack.sim.always(&using(10, 10));
    assert_eq!(key.post(&short(4)).content(), "fine");
    let refused = key.post(&short(4));
    assert_eq!(code(&refused), limited());
    assert_eq!(headers(&refused, "tokens")[..2], ["6", "0"].map(|text| Some(text.to_owned())));
}

#[test]
fn requests_at_a_time_are_counted_until_they_end() {
    if is_skipped(LocalOnly::SeesClientsLeave) {
        return;
    }
    let stack = Stack::with([]);
    let key = stack.key().policy(&["--concurrent", "1"]);
    stack.sim.always(&json!({"textDeltas": ["one ", "two "], "cutAfter": {"events": 3, "stall": true}}));
    let mut running = key.stream("count");
    assert!(running.next_chunk().is_some());
    assert_eq!(code(&key.ask("hello")), limited());
    running.hang_up();
    stack.sim.always(&json!({}));
    let begun = Instant::now();
    while key.ask("hello").status != 200 {
        assert!(begun.elapsed() < PATIENCE, "the place is not free");
    }
}

#[test]
fn who_leaves_a_stream_pays_for_what_was_written() {
    if is_skipped(LocalOnly::SeesClientsLeave) {
        return;
    }
    let stack = Stack::with([]);
    let key = stack.key().policy(&["--budget", "tokens-per-day=100000"]);
    let deltas = ["x".repeat(40), "y".repeat(40), "z".repeat(40)];
    stack.sim.always(&json!({"textDeltas": deltas, "cutAfter": {"events": 4, "stall": true}}));
    let mut stream = key.stream("hello");
    let mut read = String::new();
    while !read.contains("yyy") {
        read.push_str(std::str::from_utf8(&stream.next_chunk().unwrap()).unwrap());
    }
    assert!(budget(&key)["used"].as_u64().unwrap() > 1000, "a whole answer is reserved");
    stream.hang_up();
    let begun = Instant::now();
    let used = loop {
        let told = key.get("/v1/usage").json();
        if told["total"]["requests"] == 1 {
            assert_eq!(told["total"]["estimated"], 1);
            break told["limits"][0]["budgets"][0]["used"].as_u64().unwrap();
        }
        assert!(begun.elapsed() < PATIENCE, "it is not settled");
    };
    // A quarter of the bytes: those that were read and perhaps a delta more, and the prompt.
    assert!((22..=32).contains(&used), "{used}");
}

#[test]
fn what_fails_before_its_first_word_costs_nothing() {
    let stack = Stack::with([]);
    let key = stack.key().policy(&["--budget", "tokens-per-day=100000"]);
    stack.sim.always(&json!({"error": {"type": "ModelErrorException", "message": "no"}}));
    assert_eq!(key.ask("hello").status, 424);
    let told = key.get("/v1/usage").json();
    assert_eq!(told["total"]["errors"], 1);
    assert_eq!(told["total"]["input_tokens"], 0);
    settled(&key, 0);
}

#[test]
fn two_hundred_callers_overspend_a_budget_by_one_reservation_at_most() {
    let stack = Stack::with([]);
    // Each takes some 52 tokens, and uses them.
    stack.sim.always(&using(2, 50));
    let key = stack.key().policy(&["--budget", "tokens-per-day=1000"]);
    let served = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..200).map(|_| scope.spawn(|| key.post(&short(50)).status)).collect();
        let statuses: Vec<u16> = callers.into_iter().map(|caller| caller.join().unwrap()).collect();
        assert!(statuses.iter().all(|status| [200, 429].contains(status)), "{statuses:?}");
        statuses.iter().filter(|status| **status == 200).count()
    });
    assert_eq!(served, 20, "1000 tokens are enough for 19 and a bit, and the bit lets one more pass");
    settled(&key, 20 * 52);
    assert_eq!(stack.sim.requests().len(), served);
}

/// Two keys of a team that has these limits, and none of their own.
pub(crate) fn members<'s>(stack: &'s Stack, team: &str, limits: &[&str]) -> [Key<'s>; 2] {
    stack.adit(&["team", "create", team]);
    stack.adit(&[&["team", "policy", team], limits].concat());
    [(); 2].map(|()| {
        let key = stack.key();
        stack.adit(&["key", "edit", &key.name, "--team", team]);
        key
    })
}

/// What one key of a team has used is missing to the other one.
pub(crate) fn a_team_is_refused_what_its_keys_have_used_up(stack: &Stack) {
    stack.sim.always(&using(600, 400));
    let message = |refused: &Answer| refused.error()["message"].as_str().unwrap().to_owned();
    let [one, other] = members(stack, "search", &["--budget", "tokens-per-month=1000"]);
    assert_eq!(one.post(&short(10)).content(), "fine");
    let refused = other.post(&short(10));
    assert_eq!(code(&refused), quota());
    assert!(message(&refused).contains("the team `search` of your API key has used up its tokens"));
    assert_eq!(refused.header("x-should-retry"), Some("false"));
    assert_eq!(headers(&refused, "requests"), [None, None, None], "the team has no such limit");
    let told = other.get("/v1/usage").json();
    assert_eq!((&told["total"]["requests"], &told["limits"][0]["of"]), (&json!(0), &json!("team")));
    assert_eq!(told["limits"][0]["budgets"][0]["left"], json!(0));

    let [one, other] = members(stack, "ads", &["--requests-per-minute", "1"]);
    assert_eq!(headers(&one.post(&short(10)), "requests")[..2], ["1", "0"].map(|text| Some(text.to_owned())));
    let refused = other.post_for_stream(&short(10)).answer();
    assert_eq!(code(&refused), limited());
    assert!(message(&refused).contains("the team `ads` of your API key"), "{}", message(&refused));
    assert_eq!(headers(&refused, "requests")[..2], ["1", "0"].map(|text| Some(text.to_owned())));
}

#[test]
fn what_keys_of_a_team_use_counts_for_all_of_them() {
    a_team_is_refused_what_its_keys_have_used_up(&Stack::with([]));
}

#[test]
fn a_refusal_by_a_budget_tells_how_the_rates_stand() {
    let stack = Stack::with([]);
    stack.sim.always(&using(600, 400));
    let rates = ["--requests-per-minute", "3", "--tokens-per-minute", "4000"];
    let key = stack.key().policy(&[&rates[..], &["--budget", "tokens-per-day=1000"]].concat());
    assert_eq!(key.post(&short(10)).content(), "fine");
    for _ in 0..2 {
        let refused = key.post(&short(10));
        assert_eq!(code(&refused), quota());
        // Nothing was taken; what the first one has used comes back bit by bit.
        assert_eq!(headers(&refused, "requests")[..2], ["3", "2"].map(|text| Some(text.to_owned())));
        let [limit, remaining, _] = headers(&refused, "tokens");
        assert_eq!(limit.as_deref(), Some("4000"));
        let remaining: u32 = remaining.unwrap().parse().unwrap();
        assert!((3000..=4000).contains(&remaining), "{remaining}");
    }
}

#[test]
fn an_explanation_takes_nothing() {
    let stack = Stack::with([]);
    let key = stack.key().policy(&["--requests-per-minute", "1", "--budget", "tokens-per-day=100000"]);
    for _ in 0..3 {
        assert_eq!(key.post_with(("x-adit-explain", "true"), &says("hello")).status, 200);
    }
    settled(&key, 0);
    assert_eq!(key.ask("hello").content(), "hello");
}

#[test]
fn embeddings_and_completions_are_limited_too() {
    let stack = Stack::with([]);
    let embedding = json!({"model": "amazon.titan-embed-text-v2:0", "input": "some words"});
    let completion = json!({"model": MODEL, "prompt": "some words"});
    for (path, body) in [("/v1/embeddings", embedding), ("/v1/completions", completion)] {
        let key = stack.key().policy(&["--requests-per-minute", "1"]);
        let first = key.post_to(path, &[], &body);
        assert_eq!(
            (first.status, first.header("x-ratelimit-remaining-requests")),
            (200, Some("0")),
            "{path}"
        );
        assert_eq!(code(&key.post_to(path, &[], &body)), limited(), "{path}");
        let told = key.get("/v1/usage").json();
        assert_eq!(
            (&told["total"]["requests"], &told["total"]["input_tokens"]),
            (&json!(1), &json!(2)),
            "{path}"
        );
    }
}
