//! Plugins in JavaScript, Python and C do what plugins in Rust do.
//!
//! The components of the first two hold an interpreter, which takes seconds to compile: each is compiled by one server, and once more
//! by the command that tries a config.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;
use wit_bindgen_core::{Files, wit_parser::Resolve};

use crate::harness::{Answer, Key, Setup, Stack, built};

/// An interpreter takes longer than the usual 5 ms for a long answer in one piece.
const SETTINGS: &str = "[plugin_limits]\nstream_hook_ms = 100\nrequest_total_ms = 5000\n";

/// A server with a plugin, and a key for each of these configs.
fn serve<const N: usize>(plugin: &'static str, configs: [Value; N]) -> (Stack, [String; N]) {
    // A small plugin that accepts everything stands in while the keys are made.
    let polite = fs::read(built::plugin("polite")).unwrap();
    let mut stack = Setup::new().settings(SETTINGS).plugin_file(plugin, &polite).start();
    let secrets = configs.map(|config| stack.key().with(plugin, &config).secret);
    stack.replace_plugin(plugin, &fs::read(built::plugin(plugin)).unwrap());
    stack.restart();
    (stack, secrets)
}

fn refusal(stack: &Stack, plugin: &str, config: &Value) -> String {
    let key = stack.key();
    stack.refusal(&["key", "plugin", "enable", &key.name, plugin, "--config", &config.to_string()])
}

/// What `wit-bindgen c` writes.
fn write_bindings(world: &str, folder: &Path) {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(repository().join("wit")).unwrap();
    let world = resolve.select_world(&[package], Some(world)).unwrap();
    let mut files = Files::default();
    wit_bindgen_c::Opts::default().build().generate(&mut resolve, world, &mut files).unwrap();
    fs::create_dir_all(folder).unwrap();
    for (name, bytes) in files.iter() {
        fs::write(folder.join(name), bytes).unwrap();
    }
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// A copy, without what is built.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let (file, name) = (entry.path(), entry.file_name());
        if name == "bindings" || name == "dist" {
            continue;
        }
        if file.is_dir() {
            copy(&file, &to.join(name));
        } else {
            fs::copy(file, to.join(name)).unwrap();
        }
    }
}

/// However the model cuts its answer, the client reads the same.
fn reads(stack: &Stack, key: &Key<'_>, said: &str, expected: &str) {
    for cut in (0..=said.len()).filter(|cut| said.is_char_boundary(*cut)) {
        let (one, other) = said.split_at(cut);
        stack.sim.always(&json!({"textDeltas": [one, other]}));
        assert_eq!(key.stream("hello").answer().content(), expected, "cut at {cut}");
    }
    let characters: Vec<String> = said.chars().map(String::from).collect();
    stack.sim.always(&json!({"textDeltas": characters, "splitBytes": 1}));
    assert_eq!(key.stream("hello").answer().content(), expected);
    assert_eq!(key.ask("hello").content(), expected);
}

/// What a guest throws is a fault of the plugin, in a stream too, and nobody else's.
fn breaks(stack: &Stack, broken: &Key<'_>, good: &Key<'_>, plugin: &str, said: &str) {
    stack.sim.always(&json!({"textDeltas": [said]}));
    let answers: [Answer; 2] = [broken.ask("hello"), broken.stream("hello").answer()];
    for answer in answers {
        assert_eq!(answer.error()["code"], "plugin_fault", "{}", answer.text());
    }
    stack.server().wait_for_line(&["failed", &format!("plugin `{plugin}`")]);
    stack.sim.always(&json!({"textDeltas": ["nothing to change"]}));
    assert_eq!(broken.ask("hello").content(), "nothing to change");
    assert_eq!(good.stream("hello").answer().content(), "nothing to change");
}

#[test]
fn a_plugin_in_javascript_replaces_words_wherever_an_answer_is_cut() {
    let words = json!({"Initech": "we", "Initech Labs": "they", "🦀s": "crabs", "nit": "egg"});
    let (stack, secrets) =
        serve("wording", [json!({"replace": words}), json!({"replace": words, "at_most": 0})]);
    let [good, broken] = secrets.map(|secret| Key::with_secret(&stack, secret));

    let said = "é Initech, InInitech Lab, Initech Labs 🦀🦀s é nit Inite";
    reads(&stack, &good, said, "é we, Inwe Lab, they 🦀crabs é egg Iegge");
    let said = "sixteen letters Initech 🦀 ".repeat(4_000);
    stack.sim.always(&json!({"textDeltas": [said]}));
    assert_eq!(good.ask("hello").content(), said.replace("Initech", "we"));
    breaks(&stack, &broken, &good, "wording", "Initech");

    let config = json!({"replace": {"a/b~": 1, "fine": "x"}, "at_most": -1, "other": true});
    let refusal = refusal(&stack, "wording", &config);
    for pointer in ["/replace/a~1b~0: ", "/at_most: ", "/other: "] {
        assert!(refusal.contains(pointer), "{refusal}");
    }
    assert!(!refusal.contains("fine"), "{refusal}");
}

#[test]
fn a_plugin_in_python_refuses_and_masks_words_wherever_they_stand() {
    let config = json!({"refuse": ["Falcon"], "mask": ["Initech", "Initech Labs", "🦀s", "nit"]});
    let mut at_most = config.clone();
    at_most["at_most"] = json!(0);
    let (stack, secrets) = serve("blocklist", [config, at_most]);
    let [good, broken] = secrets.map(|secret| Key::with_secret(&stack, secret));

    for answer in [good.ask("what of Falcon?"), good.stream("what of Falcon?").answer()] {
        assert_eq!((answer.status, &answer.error()["code"]), (400, &json!("content_blocked")));
        assert!(!answer.text().contains("Falcon"), "{}", answer.text());
    }
    assert_eq!(stack.sim.requests(), Vec::<Value>::new());
    assert_eq!(good.ask("from Initech Labs to Inite").content(), "from *** to I***e");
    assert!(!stack.sim.last_body().to_string().contains("Initech"));

    let said = "é Initech, InInitech Lab, Initech Labs 🦀🦀s é nit Inite";
    reads(&stack, &good, said, "é ***, In*** Lab, *** 🦀*** é *** I***e");
    let said = "sixteen letters Initech 🦀 ".repeat(4_000);
    stack.sim.always(&json!({"textDeltas": [said]}));
    assert_eq!(good.ask("hello").content(), said.replace("Initech", "***"));
    breaks(&stack, &broken, &good, "blocklist", "Initech");

    let refusal = refusal(&stack, "blocklist", &json!({"mask": ["fine", ""], "at_most": "x", "other": []}));
    for pointer in ["/mask/1: ", "/at_most: ", "/other: "] {
        assert!(refusal.contains(pointer), "{refusal}");
    }
    assert!(!refusal.contains("/mask/0"), "{refusal}");
}

#[test]
fn a_plugin_in_c_is_built_by_make_and_puts_addresses_back_wherever_an_answer_is_cut() {
    let folder = TempDir::new().unwrap();
    let (home, bindings) = (folder.path().join("plugin-c"), folder.path().join("bindings"));
    copy(&repository().join("examples/plugin-c"), &home);
    write_bindings("redactor", &bindings);
    let adit = |subcommand: &str| {
        let mut command = Command::new(built::adit());
        command.args(["--data", "data", "plugin", subcommand]).current_dir(&home).env("BINDINGS", &bindings);
        let output = command.output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{stdout}\n{}", String::from_utf8_lossy(&output.stderr));
        stdout
    };
    let report = adit("build");
    assert!(report.contains("plugin    hide-mail 0.1.0") && report.ends_with("result    good\n"), "{report}");
    let tested = adit("test");
    assert!(tested.contains("4 passed, 0 failed"), "{tested}");

    let component = fs::read(home.join("dist/hide-mail.wasm")).unwrap();
    let stack = Setup::new().plugin_file("hide-mail", &component).start();
    let key = stack.key().with("hide-mail", &json!({"at_most": 1}));
    let refused = key.ask("ann@example.com, bob@example.com");
    assert_eq!((refused.status, &refused.error()["code"]), (400, &json!("too_many_addresses")));
    assert!(!refused.text().contains("example.com"), "{}", refused.text());
    assert_eq!(stack.sim.requests(), Vec::<Value>::new());
    stack.sim.always(&json!({"textDeltas": ["To <mai", "l-1", ">, <mail-1"]}));
    assert_eq!(key.ask("Write to ann@example.com.").content(), "To ann@example.com, <mail-1");
    assert!(stack.sim.last_body().to_string().contains("Write to <mail-1>."));
    assert_eq!(key.stream("ann@example.com").answer().content(), "To ann@example.com, <mail-1");

    let refusal = refusal(&stack, "hide-mail", &json!({"at_most": "x"}));
    assert!(refusal.contains("/at_most: "), "{refusal}");
}
