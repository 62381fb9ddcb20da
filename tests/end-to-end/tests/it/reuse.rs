//! Instances that outlive a request: where the operator says so, and for one key alone.

use serde_json::json;

use crate::harness::Stack;

const REUSE: &[&str] = &["--reuse", "per-key"];

#[test]
fn an_instance_serves_the_next_request_of_its_key_and_of_no_other() {
    let stack = Stack::with(["remember"]);
    let mine = stack.key().with_terms("remember", &json!({}), REUSE);
    let other = stack.key().with_terms("remember", &json!({}), REUSE);
    assert_eq!(mine.ask("one").content(), "one");
    assert_eq!(other.ask("hers").content(), "hers");
    assert_eq!(mine.ask("two").content(), "one | two");
    assert_eq!(other.stream("hers too").answer().content(), "hers | hers too");
    assert_eq!(mine.ask("three").content(), "one | two | three");
}

#[test]
fn other_terms_have_other_instances() {
    let stack = Stack::with(["remember"]);
    let key = stack.key().with_terms("remember", &json!({}), REUSE);
    assert_eq!(key.ask("one").content(), "one");
    let key = key.with_terms("remember", &json!({}), &["--reuse", "per-key", "--limit", "memory=16MiB"]);
    assert_eq!(key.ask("two").content(), "two");
    key.enable("remember", &json!({}));
    assert_eq!((key.ask("three").content().as_str(), key.ask("four").content().as_str()), ("three", "four"));
}

#[test]
fn an_instance_that_trapped_is_not_used_again() {
    let stack = Stack::with(["remember"]);
    let key = stack.key().with_terms("remember", &json!({}), REUSE);
    assert_eq!((key.ask("one").content().as_str(), key.ask("two").content().as_str()), ("one", "one | two"));
    assert_eq!(key.ask("panic").status, 500);
    assert_eq!(
        (key.ask("three").content().as_str(), key.ask("four").content().as_str()),
        ("three", "three | four")
    );
}

#[test]
fn an_instance_serves_a_thousand_requests_and_no_more() {
    let stack = Stack::with(["remember"]);
    let key = stack.key().with_terms("remember", &json!({}), REUSE);
    let served = || key.ask("x").content().split(" | ").count();
    let all: Vec<usize> = (0..1002).map(|_| served()).collect();
    let expected: Vec<usize> = (1..=1000).chain([1, 2]).collect();
    assert_eq!(all, expected);
}

#[test]
fn an_instance_with_most_of_its_memory_is_not_used_again() {
    let stack = Stack::with(["soil"]);
    // Three quarters of 32 MiB are 24, and a little is taken before it begins.
    for (mib, expected) in [(6, ["1", "2", "3", "4", "1"]), (25, ["1"; 5])] {
        let config = json!({"mib": mib, "tell": false, "count": true});
        let key = stack.key().with_terms("soil", &config, REUSE);
        let times: Vec<String> = (0..5).map(|_| key.ask("?").content()).collect();
        assert_eq!(times, expected, "{mib} MiB each time");
    }
}

#[test]
fn an_instance_that_failed_is_not_used_again() {
    let stack = Stack::with(["fail", "spin", "trap"]);
    for (guest, status) in [("fail", 500), ("spin", 200), ("trap", 200)] {
        let place = if status == 500 { "text" } else { "drop" };
        let key = stack.key().with_terms(guest, &json!({"in": place}), REUSE);
        for _ in 0..3 {
            assert_eq!(key.ask("hello").status, status, "{guest}");
        }
    }
    // A destructor that never returns has its time, and no more.
    stack.server().wait_for_line(&["spin", "an instance is not used again", "longer than its time"]);
    stack.server().wait_for_line(&["trap", "an instance is not used again"]);
}
