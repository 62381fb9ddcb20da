//! A plugin that was built with a released version of the contract does its work in every later host.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::harness::{MODEL, Setup, Stack, built, says};

/// The versions of which guests are kept.
fn versions() -> Vec<PathBuf> {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../released");
    let mut versions: Vec<_> = fs::read_dir(kept).unwrap().map(|entry| entry.unwrap().path()).collect();
    versions.sort();
    assert!(!versions.is_empty());
    versions
}

/// The versions of which this guest is kept.
fn versions_with(guest: &str) -> Vec<PathBuf> {
    let kept: Vec<_> =
        versions().into_iter().filter(|version| version.join(format!("{guest}.wasm")).exists()).collect();
    assert!(!kept.is_empty(), "{guest}");
    kept
}

/// A server with the guests of a version.
fn stack(version: &Path) -> Stack {
    const TESTED: [&str; 8] =
        ["hello", "redact", "route", "guard", "audit", "ollama", "titan-text", "text-tools"];
    let mut setup = Setup::new().environment("ADIT_LOG", "warn,adit::plugin::output=info");
    for entry in fs::read_dir(version).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(TESTED.contains(&name.as_str()), "nothing tests what `{name}` does");
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

#[test]
fn guard_of_every_released_version_refuses_a_request_and_stops_an_answer() {
    let rule = |place: &str| json!({"deny": [{"terms": ["falcon"], "in": place, "message": "Not here."}]});
    for version in versions_with("guard") {
        let stack = stack(&version);
        let refused = stack.key().with("guard", &rule("prompt")).ask("a falcon");
        assert_eq!((refused.status, &refused.error()["code"]), (403, &json!("content_denied")));
        stack.sim.always(&json!({"splitBytes": 1}));
        let stopped = stack.key().with("guard", &rule("answer")).stream("one falcon").answer();
        assert!(!stopped.text().contains("falcon"), "{}", stopped.text());
    }
}

#[test]
fn audit_of_every_released_version_writes_its_record() {
    for version in versions_with("audit") {
        let stack = stack(&version);
        assert_eq!(stack.key().with("audit", &json!({})).ask("hello").content(), "hello");
        stack.server().wait_for_line(&["audit", "\"record\":\"request\"", "\"outcome\":\"complete\""]);
    }
}

#[test]
fn ollama_of_every_released_version_speaks_its_format() {
    for version in versions_with("ollama") {
        let stack = stack(&version);
        let key = stack.key().with("ollama", &json!({}));
        let chat =
            json!({"model": MODEL, "stream": false, "messages": [{"role": "user", "content": "hello"}]});
        let answer = key.post_to("/api/chat", &[], &chat);
        assert_eq!(answer.json()["message"]["content"], "hello", "{}", answer.text());
    }
}

#[test]
fn titan_text_of_every_released_version_calls_its_model() {
    for version in versions_with("titan-text") {
        let stack = stack(&version);
        let key = stack.key().with("titan-text", &json!({}));
        let mut request = says("hello");
        request["model"] = json!("amazon.titan-text-express-v1");
        assert_eq!(key.post(&request).content(), "hello");
        assert_eq!(key.post_for_stream(&request).answer().content(), "hello");
    }
}

#[test]
fn text_tools_of_every_released_version_counts() {
    for version in versions_with("text-tools") {
        let mut adit = Command::new(built::adit());
        adit.args(["plugin", "run"]).arg(version.join("text-tools.wasm"));
        let called = adit.args(["--tool", "count", "--arguments", r#"{"text":"one two"}"#]).output().unwrap();
        let called = String::from_utf8(called.stdout).unwrap();
        assert!(called.contains(r#"structured {"characters":7,"words":2,"#), "{called}");
    }
}
