//! 13: clocks.

use serde_json::json;

use super::beside::{check, hostile};

#[test]
fn a_clock_has_steps_of_a_millisecond() {
    check(hostile().plugins(["clocks"]).start(), |stack| {
        let answer = stack.key().with("clocks", &json!({})).ask("what time is it?");
        let seen: Vec<u128> =
            answer.content().split(' ').map(|nanoseconds| nanoseconds.parse().unwrap()).collect();
        assert!(seen.len() >= 20, "{seen:?}");
        assert!(seen.iter().all(|nanoseconds| nanoseconds % 1_000_000 == 0), "{seen:?}");
        Vec::new()
    });
}
