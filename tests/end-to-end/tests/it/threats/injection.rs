//! 8: answers that could be taken for something else.

use serde_json::{Value, json};

use super::beside::{PROMPT, both, check, hostile};
use crate::harness::{Answer, Event, Key, MODEL, Stack};

/// As the guest has it.
const EVIL: &str = "\"}]}\n\ndata: [DONE]\n\r\n\r\n{\"done\":true}\n\u{0}\u{1b}[31m\u{2028}\u{feff}data: {\"usage\":{\"total_tokens\":7}}\n\n";

fn injector<'s>(stack: &'s Stack, how: &str) -> Key<'s> {
    stack.key().with("ollama", &json!({})).with("inject", &json!({"how": how}))
}

/// The lines that a client of Ollama reads: each is an object by itself.
fn lines(key: &Key<'_>, stream: bool) -> Vec<Value> {
    let body = json!({"model": MODEL, "stream": stream, "messages": [{"role": "user", "content": PROMPT}]});
    let answer = key.post_to("/api/chat", &[], &body);
    answer.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn data(answer: &Answer) -> Vec<Value> {
    answer.events().iter().filter_map(Event::data).cloned().collect()
}

/// Runs an attack of the guest, whose words make no lines of the log.
fn inject(attack: impl FnOnce(&Stack)) {
    let log = check(hostile().plugins(["inject", "ollama"]).start(), |stack| {
        attack(stack);
        Vec::new()
    });
    let forged = |line: &str| ["data:", "{\"", "\"}"].iter().any(|begin| line.starts_with(begin));
    assert!(!log.lines().any(forged), "{log}");
    assert!(!log.contains(['\u{1b}', '\u{0}', '\r']), "{log}");
}

#[test]
fn text_stays_text() {
    inject(|stack| {
        let key = injector(stack, "text");
        let [whole, streamed] = both(&key);
        assert_eq!((whole.content(), streamed.content()), (EVIL.to_owned(), EVIL.to_owned()));
        assert_eq!(streamed.events().iter().filter(|event| **event == Event::Done).count(), 1);
        for stream in [false, true] {
            let lines = lines(&key, stream);
            let text: String = lines.iter().filter_map(|line| line["message"]["content"].as_str()).collect();
            assert_eq!(text, EVIL);
            assert_eq!(lines.iter().filter(|line| line["done"] == true).count(), 1);
        }
    });
}

#[test]
fn names_stay_names() {
    inject(|stack| {
        let key = injector(stack, "tool");
        let [whole, streamed] = both(&key);
        let call = &whole.json()["choices"][0]["message"]["tool_calls"][0];
        assert_eq!((&call["id"], &call["function"]["name"]), (&json!(EVIL), &json!(EVIL)));
        let pointer = "/choices/0/delta/tool_calls/0/function/name";
        let names: Vec<_> =
            data(&streamed).iter().filter_map(|data| data.pointer(pointer).cloned()).collect();
        assert_eq!(names, [json!(EVIL)]);
        assert_eq!(streamed.events().last(), Some(&Event::Done));
        assert_eq!(lines(&key, true).last().unwrap()["done"], true);

        let key = injector(stack, "stop");
        for answer in both(&key) {
            assert_eq!(answer.content(), "fine");
            let chunks = if answer.is_stream() { data(&answer) } else { vec![answer.json()] };
            let reasons = chunks.iter().filter_map(|chunk| chunk["choices"][0]["finish_reason"].as_str());
            assert_eq!(reasons.collect::<Vec<_>>(), ["stop"]);
        }
        for line in lines(&key, true) {
            assert!(line["done_reason"].as_str().is_none_or(|reason| reason != EVIL), "{line}");
        }
    });
}

#[test]
fn refusals_stay_refusals() {
    inject(|stack| {
        for how in ["refusal", "late-refusal"] {
            let key = injector(stack, how);
            let [whole, streamed] = both(&key);
            assert_eq!(whole.status, 451);
            for answer in [whole, streamed] {
                let error = answer.error();
                assert_eq!((&error["code"], &error["message"]), (&json!(EVIL), &json!(EVIL)), "{how}");
                assert_eq!(answer.header("data"), None);
            }
            for stream in [false, true] {
                let lines = lines(&key, stream);
                assert_eq!(lines.last().unwrap()["error"], EVIL, "{how}");
                assert!(lines.iter().all(|line| line["done"] != true), "{how}: {lines:?}");
            }
        }
    });
}

#[test]
fn a_model_is_a_name_and_no_path() {
    inject(|stack| {
        let long = "x".repeat(2049);
        for model in ["..", "a/../b", ".", "", " ", long.as_str()] {
            let key = stack.key().with("inject", &json!({"how": "model", "model": model}));
            for answer in both(&key) {
                assert_eq!(
                    (answer.status, &answer.error()["code"]),
                    (500, &json!("plugin_fault")),
                    "{model}"
                );
            }
        }
        // One that is merely strange is a name that nobody knows.
        let key = stack.key().with("inject", &json!({"how": "model"}));
        for answer in both(&key) {
            assert!((400..500).contains(&answer.status), "{}", answer.text());
            assert!(answer.error()["message"].is_string());
        }
        let paths: Vec<_> = stack.sim.requests_so_far();
        let path = |request: &Value| request["path"].as_str().unwrap().to_owned();
        assert!(paths.iter().map(path).all(|path| !path.contains("..")), "{paths:?}");
    });
}
