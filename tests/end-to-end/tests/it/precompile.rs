//! Code of a release for an engine that came later than the release.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::harness::{Key, Setup, Stack, built};

const PLUGIN: &str = "plugin-hello";

/// A server that trusts the publisher of a catalog in a folder beside its settings.
fn serve(setup: Setup) -> Stack {
    let mut stack = setup.start();
    let public = stack.adit(&["plugin", "keygen", "key"]);
    let settings = format!("[catalog]\nlocation = 'catalog'\ntrusted_keys = ['{}']", public.trim_end());
    stack.write("adit.toml", &settings);
    stack.restart();
    stack
}

/// Publishes a component that lies as `adit plugin build` leaves one.
fn publish(stack: &Stack, component: &Path) {
    stack.write("plugin.toml", &format!("name = '{PLUGIN}'\nversion = '0.1.0'"));
    fs::create_dir_all(stack.folder().join("dist")).unwrap();
    fs::copy(component, stack.folder().join(format!("dist/{PLUGIN}.wasm"))).unwrap();
    stack.adit(&["plugin", "publish", "--key", "key", "--settings", "adit.toml"]);
}

/// The files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<_> = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn code_is_added_to_a_release_that_was_published_before_its_engine() {
    let mut stack = serve(Setup::new().runtime_only());
    publish(&stack, &built::plugin("hello"));
    let key = stack.key();
    stack.adit(&["plugin", "enable", &key.name, PLUGIN, "--version", "0.1.0", "--settings", "adit.toml"]);
    assert_eq!(key.ask("hello").content(), "HELLO");
    let secret = key.secret.clone();

    // A host with another engine finds nothing under its own name.
    let artifacts = stack.folder().join("catalog/artifacts");
    fs::remove_dir_all(&artifacts).unwrap();
    fs::remove_dir_all(stack.data_path("catalog-cache")).unwrap();
    stack.restart();
    let answer = Key::with_secret(&stack, secret.clone()).ask("hello");
    assert_eq!((answer.status, &answer.error()["code"]), (503, &json!("plugin_unavailable")));
    stack.server().wait_for_line(&["failed", "`adit plugin precompile plugin-hello 0.1.0`"]);

    let precompile = ["plugin", "precompile", PLUGIN, "0.1.0", "--key", "key", "--settings", "adit.toml"];
    let said = stack.adit(&precompile);
    assert_eq!(said, "x86_64-unknown-linux-gnu: compiled\naarch64-unknown-linux-gnu: compiled\n");
    let there = files(&artifacts);
    let written = there.iter().map(|file| fs::read(file).unwrap()).collect::<Vec<_>>();
    let said = stack.adit(&precompile);
    assert_eq!(said, "x86_64-unknown-linux-gnu: there already\naarch64-unknown-linux-gnu: there already\n");
    stack.restart();
    assert_eq!(Key::with_secret(&stack, secret).ask("hello").content(), "HELLO");

    // A stranger adds nothing, and what a stranger has put there stays.
    stack.adit(&["plugin", "keygen", "stranger"]);
    let by_stranger = ["plugin", "precompile", PLUGIN, "0.1.0", "--key", "stranger", "--catalog", "catalog"];
    assert!(stack.refusal(&by_stranger).contains("it is signed by `ed25519:"));
    assert_eq!(written, there.iter().map(|file| fs::read(file).unwrap()).collect::<Vec<_>>());
    for file in &there {
        fs::write(file, b"{}").unwrap();
    }
    assert!(stack.refusal(&precompile).contains("bears the signature of another key"));
    assert!(there.iter().all(|file| fs::read(file).unwrap() == b"{}"));
    let unknown = ["plugin", "precompile", PLUGIN, "0.2.0", "--key", "key", "--settings", "adit.toml"];
    assert!(stack.refusal(&unknown).contains("releases/plugin-hello/0.2.0.json` does not exist"));
}

#[test]
fn a_core_module_is_published_as_the_component_that_it_becomes() {
    let Some(core) = built::core_module() else {
        eprintln!("skipped: there is no compiler for wasm32-wasip1");
        return;
    };
    let stack = serve(Setup::new());
    publish(&stack, &core);
    let key = stack.key();
    stack.adit(&["plugin", "enable", &key.name, PLUGIN, "--version", "0.1.0", "--settings", "adit.toml"]);
    assert_eq!(key.ask("hello").content(), "HELLO");
    assert!(!stack.stop().contains("compiling a release here"), "its code was not found");
}
