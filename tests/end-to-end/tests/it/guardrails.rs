//! A key's guardrail checks every call, whatever the client sends.

use serde_json::{Value, json};

use crate::harness::{Stack, says};

fn finish(answer: &Value) -> &Value {
    &answer["choices"][0]["finish_reason"]
}

#[test]
fn what_a_guardrail_blocks_ends_as_filtered_content() {
    let stack = Stack::with([]);
    let key = stack.key().policy(&["--guardrail", "gr-block:1"]);
    let answer = key.ask("something forbidden").json();
    assert_eq!(finish(&answer), "content_filter");
    assert_eq!(answer["choices"][0]["message"]["content"], "Sorry, this is blocked by the guardrail.");

    let streamed = key.stream("something forbidden").answer();
    let last = streamed.events().iter().filter_map(|event| event.data().cloned()).next_back().unwrap();
    assert_eq!(
        (finish(&last), streamed.content().as_str()),
        (&json!("content_filter"), "Sorry, this is blocked by the guardrail.")
    );
    assert_eq!(key.ask("something else").content(), "something else");
}

#[test]
fn only_the_new_turn_is_checked() {
    let stack = Stack::with([]);
    let key = stack.key().policy(&["--guardrail", "gr-block:1"]);
    let mut request = says("ignored");
    request["messages"] = json!([
        {"role": "user", "content": "something forbidden"},
        {"role": "assistant", "content": "No."},
        {"role": "user", "content": "then something else"},
    ]);
    assert_eq!(key.post(&request).content(), "then something else");
}

#[test]
fn what_a_guardrail_masks_is_a_whole_answer() {
    let stack = Stack::with([]);
    let key = stack.key().policy(&["--guardrail", "gr-mask:DRAFT", "--guardrail-trace"]);
    let answer = key.ask("Write to anna@example.org today.").json();
    assert_eq!(answer["choices"][0]["message"]["content"], "Write to {EMAIL} today.");
    assert_eq!(finish(&answer), "content_filter");
}

#[test]
fn embeddings_have_no_guardrail_so_a_guarded_key_has_no_embeddings() {
    let stack = Stack::with([]);
    let request = json!({"model": "amazon.titan-embed-text-v2:0", "input": "something forbidden"});
    let guarded = stack.key().policy(&["--guardrail", "gr-block:1"]);
    let answer = guarded.post_to("/v1/embeddings", &[], &request);
    assert_eq!((answer.status, &answer.error()["code"]), (403, &json!("model_not_allowed")));
    assert_eq!(stack.key().post_to("/v1/embeddings", &[], &request).status, 200);
}

#[test]
fn a_client_neither_chooses_nor_avoids_a_guardrail() {
    let stack = Stack::with([]);
    let guarded = stack.key().policy(&["--guardrail", "gr-block:1"]);
    let mut request = says("something forbidden");
    request["guardrailConfig"] = json!({"guardrailIdentifier": "gr-mask", "guardrailVersion": "1"});
    let answer = guarded.post(&request);
    assert_eq!(finish(&answer.json()), "content_filter");
    assert_eq!(answer.header("x-adit-dropped"), Some("guardrailConfig"));
    assert_eq!(stack.sim.last_body()["guardrailConfig"]["guardrailIdentifier"], "gr-block");

    // To call a text a source is no way around.
    request["messages"][0]["content"] =
        json!([{"type": "guarded_text", "text": "something forbidden", "qualifiers": ["grounding_source"]}]);
    assert_eq!(finish(&guarded.post(&request).json()), "content_filter");

    request["messages"] = says("something forbidden")["messages"].take();
    assert_eq!(stack.key().post(&request).content(), "something forbidden");
    assert!(stack.sim.last_body().get("guardrailConfig").is_none());
}
