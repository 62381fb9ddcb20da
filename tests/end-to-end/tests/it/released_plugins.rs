//! A plugin that was built with a released version of the contract does its work in every later host.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::harness::{MODEL, Setup, Stack, says};

/// The versions of which guests are kept.
fn versions() -> Vec<PathBuf> {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../released");
    let mut versions: Vec<_> = fs::read_dir(kept).unwrap().map(|entry| entry.unwrap().path()).collect();
    versions.sort();
    assert!(!versions.is_empty());
    versions
}

/// A server with the guests of a version.
fn stack(version: &Path) -> Stack {
    let mut setup = Setup::new();
    for entry in fs::read_dir(version).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(["hello", "redact", "route"].contains(&name.as_str()), "nothing tests what `{name}` does");
        setup = setup.plugin_file(&name, &fs::read(&file).unwrap());
    }
    setup.start()
}

#[test]
fn the_hook_for_text_of_every_released_version_rewrites_answers() {
    for version in versions() {
        let stack = stack(&version);
        let key = stack.key().with("hello", &json!({}));
        assert_eq!(key.ask("straße").content(), "STRASSE", "{}", version.display());
        assert_eq!(key.stream("straße").answer().content(), "STRASSE", "{}", version.display());
    }
}

#[test]
fn redact_of_every_released_version_keeps_an_address_from_the_model_and_gives_it_back() {
    const PROMPT: &str = "Write to alice@example.org.";
    for version in versions() {
        let stack = stack(&version);
        let key = stack.key().with("redact", &json!({}));
        stack.sim.always(&json!({"splitBytes": 1}));
        assert_eq!(key.stream(PROMPT).answer().content(), PROMPT, "{}", version.display());
        let read = stack.sim.last_body().to_string();
        assert!(!read.contains("alice@example.org") && read.contains("[EMAIL_"), "{read}");
        let refusal =
            stack.refusal(&["key", "plugin", "enable", &key.name, "redact", "--config", r#"{"x":1}"#]);
        assert!(refusal.contains("/x: "), "{refusal}");
    }
}

#[test]
fn route_of_every_released_version_chooses_the_model_and_refuses() {
    for version in versions() {
        let stack = stack(&version);
        let deny = json!({"status": 403, "code": "too_long", "message": "Shorter, please."});
        let config = json!({
            "aliases": {"fast": MODEL},
            "rules": [{"when": {"min_prompt_bytes": 100}, "deny": deny}],
        });
        let key = stack.key().with("route", &config);
        let body = |prompt: &str| {
            let mut body = says(prompt);
            body["model"] = json!("fast");
            body
        };
        assert_eq!(key.post(&body("hi")).content(), "hi", "{}", version.display());
        let asked = stack.sim.requests();
        assert!(asked.last().unwrap().to_string().contains("nova-lite"), "{asked:?}");
        let refused = key.post(&body(&"long ".repeat(30)));
        assert_eq!((refused.status, &refused.error()["code"]), (403, &json!("too_long")));
    }
}

#[test]
fn plugins_of_every_released_version_work_in_one_chain() {
    for version in versions() {
        let stack = stack(&version);
        let key = stack.key().with("redact", &json!({})).with("hello", &json!({}));
        // `hello` is nearer the model: what it made large is no placeholder any more.
        let answer = key.ask("no address here").content();
        assert_eq!(answer, "NO ADDRESS HERE", "{}", version.display());
        let listed: Value = serde_json::from_str(&stack.adit(&["plugin", "list", "--json"])).unwrap();
        assert!(listed.as_array().unwrap().iter().all(|entry| entry["problem"].is_null()), "{listed}");
    }
}
