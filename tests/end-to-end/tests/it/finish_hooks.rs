//! Plugins that learn how each request ended: once, however it did.

use serde_json::{Value, json};

use crate::harness::{LocalOnly, MODEL, Setup, Stack, is_skipped};

fn stack() -> Stack {
    Stack::with(["rewrite"])
}

/// The line that the plugin wrote; exactly one.
fn finished(stack: Stack, parts: &[&str]) {
    let line = stack.server().wait_for_line(&[&["finished"], parts].concat());
    let log = stack.stop();
    assert_eq!(log.matches("finished ").count(), 1, "{line}\n{log}");
}

#[test]
fn a_complete_answer_with_what_the_model_itself_said() {
    for streamed in [true, false] {
        let stack = stack();
        let key = stack.key().with("rewrite", &json!({"shout": true}));
        let answer = if streamed { key.stream("hello").answer() } else { key.ask("hello") };
        assert_eq!(answer.content(), "HELLO");
        let model = format!("asked {MODEL}, called {MODEL}");
        finished(stack, &["Complete", &model, "EndTurn", "failure <>"]);
    }
}

#[test]
fn a_failure_before_any_model_is_called() {
    let stack = stack();
    let key = stack.key().with("rewrite", &json!({"deny": "request"}));
    assert_eq!(key.ask("hello").status, 451);
    finished(stack, &["Failed", "called nothing", "failure <451 not_today>"]);
}

#[test]
fn a_failure_of_the_model_behind_the_beginning() {
    let stack = stack();
    stack.sim.always(&json!({"textDeltas": ["one ", "two "], "cutAfter": {"events": 3}}));
    let key = stack.key().with("rewrite", &json!({}));
    let answer = key.stream("hello").answer();
    assert!(answer.error()["code"].is_string());
    finished(stack, &["Failed", &format!("called {MODEL}"), "failure <502"]);
}

#[test]
fn an_answer_that_a_later_plugin_broke() {
    let setup = Setup::new().plugins(["rewrite", "forge"]);
    let stack = setup.script(Value::Array(Vec::new())).start();
    let key = stack.key().with("rewrite", &json!({})).with("forge", &json!({"how": "no-stop"}));
    assert_eq!(key.stream("hello").answer().error()["code"], "plugin_fault");
    finished(stack, &["Failed", "EndTurn", "failure <500 plugin_fault>"]);
}

#[test]
fn a_client_that_leaves() {
    if is_skipped(LocalOnly::SeesClientsLeave) {
        return;
    }
    let stack = stack();
    let stalls = json!({"textDeltas": ["one ", "two ", "three"], "cutAfter": {"events": 3, "stall": true}});
    stack.sim.always(&stalls);
    let key = stack.key().with("rewrite", &json!({}));
    let mut stream = key.stream("count");
    assert!(stream.next_chunk().is_some());
    stream.hang_up();
    finished(stack, &["Cancelled", "None", "failure <>"]);
}

#[test]
fn a_client_that_leaves_before_the_first_byte() {
    if is_skipped(LocalOnly::SeesClientsLeave) {
        return;
    }
    let stack = stack();
    stack.sim.always(&json!({"hang": true}));
    let key = stack.key().with("rewrite", &json!({}));
    let connection = key.send(&crate::harness::says("hello"));
    stack.sim.wait_for_a_request();
    connection.hang_up();
    finished(stack, &["Cancelled", &format!("called {MODEL}")]);
}
