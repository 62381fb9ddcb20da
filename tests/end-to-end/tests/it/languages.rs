//! Plugins in JavaScript and Python do what plugins in Rust do.
//!
//! Their components hold an interpreter, which takes seconds to compile: each is compiled by one server, and once more
//! by the command that tries a config.

use std::fs;

use serde_json::{Value, json};

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
