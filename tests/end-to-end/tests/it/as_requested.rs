//! What a manifest asks for is given when the operator says so, and named when not.

use std::fs;

use serde_json::{Value, json};

use crate::harness::{Setup, Stack};

const MANIFEST: &str = "name = 'keep'\nversion = '0.1.0'\n[grants]\nkv = true\n\
                        [limits]\nmemory = '48MiB'\ninit = '200ms'\n";

/// A command that succeeds, and what it says beside its result.
fn notes(stack: &Stack, arguments: &[&str]) -> String {
    let output = stack.prepared(arguments).output().unwrap();
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{notes}");
    notes
}

#[test]
fn a_plugin_gets_what_its_manifest_asks_for_on_one_word() {
    let stack = Setup::new().plugins(["keep", "polite"]).start();
    fs::write(stack.data_path("plugins/keep.toml"), MANIFEST).unwrap();
    let key = stack.key();
    let enable = ["plugin", "enable", &key.name, "keep"];

    let both = "its manifest asks for more than was given: \
                add `--grant kv --limit memory=48MiB --limit init=200ms`, or `--as-requested` for all of it\n";
    let refusal = stack.refusal(&enable);
    assert_eq!(
        refusal,
        format!("error: plugin `keep` imports `kv` without a grant: add `--grant kv`\n{both}")
    );
    let unaware = stack.refusal(&[&enable[..], &["--as-requested"]].concat());
    assert!(unaware.ends_with("add `--acknowledge` if it is trusted with that\n"), "{unaware}");

    let less = ["--as-requested", "--acknowledge", "--limit", "init=150ms", "--grant", "secret=s"];
    let unknown = stack.refusal(&[&enable[..], &less].concat());
    assert!(unknown.ends_with("and pass that with `--settings`\n"), "{unknown}");
    let said = notes(&stack, &[&enable[..], &less[..4]].concat());
    let taken = "as requested by `keep`: --grant kv\nas requested by `keep`: --limit memory=48MiB\n";
    assert!(said.starts_with(taken) && said.lines().count() == 3, "{said}");
    let listed = stack.adit(&["key", "plugin", "list", &key.name, "--json"]);
    let listed: Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(listed[0]["terms"], json!(["kv", "memory=48MiB", "init=150ms"]));
    assert_eq!(key.ask("hello").status, 200);

    // What it does without, it is told of.
    let said = notes(
        &stack,
        &[&enable[..], &["--grant", "kv", "--acknowledge", "--limit", "memory=40MiB"]].concat(),
    );
    assert!(said.contains("add `--limit init=200ms`, or `--as-requested`"), "{said}");
    let nothing = stack.refusal(&["plugin", "enable", &key.name, "polite", "--as-requested"]);
    assert!(nothing.contains("there is no `polite.toml` beside its file"), "{nothing}");
}

#[test]
fn more_than_the_settings_allow_is_not_given_to_anybody() {
    let stack = Setup::new().plugins(["polite"]).start();
    let manifest = "name = 'polite'\nversion = '0.1.0'\n[limits]\nmemory = '4096MiB'\n";
    fs::write(stack.data_path("plugins/polite.toml"), manifest).unwrap();
    let key = stack.key();
    let refusal = stack.refusal(&["plugin", "enable", &key.name, "polite", "--as-requested"]);
    assert!(refusal.contains("`memory=4096MiB` is more than the settings allow"), "{refusal}");
}
