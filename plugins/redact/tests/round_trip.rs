//! Whatever the text and however the answer is cut: what was redacted comes back, byte by byte.
#![expect(clippy::expect_used, reason = "a test may fail loudly")]

use adit_plugin::testing::{self, Session, split_at};
use adit_plugin::{Chunk, Outcome, Plugin, TextKind, TextVerdict};
use proptest::collection::vec;
use proptest::prelude::*;
use redact::Redact;

fn session(config: &str) -> Session<Redact> {
    Session::start(config, testing::context()).expect("the config is valid")
}

/// Values that the detectors find in any surroundings that `piece` makes.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,9}(\\.[a-z]{1,9})?@[a-z]{2,9}\\.(org|net|io)",
        "\\+49 1[5-7][0-9] [1-9][0-9]{7}",
        "\\([2-9][0-9]{2}\\) [2-9][0-9]{2}-[0-9]{4}",
        Just("4111 1111 1111 1111".to_owned()),
        Just("DE89 3704 0044 0532 0130 00".to_owned()),
        "10\\.[1-9][0-9]\\.[1-9][0-9]\\.[1-9][0-9]",
        "2001:db8:[1-9a-f]{1,4}::[1-9a-f]{1,4}",
        "ghp_[0-9a-zA-Z]{36}",
    ]
}

/// Text between values: anything, and what looks like a placeholder.
fn filler() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[a-z \\n\\[\\]_@:+(.-]{0,20}",
        "\\[?[A-Z]{2,6}_[a-z2-7]{10}\\]?",
        Just("[EMAIL_".to_owned()),
        Just("[[".to_owned()),
    ]
}

/// Values with blanks around them, and the text that holds them all.
fn planted() -> impl Strategy<Value = (Vec<String>, String)> {
    vec((filler(), value()), 1..6).prop_flat_map(|pairs| {
        let values: Vec<_> = pairs.iter().map(|(_, value)| value.clone()).collect();
        let lines = pairs.iter().flat_map(|(filler, value)| [filler, "\n| ", value, " |\n"]);
        let text: String = lines.collect();
        (Just(values), filler().prop_map(move |end| format!("{text}{end}")))
    })
}

/// As writers of JSON do that keep to ASCII.
fn in_ascii(json: &str) -> String {
    let escaped = |unit: &u16| match u8::try_from(*unit).ok().filter(u8::is_ascii) {
        Some(byte) => char::from(byte).to_string(),
        None => format!("\\u{unit:04x}"),
    };
    json.encode_utf16().map(|unit| escaped(&unit)).collect()
}

proptest! {
    #[test]
    fn what_was_redacted_comes_back_through_any_deltas(
        (values, text) in planted(),
        cuts in vec(any::<prop::sample::Index>(), 0..12),
        reasoning in any::<bool>(),
    ) {
        let mut session = session("{}");
        let redacted = session.prompt(&[&text]).remove(0);
        for value in &values {
            prop_assert!(!redacted.contains(value.as_str()), "{value:?} is in {redacted:?}");
        }
        let cuts: Vec<_> = cuts.iter().map(|cut| cut.index(redacted.len() + 1)).collect();
        let kind = if reasoning { TextKind::Reasoning } else { TextKind::ToolArgs };
        // The session fails the test if more than the window is held back.
        prop_assert_eq!(session.text_of(kind, &split_at(&redacted, &cuts)), text);
    }

    #[test]
    fn what_stands_in_a_json_string_is_found_and_comes_back(
        pairs in vec((filler(), "[\n\t\r\"\u{8}\u{b}\u{c}\u{1f}|]", value(), "[\n\t\r\"\\\\/\u{8}\u{c}|]"), 1..6),
        ascii in any::<bool>(),
    ) {
        let text: String = pairs.iter().flat_map(|(filler, before, value, after)| {
            [filler.as_str(), " ", before, value, after, " "]
        }).collect();
        let mut json = serde_json::to_string(&text).expect("a string");
        if ascii {
            json = in_ascii(&json);
        }
        let mut session = session("{}");
        let redacted = session.prompt(&[&json]).remove(0);
        for (_, _, value, _) in &pairs {
            prop_assert!(!redacted.contains(value.as_str()), "{value:?} is in {redacted:?}");
        }
        prop_assert!(serde_json::from_str::<String>(&redacted).is_ok(), "no JSON: {redacted:?}");
        prop_assert_eq!(session.text(&[redacted]), json);
    }

    #[test]
    fn nothing_planted_survives_irreversible_mode((values, text) in planted()) {
        let redacted = session(r#"{"mode":"irreversible"}"#).prompt(&[&text]).remove(0);
        for value in &values {
            prop_assert!(!redacted.contains(value.as_str()), "{value:?} is in {redacted:?}");
        }
    }

    #[test]
    fn any_text_is_read_without_a_panic_and_comes_back(text in any::<String>(), digits in "[-0-9 .:/()+a-fA-F@_\\[\\]]{0,80}") {
        let text = text + &digits;
        let mut session = session(r#"{"patterns":[{"name":"any","pattern":"[^a-z]{3}"}]}"#);
        let redacted = session.prompt(&[&text]).remove(0);
        prop_assert_eq!(session.text(&[redacted]), text);
    }

    #[test]
    fn redacting_what_is_redacted_changes_nothing((_, text) in planted()) {
        let redacted = session("{}").prompt(&[&text]).remove(0);
        let again = session("{}").prompt(&[&redacted]).remove(0);
        prop_assert_eq!(again, redacted);
    }
}

#[test]
fn every_split_of_an_answer_gives_the_same_text() {
    let mut session = session("{}");
    let placeholder = session.prompt(&["alice@example.org"]).remove(0);
    let answer = format!("Añ [x] {placeholder}, {placeholder}[EMAIL_ 🙂 [{placeholder}]");
    let expected = answer.replace(&placeholder, "alice@example.org");
    for deltas in testing::every_split(&answer) {
        assert_eq!(session.text(&deltas), expected, "{deltas:?}");
    }
}

#[test]
fn text_that_starts_no_placeholder_is_passed_on_at_once() {
    let mut plugin = started();
    let (prompt, chunk) = (testing::segment(0, "alice@example.org"), chunk("plain text"));
    plugin.on_prompt(vec![prompt]).expect("a verdict");
    assert_eq!(plugin.on_text(vec![chunk]), Ok(TextVerdict::Pass));
    let held = plugin.on_text(vec![self::chunk("plain text [EMA")]);
    assert_eq!(held, Ok(TextVerdict::Rewrite(vec![Outcome::hold(11)])));
    let other = plugin.on_text(vec![self::chunk("a [link](x) [1")]);
    assert_eq!(other, Ok(TextVerdict::Rewrite(vec![Outcome::hold(14)])));
}

#[test]
fn a_request_without_values_passes_every_answer() {
    let mut plugin = started();
    plugin.on_prompt(vec![testing::segment(0, "hello")]).expect("a verdict");
    assert_eq!(plugin.on_text(vec![chunk("[EMAIL_abcdefghij] [E")]), Ok(TextVerdict::Pass));
}

fn started() -> Redact {
    let settings = <redact::Settings as adit_plugin::Config>::parse("{}").expect("the config is valid");
    Redact::start(settings.into(), testing::context())
}

fn chunk(text: &str) -> Chunk {
    Chunk { index: 0, kind: TextKind::Text, text: text.to_owned(), final_: false }
}
