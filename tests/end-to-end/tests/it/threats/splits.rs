//! 6: answers in odd pieces. A format for models makes any piece that a test asks for: empty ones, blocks that
//! interleave, the arguments of a call cut anywhere, an end behind an empty delta.

use serde_json::{Value, json};

use super::beside::{SECRET, check, hostile};
use crate::harness::{Answer, Event, Key, Stack};

const TITAN: &str = "amazon.titan-text-express-v1";
const ADDRESS: &str = "marzipan@example.org";

/// A step of an answer, as the guest `puppet` takes it.
type Step = Value;

/// What the blocks of an answer say, in pieces: 0 is prose, 1 thinking, 2 the arguments of a call.
type Pieces = [Vec<String>; 3];

fn asks(prompt: &str) -> Value {
    json!({"model": TITAN, "messages": [{"role": "user", "content": prompt}]})
}

/// The payloads of an answer: in each the steps that come at once.
fn plays(stack: &Stack, payloads: &[Vec<Step>]) {
    let deltas: Vec<String> = payloads.iter().map(|steps| Value::from(steps.clone()).to_string()).collect();
    stack.sim.run(&json!([{"match": {"model": "*titan*"}, "action": {"textDeltas": deltas}}]));
}

fn begins() -> Vec<Step> {
    vec![json!({"text": 0}), json!({"reasoning": 1}), json!({"tool": [2, "call_1", "send"]})]
}

fn ends() -> Vec<Step> {
    // Each block ends behind an empty piece.
    let ends = (0..3).flat_map(|block| [json!({"say": [block, ""]}), json!({"end": block})]);
    ends.chain([json!({"stop": "tool"})]).collect()
}

/// The blocks take turns, a piece each.
fn taking_turns(pieces: &Pieces) -> Vec<Vec<Step>> {
    let turns = pieces.iter().map(Vec::len).max().unwrap();
    let turn = |number: usize| {
        let said = (0..3).filter_map(move |block| Some((block, pieces[block].get(number)?)));
        said.map(|(block, piece)| json!({"say": [block, piece]})).collect::<Vec<_>>()
    };
    let said = (0..turns).map(turn);
    std::iter::once(begins()).chain(said).chain([ends()]).collect()
}

/// Every way to cut the blocks that is tried.
fn cuts(blocks: &[String; 3]) -> Vec<Vec<Vec<Step>>> {
    let at = |text: &str, cut: usize| {
        let cut = text.floor_char_boundary(cut);
        vec![text[..cut].to_owned(), String::new(), text[cut..].to_owned()]
    };
    let longest = blocks.iter().map(String::len).max().unwrap();
    let mut all: Vec<_> =
        (0..=longest).map(|cut| taking_turns(&blocks.each_ref().map(|text| at(text, cut)))).collect();
    let letters = blocks.each_ref().map(|text| text.chars().map(String::from).collect());
    let one_by_one = taking_turns(&letters);
    // All letters in one payload too, and in payloads of seven.
    all.push(vec![one_by_one.concat()]);
    all.extend([one_by_one.chunks(7).map(<[_]>::concat).collect(), one_by_one]);
    all
}

/// Prose, arguments and why it stopped.
fn said(answer: &Answer) -> (String, String, Value) {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let text = |value: &Value, pointer: &str| {
        value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    if !answer.is_stream() {
        let whole = answer.json();
        let message = "/choices/0/message";
        return (
            text(&whole, &format!("{message}/content")),
            text(&whole, &format!("{message}/tool_calls/0/function/arguments")),
            whole["choices"][0]["finish_reason"].clone(),
        );
    }
    let events = answer.events();
    assert_eq!(events.last(), Some(&Event::Done), "{}", answer.text());
    let chunks: Vec<&Value> = events.iter().filter_map(Event::data).collect();
    let all = |pointer: &str| chunks.iter().map(|chunk| text(chunk, pointer)).collect();
    let reasons = chunks.iter().map(|chunk| &chunk["choices"][0]["finish_reason"]);
    let reason = reasons.rev().find(|reason| reason.is_string()).unwrap().clone();
    (all("/choices/0/delta/content"), all("/choices/0/delta/tool_calls/0/function/arguments"), reason)
}

/// The last prompt that reached the puppet.
fn last_prompt(stack: &Stack) -> String {
    let asked = stack.sim.requests_so_far();
    let titan = asked.iter().rfind(|request| request["modelId"] == TITAN).unwrap();
    titan["body"]["inputText"].as_str().unwrap().to_owned()
}

#[test]
fn redact_says_the_same_wherever_an_answer_is_cut() {
    check(hostile().plugins(["puppet", "redact"]).start(), |stack| {
        let key = stack.key().with("redact", &json!({})).with("puppet", &json!({}));
        plays(stack, &[vec![json!({"stop": "end"})]]);
        key.post(&asks(ADDRESS));
        let placeholder = last_prompt(stack);
        assert!(placeholder.starts_with("[EMAIL_"), "{placeholder}");
        let blocks = [
            format!("é{placeholder}\r\n{placeholder}[EMAIL_ [x] {placeholder}"),
            format!("thinks of {placeholder}\r\n"),
            format!(
                r#"{{"to":"{placeholder}","note":"\"{placeholder}\" \u005b é\r\n \\","n":[1,"{placeholder}"]}}"#
            ),
        ];
        let expected = (
            blocks[0].replace(&placeholder, ADDRESS),
            serde_json::from_str::<Value>(&blocks[2].replace(&placeholder, ADDRESS)).unwrap(),
            json!("tool_calls"),
        );
        for payloads in cuts(&blocks) {
            plays(stack, &payloads);
            for answer in [key.post_for_stream(&asks(ADDRESS)).answer(), key.post(&asks(ADDRESS))] {
                let (text, arguments, reason) = said(&answer);
                let arguments: Value = serde_json::from_str(&arguments).unwrap();
                assert_eq!((text, arguments, reason), expected, "{payloads:?}");
            }
        }
        let asked = stack.sim.requests_so_far();
        assert!(asked.iter().all(|request| !request["body"].to_string().contains(SECRET)), "an address left");
        Vec::new()
    });
}

/// All of its text that came, and the error behind it.
fn stopped(key: &Key<'_>) -> (String, Value) {
    let answer = key.post_for_stream(&asks("tell me")).answer();
    let code = answer.error()["code"].clone();
    (
        if answer.is_stream() {
            answer.events().iter().filter_map(Event::text).collect()
        } else {
            String::new()
        },
        code,
    )
}

#[test]
fn guard_stops_a_term_wherever_it_is_cut() {
    check(hostile().plugins(["puppet", "guard"]).start(), |stack| {
        let config = json!({"deny": [{"terms": ["project falcon"], "in": "answer"}]});
        let key = stack.key().with("guard", &config).with("puppet", &json!({}));
        let harmless = [
            "The project, a falcon\r\nand é projects falcon".to_owned(),
            "project falco".to_owned(),
            r#"{"to":"project falcons","note":"project\n\nfalco"}"#.to_owned(),
        ];
        for payloads in cuts(&harmless) {
            plays(stack, &payloads);
            let (text, arguments, reason) = said(&key.post_for_stream(&asks("tell me")).answer());
            assert_eq!((text, arguments), (harmless[0].clone(), harmless[2].clone()), "{payloads:?}");
            assert_eq!(reason, "tool_calls");
        }
        let prose = "It is é Project \r\n Falcon, they say";
        let arguments = r#"{"name":"Project\u0020fal\u0063on"}"#;
        for blocks in [[prose, "", "{}"], ["fine", "", arguments]] {
            for payloads in cuts(&blocks.map(str::to_owned)) {
                plays(stack, &payloads);
                let (text, code) = stopped(&key);
                assert_eq!(code, "content_denied", "{payloads:?}");
                assert!(blocks[0].starts_with(&text), "{text}: {payloads:?}");
                assert!(!text.contains("Falcon"), "{text}: {payloads:?}");
                assert_eq!(key.post(&asks("tell me")).status, 403);
            }
        }
        Vec::new()
    });
}
