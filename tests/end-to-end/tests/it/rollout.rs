//! A second release, for some keys first: two that are signed, in a folder, and the second one fails.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{Key, Setup, Stack, built};

/// How both components call themselves. The first does nothing, the second panics at any text.
const PLUGIN: &str = "guests";
const RELEASES: [(&str, &str); 2] = [("0.1.0", "polite"), ("0.2.0", "trap")];

/// Where the second one panics; the first takes any config.
const CONFIG: &str = r#"{"in": "text"}"#;

/// A server that trusts a publisher with both releases.
fn stack() -> Stack {
    let mut stack = Setup::new().start();
    let key = stack.adit(&["plugin", "keygen", "key"]);
    let settings = format!(
        "[catalog]\nlocation = 'catalog'\ntrusted_keys = ['{}']\n[plugin_breaker]\nfailures = 0",
        key.trim_end()
    );
    fs::write(stack.folder().join("adit.toml"), settings).unwrap();
    for (version, guest) in RELEASES {
        let folder = stack.folder().join(version);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("plugin.toml"), format!("name = '{PLUGIN}'\nversion = '{version}'")).unwrap();
        fs::write(folder.join(format!("{PLUGIN}.wasm")), of_version(guest, version)).unwrap();
        stack.adit(&[
            "plugin",
            "publish",
            version,
            "--key",
            "key",
            "--config",
            CONFIG,
            "--settings",
            "adit.toml",
        ]);
    }
    stack.restart();
    stack
}

/// The component of a guest, which says of itself which version it is.
fn of_version(guest: &str, version: &str) -> Vec<u8> {
    let mut bytes = fs::read(built::plugin(guest)).unwrap();
    let said = format!("{PLUGIN}0.1.0");
    let places: Vec<_> =
        (0..bytes.len() - said.len()).filter(|start| bytes[*start..].starts_with(said.as_bytes())).collect();
    assert_eq!((places.len(), version.len()), (1, 5), "`{said}` is not said once");
    bytes[places[0] + PLUGIN.len()..][..5].copy_from_slice(version.as_bytes());
    bytes
}

/// A key with the first release.
fn key(stack: &Stack) -> Key<'_> {
    let key = stack.key();
    stack.adit(&[
        "plugin",
        "enable",
        &key.name,
        PLUGIN,
        "--version",
        "0.1.0",
        "--config",
        CONFIG,
        "--settings",
        "adit.toml",
    ]);
    key
}

fn rollout(stack: &Stack, percent: &str, failures: &str) {
    stack.adit(&[
        "plugin",
        "rollout",
        PLUGIN,
        "--version",
        "0.2.0",
        "--percent",
        percent,
        "--step-back-after",
        failures,
        "--settings",
        "adit.toml",
    ]);
}

fn status(stack: &Stack) -> Value {
    serde_json::from_str(&stack.adit(&["plugin", "status", "--json"])).unwrap()
}

#[test]
fn a_release_that_fails_is_stepped_back_from_and_what_runs_keeps_its_own() {
    let mut stack = stack();
    let (one, other) = (key(&stack), key(&stack));
    stack.sim.run(&json!([
        {"match": {"textContains": "slowly"}, "action": {"textDeltas": vec!["word "; 400], "paceMs": 10}},
    ]));
    let mut slow = one.stream("slowly");
    let first = slow.next_chunk().unwrap();
    assert_eq!(one.ask("hello").content(), "hello");

    rollout(&stack, "100", "3");
    for key in [&one, &other, &one] {
        let answer = key.ask("hello");
        assert_eq!((answer.status, &answer.error()["code"]), (500, &json!("plugin_fault")));
    }
    let line = stack.server().wait_for_line(&["ERROR", "the rollout has stepped back"]);
    assert!(line.contains(PLUGIN) && line.contains("0.2.0") && line.contains("failures=3"), "{line}");
    for key in [&one, &other] {
        assert_eq!(key.ask("hello").content(), "hello");
    }
    assert_eq!(slow.answer_after(first).content(), "word ".repeat(400));

    let (table, secret) = (stack.adit(&["plugin", "status"]), one.secret.clone());
    assert!(table.contains("3 of 3") && table.contains("stepped back"), "{table}");
    let stopped = status(&stack)["rollouts"][0].clone();
    assert_eq!((&stopped["version"], &stopped["failures"]), (&json!("0.2.0"), &json!(3)));
    assert!(stopped["stepped_back"].is_string(), "{stopped}");
    let refusal = stack.refusal(&["plugin", "rollout", PLUGIN, "--finish"]);
    assert!(refusal.contains(PLUGIN), "{refusal}");

    // Over a restart too, which also writes all counts.
    stack.restart();
    assert_eq!(Key::with_secret(&stack, secret).ask("hello").content(), "hello");
    let plugins = status(&stack)["plugins"].clone();
    let traps: Vec<_> = plugins.as_array().unwrap().iter().map(|it| (&it["version"], &it["traps"])).collect();
    assert_eq!(traps, [(&json!("0.1.0"), &json!(0)), (&json!("0.2.0"), &json!(3))]);
}

#[test]
fn a_part_of_the_keys_has_the_release_and_it_is_always_the_same_part() {
    let stack = stack();
    rollout(&stack, "50", "1000");
    let mut keys: Vec<(Key<'_>, u16)> = Vec::new();
    while ![200, 500].iter().all(|status| keys.iter().any(|(_, known)| known == status)) {
        assert!(keys.len() < 64, "all keys have the same release");
        let key = key(&stack);
        let status = key.ask("hello").status;
        keys.push((key, status));
    }
    for (key, status) in &keys {
        assert_eq!(key.ask("hello").status, *status);
    }
    rollout(&stack, "100", "1000");
    assert!(keys.iter().all(|(key, _)| key.ask("hello").status == 500));
    stack.adit(&["plugin", "rollout", PLUGIN, "--stop"]);
    assert!(keys.iter().all(|(key, _)| key.ask("hello").status == 200));
}
