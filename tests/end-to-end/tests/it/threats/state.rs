//! 5: what one caller leaves behind.

use std::fs;

use serde_json::json;

use super::beside::{NO_BREAKER, assert_secret, beside, check, hostile};
use crate::harness::built;

#[test]
fn memory_is_zero_whoever_had_it_before() {
    // There is one slot, and each request gets it from the one before.
    let settings = format!("{NO_BREAKER}[plugin_limits]\ninstances = 1");
    let stack = hostile().plugins(["soil"]).settings(&settings).start();
    let neighbour = stack.key().secret;
    let ((), log) = beside(stack, &neighbour, |stack| {
        let config = json!({"mib": 8, "tell": true});
        let keys = [stack.key().with("soil", &config), stack.key().with("soil", &config)];
        for key in keys.iter().cycle().take(6) {
            assert_eq!(key.ask("what is left?").content(), "0 bytes");
        }
    });
    assert_secret(&log);
}

#[test]
fn two_plugins_of_one_key_share_no_values() {
    let keep = fs::read(built::plugin("keep")).unwrap();
    let stack = hostile().plugin_file("keep", &keep).plugin_file("other", &keep).start();
    check(stack, |stack| {
        let grants = ["--grant", "kv", "--acknowledge"];
        let key = stack.key().with_terms("keep", &json!({}), &grants);
        assert_eq!(key.ask("set marzipan 5, find marzipan").content(), "set, 5 bytes");
        key.disable("keep");
        let key = key.with_terms("other", &json!({}), &grants);
        assert_eq!(key.ask("find marzipan").content(), "nothing");
        Vec::new()
    });
}
