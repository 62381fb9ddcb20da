//! 10: plugins that work for a key, and try to reach further.

use serde_json::json;

use super::beside::{both, check, hostile};
use crate::harness::MODEL;

const OTHER: &str = "us.amazon.nova-pro-v1:0";

#[test]
fn no_hook_leads_to_a_model_that_the_key_may_not_use() {
    check(hostile().plugins(["route", "inject", "rewrite"]).start(), |stack| {
        let mut answers = Vec::new();
        for (plugin, config) in [
            ("route", json!({"aliases": {MODEL: OTHER}})),
            ("inject", json!({"how": "model", "model": OTHER})),
            ("rewrite", json!({"model": OTHER})),
        ] {
            let key = stack.key().with(plugin, &config);
            for answer in both(&key) {
                assert_eq!(answer.status, 200, "{plugin}: {}", answer.text());
            }
            let key = key.policy(&["--model", "us.amazon.nova-lite-*"]);
            for answer in both(&key) {
                assert_eq!(
                    (answer.status, &answer.error()["code"]),
                    (403, &json!("model_not_allowed")),
                    "{plugin}"
                );
                answers.push(answer);
            }
        }
        let asked = stack.sim.requests_so_far();
        let reached = asked.iter().filter(|request| request["modelId"] == OTHER).count();
        assert_eq!(reached, 6, "once for each answer that was allowed");
        answers
    });
}
