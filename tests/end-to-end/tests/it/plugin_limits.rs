//! What one plugin may use for one key.

use serde_json::json;

use crate::harness::{Setup, Stack};

#[test]
fn all_calls_of_a_request_together_have_a_limit_too() {
    let stack = Stack::with(["burn"]);
    // Of three milliseconds each: no call is too long.
    stack.sim.always(&json!({"textDeltas": vec!["word "; 40], "paceMs": 1}));
    let config = json!({"ms": 3});
    let roomy = ["--limit", "request-total=2s", "--limit", "stream-hook=100ms"];
    let key = stack.key().with_terms("burn", &config, &roomy);
    assert_eq!(key.stream("?").answer().content(), "word ".repeat(40));
    let tight = ["--limit", "request-total=20ms", "--limit", "stream-hook=100ms"];
    let key = stack.key().with_terms("burn", &config, &tight);
    assert_eq!(key.stream("?").answer().error()["code"], "plugin_fault");
    stack.server().wait_for_line(&["burn", "longer than 20 ms together"]);
    let key = stack.key().with_terms("burn", &config, &[&tight[..], &["--on-failure", "open"]].concat());
    assert_eq!(key.stream("?").answer().content(), "word ".repeat(40));
}

#[test]
fn memory_is_counted_for_each_plugin_and_key() {
    let stack = Setup::new()
        .plugins(["hold", "grow"])
        .settings("[plugin_limits.of.grow]\nmemory_bytes = 8_388_608")
        .start();
    let key = stack.key().with("grow", &json!({"in": "prompt"}));
    assert_eq!(key.ask("hello").status, 500);
    stack.server().wait_for_line(&["grow", "its limit is 8388608"]);
    let key = stack.key().with_terms("grow", &json!({"in": "prompt"}), &["--limit", "memory=64MiB"]);
    assert_eq!(key.ask("hello").status, 500);
    stack.server().wait_for_line(&["grow", "its limit is 67108864"]);
    let refusal = stack.refusal(&["plugin", "enable", &stack.key().name, "hold", "--limit", "memory=64KiB"]);
    assert!(refusal.contains("its limit is 65536"), "{refusal}");
}

#[test]
fn a_limit_above_the_settings_is_refused_in_one_line() {
    let stack = Stack::with(["hold"]);
    let key = stack.key();
    for (limit, setting) in [("memory=129MiB", "max_memory_bytes"), ("stream-hook=1s", "max_stream_hook_ms")]
    {
        let refusal = stack.refusal(&["key", "plugin", "enable", &key.name, "hold", "--limit", limit]);
        assert!(refusal.contains(setting) && refusal.lines().count() == 1, "{refusal}");
    }
}
