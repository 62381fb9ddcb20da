//! What plugins can do when they do it right: verdicts, windows, order.

use serde_json::{Value, json};

use crate::harness::{Setup, Stack, says};

#[test]
fn hello_writes_everything_in_capitals() {
    let stack = Stack::with(["hello"]);
    let key = stack.key().with("hello", &json!({}));
    assert_eq!(key.ask("Grüße, 東京").content(), "GRÜSSE, 東京");
    assert_eq!(key.stream("Grüße, 東京").answer().content(), "GRÜSSE, 東京");
}

#[test]
fn route_turns_an_alias_into_a_model() {
    let stack = Stack::with(["route"]);
    let key = stack.key().with("route", &json!({"aliases": {"fast": "us.amazon.nova-micro-v1:0"}}));
    let mut request = crate::harness::says("hello");
    request["model"] = json!("fast");
    let answer = key.post(&request);
    assert_eq!(
        (answer.content().as_str(), &answer.json()["model"]),
        ("hello", &json!("us.amazon.nova-micro-v1:0"))
    );
    assert_eq!(stack.sim.requests()[0]["modelId"], "us.amazon.nova-micro-v1:0");
}

#[test]
fn a_plugin_that_waits_for_the_rest_of_a_word_sees_it_whole() {
    let stack = Stack::with(["hold"]);
    let key = stack.key().with("hold", &json!({}));
    let (answer, expected) = ("a cat, a cca, a catcat, c", "a dog, a cca, a dogdog, c");
    for cut in 0..=answer.len() {
        let (one, other) = answer.split_at(cut);
        stack.sim.always(&json!({"textDeltas": [one, other]}));
        assert_eq!(key.stream("?").answer().content(), expected, "cut at {cut}");
    }
    let letters: Vec<String> = answer.chars().map(String::from).collect();
    stack.sim.always(&json!({"textDeltas": letters}));
    assert_eq!(key.stream("?").answer().content(), expected);
    assert_eq!(key.ask("?").content(), expected);
}

#[test]
fn the_last_plugin_reads_the_answer_first() {
    let stack = Stack::with(["hello", "hold"]);
    let hold_first = stack.key().with("hello", &json!({})).with("hold", &json!({}));
    let hello_first = stack.key().with("hold", &json!({})).with("hello", &json!({}));
    for (key, expected) in [(hold_first, "A DOG"), (hello_first, "A CAT")] {
        assert_eq!(key.ask("a cat").content(), expected);
        assert_eq!(key.stream("a cat").answer().content(), expected);
    }
}

#[test]
fn a_plugin_answers_in_the_models_place_and_later_hooks_still_read_it() {
    let stack = Stack::with(["respond", "hello"]);
    let key = stack.key().with("respond", &json!({}));
    assert_eq!(key.ask("hello").content(), "No model was asked.");
    assert_eq!(key.stream("hello").answer().content(), "No model was asked.");
    key.enable("hello", &json!({}));
    assert_eq!(key.ask("hello").content(), "NO MODEL WAS ASKED.");
    assert_eq!(stack.sim.requests(), Vec::<Value>::new());
}

#[test]
fn a_full_house_is_said_before_a_model_is_called() {
    let setup = Setup::new().plugins(["hello"]).settings("[plugin_limits]\ninstances = 1");
    let stack = setup.script(json!([{"action": {"hang": true}}])).start();
    let [key, other] = [stack.key(), stack.key()].map(|key| key.with("hello", &json!({})));
    let waiting = key.send(&says("one"));
    stack.sim.wait_for_a_request();
    let refused = other.ask("two");
    assert_eq!((refused.status, &refused.error()["code"]), (503, &json!("overloaded")));
    assert_eq!(stack.sim.requests_so_far().len(), 1);
    drop(waiting);
}

#[test]
fn nothing_of_a_request_is_left_in_a_plugin_for_the_next_one() {
    let stack = Stack::with(["remember"]);
    let (mine, other) = (stack.key(), stack.key());
    for key in [&mine, &other] {
        key.enable("remember", &json!({}));
    }
    for (key, said) in [(&mine, "the first secret"), (&mine, "a second"), (&other, "somebody else's")] {
        assert_eq!(key.ask(said).content(), said);
    }
}

#[test]
fn a_refusal_has_the_status_that_the_plugin_names_but_never_a_success() {
    let stack = Stack::with(["deny"]);
    let in_prompt =
        [(503, 503), (0, 403), (302, 403), (999, 403)].map(|(named, expected)| ("prompt", named, expected));
    let everywhere = ["route", "prompt", "text"].map(|call| [(call, 451, 451), (call, 200, 403)]);
    for (call, named, expected) in everywhere.into_iter().flatten().chain(in_prompt) {
        let key = stack.key().with("deny", &json!({"in": call, "status": named}));
        let (whole, streamed) = (key.ask("hello"), key.stream("hello").answer());
        assert_eq!(whole.status, expected, "{call}: {named}");
        for answer in [whole, streamed] {
            let error = answer.error();
            assert_eq!((&error["type"], &error["code"]), (&json!("plugin_error"), &json!("not_today")));
            assert_eq!(error["message"], "come back tomorrow");
        }
    }
}

#[test]
fn a_plugin_that_changes_nothing_changes_nothing() {
    let stack = Stack::with(["polite"]);
    let key = stack.key().with("polite", &json!({}));
    assert_eq!(key.ask("as it is").content(), "as it is");
    assert_eq!(key.stream("as it is").answer().content(), "as it is");
}
