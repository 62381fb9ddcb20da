//! A file that is no plugin is refused when the server starts, by name and with the reason.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{LocalOnly, Setup, Stack, built, is_skipped};

/// The files, and what is said of each.
fn refused() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let component = |text: &str| wat::parse_str(text).unwrap();
    let exporting = |interface: &str| {
        component(&format!(r#"(component (instance $it) (export "{interface}" (instance $it)))"#))
    };
    let misfit = component(
        r#"(component (instance $it)
            (export "adit:plugin/lifecycle@0.1.0" (instance $it)) (export "adit:plugin/route-hook@0.1.0" (instance $it)))"#,
    );
    let hookless = fs::read(built::plugin("hookless")).unwrap();
    let whole = fs::read(built::plugin("hold")).unwrap();
    vec![
        (
            "socket",
            component(r#"(component (import "wasi:sockets/tcp@0.2.6" (instance)))"#),
            "imports `wasi:sockets/tcp@0.2.6`, which plugins may not use",
        ),
        (
            "stranger",
            exporting("acme:other/thing@1.0.0"),
            "does not export `adit:plugin/lifecycle@0.1.2`; it exports `acme:other/thing@1.0.0`",
        ),
        (
            "tomorrow",
            exporting("adit:plugin/lifecycle@0.2.0"),
            "does not export `adit:plugin/lifecycle@0.1.2`; it exports `adit:plugin/lifecycle@0.2.0`",
        ),
        ("misfit", misfit, "does not fit the contract `adit:plugin@0.1.2`"),
        (
            "hookless",
            hookless,
            "exports none of the hooks of `adit:plugin@0.1.2`: `route-hook`, `prompt-hook`",
        ),
        ("core", component("(module)"), "is a core module, not a component"),
        ("text", b"(component)".to_vec(), "is not a valid WebAssembly component"),
        ("half", whole.split_at(whole.len() / 2).0.to_vec(), "is not a valid WebAssembly component"),
        ("empty", Vec::new(), "is not a valid WebAssembly component"),
    ]
}

/// A server with all of them, one by itself that is good, and the name of a key for each.
fn stack() -> (Stack, Vec<(String, String)>) {
    let polite = fs::read(built::plugin("polite")).unwrap();
    let mut setup = Setup::new().plugins(["hello"]);
    for (name, _, _) in refused() {
        setup = setup.plugin_file(name, &polite);
    }
    let mut stack = setup.start();
    let keys = refused()
        .iter()
        .map(|(name, _, _)| {
            let key = stack.key().with(name, &json!({}));
            (key.name, key.secret)
        })
        .collect();
    for (name, bytes, _) in refused() {
        stack.replace_plugin(name, &bytes);
    }
    stack.restart();
    (stack, keys)
}

#[test]
fn a_file_that_is_no_plugin_is_named_with_the_reason_wherever_somebody_asks() {
    if is_skipped(LocalOnly::LoadsAhead) {
        return;
    }
    let (stack, keys) = stack();
    let listed: Value = serde_json::from_str(&stack.adit(&["plugin", "list", "--json"])).unwrap();
    let another = stack.key();
    for ((name, _, reason), (_, secret)) in refused().into_iter().zip(keys) {
        let file = stack.plugin_path(name).display().to_string();

        stack.server().wait_for_line(&["ERROR", &file, reason]);

        let entry = listed.as_array().unwrap().iter().find(|entry| entry["name"] == name).unwrap();
        let problem = entry["problem"].as_str().unwrap();
        assert!(problem.contains(&file) && problem.contains(reason), "{problem}");

        let refusal = stack.refusal(&["key", "plugin", "enable", &another.name, name]);
        assert!(refusal.starts_with(&format!("error: `{file}` {reason}")), "{refusal}");
        assert_eq!(refusal.lines().count(), 1, "{refusal}");

        let key = crate::harness::Key::with_secret(&stack, secret);
        for answer in [key.ask("hello"), key.stream("hello").answer()] {
            assert_eq!(answer.status, 503, "{name}: {}", answer.text());
            let error = answer.error();
            assert_eq!(
                (&error["type"], &error["code"]),
                (&json!("plugin_error"), &json!("plugin_unavailable"))
            );
            assert!(error["message"].as_str().unwrap().contains(&format!("`{name}`")), "{error}");
        }
    }
    assert_eq!(
        stack.sim.requests(),
        Vec::<Value>::new(),
        "a request passed although its plugin was not there"
    );
    let good = listed.as_array().unwrap().iter().find(|entry| entry["name"] == "hello").unwrap();
    assert_eq!((&good["problem"], &good["hooks"]), (&Value::Null, &json!(["text"])));
    assert_eq!(another.with("hello", &json!({})).ask("hello").content(), "HELLO");
}

#[test]
fn a_plugin_that_is_gone_is_named() {
    let mut stack = Stack::with(["hold"]);
    let secret = stack.key().with("hold", &json!({})).secret;
    fs::remove_file(stack.plugin_path("hold")).unwrap();
    stack.restart();
    let answer = crate::harness::Key::with_secret(&stack, secret).ask("hello");
    assert_eq!(answer.status, 503);
    assert!(answer.error()["message"].as_str().unwrap().contains("`hold`"));
}

#[test]
fn a_plugin_that_breaks_while_it_reads_its_config_is_not_switched_on() {
    let stack = Stack::with(["spin", "trap"]);
    let key = stack.key();
    for (plugin, reason) in [("spin", "it ran for longer than its time"), ("trap", "init failed")] {
        let refusal =
            stack.refusal(&["key", "plugin", "enable", &key.name, plugin, "--config", r#"{"in":"init"}"#]);
        assert!(refusal.contains(plugin) && refusal.contains(reason), "{refusal}");
    }
    assert_eq!(key.ask("hello").content(), "hello");
}

#[test]
fn a_config_that_a_plugin_refuses_is_not_switched_on() {
    let stack = Stack::with(["spin"]);
    let key = stack.key();
    let enable = ["key", "plugin", "enable", &key.name, "spin", "--config", r#"{"in":"nowhere"}"#];
    let refusal = stack.refusal(&enable);
    assert!(refusal.contains("/in: ") && refusal.contains("nowhere"), "{refusal}");
    assert_eq!(key.ask("hello").content(), "hello");
}
