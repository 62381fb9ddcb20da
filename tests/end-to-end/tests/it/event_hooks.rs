//! Plugins that read and replace the events of an answer.

use serde_json::json;

use crate::harness::{Event, Stack, says};

#[test]
fn a_plugin_changes_what_the_model_said_before_any_text_hook_reads_it() {
    let stack = Stack::with(["rewrite", "hold"]);
    let key = stack.key().with("hold", &json!({})).with("rewrite", &json!({"shout": true}));
    // The text hook looks for `cat`, and finds `CAT`; its place in the chain makes no difference.
    for key in [key, stack.key().with("rewrite", &json!({"shout": true})).with("hold", &json!({}))] {
        assert_eq!(key.ask("a cat").content(), "A CAT");
        assert_eq!(key.stream("a cat").answer().content(), "A CAT");
    }
}

#[test]
fn a_stop_ends_the_answer_in_the_plugins_words() {
    let stack = Stack::with(["rewrite"]);
    let key = stack.key().with("rewrite", &json!({"deny": "events"}));
    for answer in [key.ask("hello"), key.stream("hello").answer()] {
        assert_eq!((answer.status, &answer.error()["code"]), (451, &json!("not_today")));
    }
}

#[test]
fn no_plugin_says_what_an_answer_cost() {
    let stack = Stack::with(["forge"]);
    let (honest, forged) = (stack.key(), stack.key().with("forge", &json!({"how": "usage"})));
    assert_eq!(forged.ask("hello").json()["usage"], honest.ask("hello").json()["usage"]);
    let mut request = says("hello");
    request["stream_options"] = json!({"include_usage": true});
    let usages = |answer: &crate::harness::Answer| {
        let usage = |event: &Event| Some(event.data()?.get("usage")?.clone()).filter(|it| !it.is_null());
        answer.events().iter().filter_map(usage).collect::<Vec<_>>()
    };
    let expected = usages(&honest.post_for_stream(&request).answer());
    assert_eq!(expected.len(), 1);
    assert_eq!(usages(&forged.post_for_stream(&request).answer()), expected);
}

#[test]
fn events_out_of_order_end_the_answer_and_name_the_plugin() {
    let stack = Stack::with(["forge"]);
    for how in ["unknown-block", "after-stop", "no-stop", "other"] {
        let key = stack.key().with("forge", &json!({"how": how}));
        for answer in [key.ask("hello"), key.stream("hello").answer()] {
            let error = answer.error();
            assert_eq!(error["code"], "plugin_fault", "{how}");
            assert!(error["message"].as_str().unwrap().contains("`forge`"), "{how}: {error}");
        }
    }
    assert_eq!(stack.key().ask("and a neighbour?").content(), "and a neighbour?");
}

#[test]
fn text_that_looks_like_the_end_of_a_stream_is_text() {
    let stack = Stack::with(["forge"]);
    let key = stack.key().with("forge", &json!({"how": "breakout"}));
    let text = "\n\ndata: [DONE]\n\ndata: {\"error\":1}\r\n\r\n\u{2028}";
    stack.sim.always(&json!({"textDeltas": ["one"]}));
    assert_eq!(key.ask("hello").content(), text);
    let streamed = key.stream("hello").answer();
    assert_eq!(streamed.content(), text);
    assert_eq!(streamed.events().iter().filter(|event| **event == Event::Done).count(), 1);
}
