//! Regions that stand in for each other.

use serde_json::{Value, json};

use crate::harness::{MODEL, Setup, Stack, says};

const EAST: &str = "us-east-1";
const WEST: &str = "us-west-2";

/// A home and a second region. What the first one does is scripted.
fn two_regions(home: &Value) -> Stack {
    let script = json!([{"match": {"region": EAST}, "action": home}]);
    Setup::new().settings("[bedrock]\nregions = ['us-east-1', 'us-west-2']").script(script).start()
}

fn error_of(name: &str) -> Value {
    json!({"error": {"type": name, "message": "as the service words it"}})
}

/// Where requests have arrived, oldest first, by what they are signed for.
fn regions(stack: &Stack) -> Vec<String> {
    let requests = stack.sim.requests();
    requests.iter().map(|request| request["region"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_throttle_at_home_is_answered_elsewhere_and_the_conversation_stays_there() {
    for name in ["ThrottlingException", "ServiceUnavailableException", "ModelNotReadyException"] {
        let stack = two_regions(&error_of(name));
        let key = stack.key();
        assert_eq!(key.ask("hello").content(), "hello", "{name}");
        assert_eq!(key.stream("and again").answer().content(), "and again");
        assert_eq!(regions(&stack), [EAST, WEST, WEST]);
        // Nothing is known about another model.
        let mut other = says("hello");
        other["model"] = json!("us.amazon.nova-micro-v1:0");
        assert_eq!(key.post(&other).content(), "hello");
        assert_eq!(regions(&stack)[3..], [EAST, WEST]);
    }
}

#[test]
fn a_throttle_that_comes_as_the_first_event_counts_as_one_before_the_answer() {
    let exception = json!({"events": 0, "type": "throttlingException", "message": "Too many tokens"});
    let stack = two_regions(&json!({"exceptionAfter": exception}));
    assert_eq!(stack.key().stream("hello").answer().content(), "hello");
    assert_eq!(regions(&stack), [EAST, WEST]);
}

#[test]
fn what_another_region_could_not_do_better_stays_at_home() {
    let stack = two_regions(&error_of("AccessDeniedException"));
    assert_eq!(stack.key().ask("hello").status, 403);
    assert_eq!(regions(&stack), [EAST]);
}

#[test]
fn a_region_without_the_model_does_not_hide_the_throttle() {
    let script = json!([
        {"match": {"region": EAST}, "action": error_of("ThrottlingException")},
        {"match": {"region": WEST}, "action": error_of("ResourceNotFoundException")},
    ]);
    let settings = "[bedrock]\nregions = ['us-east-1', 'us-west-2']\nmax_attempts = 1";
    let stack = Setup::new().settings(settings).script(script).start();
    let answer = stack.key().ask("hello");
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("1")), "{}", answer.text());
    assert_eq!(regions(&stack), [EAST, WEST]);
}

#[test]
fn an_arn_is_called_in_its_own_region_and_looked_up_once() {
    let settings = "[bedrock]\nregions = ['us-east-1', 'eu-west-1']";
    let stack = Setup::new().settings(settings).start();
    let key = stack.key();
    let arn = "arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/novateam0001";
    let mut request = says("hello");
    request["model"] = json!(arn);
    for _ in 0..2 {
        assert_eq!(key.post(&request).content(), "hello");
    }
    let requests = stack.sim.requests();
    let operations: Vec<_> = requests.iter().map(|request| request["operation"].as_str().unwrap()).collect();
    assert_eq!(operations, ["GetInferenceProfile", "Converse", "Converse"]);
    assert_eq!(regions(&stack), ["eu-west-1"; 3]);
}

#[test]
fn repeats_within_one_region_until_it_answers() {
    let script = json!([
        {"match": {"model": MODEL, "nth": 1}, "action": error_of("InternalServerException")},
        {"match": {"model": MODEL, "nth": 1}, "action": {"cutAfter": {"events": 0, "abort": true}}},
    ]);
    let stack = Setup::new().script(script).start();
    assert_eq!(stack.key().stream("hello").answer().content(), "hello");
    assert_eq!(regions(&stack), [EAST; 3]);
}
