//! The three modes, and every part of a request.
#![expect(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use adit_plugin::testing::{self, Session};
use adit_plugin::{Config, Origin, Plugin, PromptVerdict, RequestContext, Role, Segment, TextKinds};
use redact::{Redact, Settings};

fn session(config: &str) -> Session<Redact> {
    Session::start(config, testing::context()).expect("the config is valid")
}

fn wants(config: &str) -> TextKinds {
    Redact::wants(&Settings::parse(config).expect("the config is valid"))
}

fn segment(id: u32, origin: Origin, text: &str) -> Segment {
    Segment { id, origin, role: Role::User, text: text.to_owned() }
}

#[test]
fn redacts_every_part_of_a_request() {
    let origins = [
        Origin::System,
        Origin::Message,
        Origin::ToolArgs,
        Origin::ToolResult,
        Origin::Reasoning,
        Origin::ToolDefinition,
        Origin::Other,
    ];
    let segments =
        (0..).zip(origins).map(|(id, origin)| segment(id, origin, "to alice@example.org")).collect();
    let verdict = session("{}").prompt_segments(segments).expect("a verdict");
    let PromptVerdict::Edit(mut edits) = verdict else { panic!("expected edits: {verdict:?}") };
    edits.sort_by_key(|edit| edit.id);
    assert_eq!(edits.iter().map(|edit| edit.id).collect::<Vec<_>>(), (0..7).collect::<Vec<_>>());
    assert!(
        edits.iter().all(|edit| edit.text == edits[0].text && edit.text.starts_with("to [EMAIL_")),
        "{edits:?}"
    );
}

#[test]
fn edits_only_the_segments_that_change() {
    let segments = vec![segment(7, Origin::Message, "hello"), segment(9, Origin::Message, "10.0.0.1")];
    let verdict = session("{}").prompt_segments(segments).expect("a verdict");
    let PromptVerdict::Edit(edits) = verdict else { panic!("expected edits: {verdict:?}") };
    assert_eq!(edits.iter().map(|edit| edit.id).collect::<Vec<_>>(), [9]);
    let verdict = session("{}").prompt_segments(vec![segment(0, Origin::Message, "hello")]);
    assert_eq!(verdict, Ok(PromptVerdict::Keep));
}

#[test]
fn restored_reasoning_becomes_the_bytes_that_the_model_wrote() {
    let mut first = session("{}");
    let ask = "mail alice@example.org or call +49 151 23456789";
    let redacted = first.prompt(&[ask]).remove(0);
    let placeholders: Vec<_> = redacted.split(' ').filter(|word| word.starts_with('[')).collect();
    // Next to such text, the detectors alone would find longer values, or none.
    let thought = format!("x{}-ish {} 2 y", placeholders[0], placeholders[1]);
    let restored = first.text(&[&thought]);
    assert_eq!(restored, "xalice@example.org-ish +49 151 23456789 2 y");

    let segments = vec![segment(0, Origin::Message, ask), segment(1, Origin::Reasoning, &restored)];
    let verdict = session("{}").prompt_segments(segments).expect("a verdict");
    let PromptVerdict::Edit(edits) = verdict else { panic!("expected edits: {verdict:?}") };
    assert_eq!(edits[1].text, thought);
}

#[test]
fn placeholders_are_stable_for_a_key_and_differ_between_keys() {
    let redacted = |seed: &str| {
        let context = RequestContext { seed: seed.repeat(32), ..testing::context() };
        Session::<Redact>::start("{}", context)
            .expect("the config is valid")
            .prompt(&["a@b.org", "c@d.org, a@b.org"])
    };
    assert_eq!(redacted("0a"), redacted("0a"));
    assert_ne!(redacted("0a"), redacted("0b"));
    let texts = redacted("0a");
    assert!(texts[1].ends_with(&texts[0]), "{texts:?}");
}

#[test]
fn irreversible_mode_leaves_the_kind_and_asks_for_no_answer_text() {
    let config = r#"{"mode":"irreversible","patterns":[{"name":"badge","pattern":"B-[0-9]+"}]}"#;
    let texts = session(config).prompt(&["alice@example.org, B-77 and 10.0.0.1"]);
    assert_eq!(texts, ["[EMAIL], [BADGE] and [IP]"]);
    assert_eq!(wants(config), TextKinds::empty());
    assert_eq!(wants("{}"), TextKinds::TEXT | TextKinds::REASONING | TextKinds::TOOL_ARGS);
}

#[test]
fn block_mode_names_the_kinds_and_never_the_values() {
    let config = r#"{"mode":"block","patterns":[{"name":"badge","pattern":"B-[0-9]+"}]}"#;
    let texts = ["alice@example.org", "10.0.0.1, 10.0.0.2 and B-77"];
    let segments = (0..).zip(texts).map(|(id, text)| segment(id, Origin::Message, text)).collect();
    let verdict = session(config).prompt_segments(segments).expect("a verdict");
    let PromptVerdict::Deny(failure) = verdict else { panic!("expected a refusal: {verdict:?}") };
    assert_eq!((failure.status, failure.code.as_str()), (400, "content_blocked"));
    assert_eq!(failure.message, "the request was blocked because it contains: badge, email, ip");
    let verdict = session(config).prompt_segments(vec![segment(0, Origin::Message, "hello")]);
    assert_eq!(verdict, Ok(PromptVerdict::Keep));
}

#[test]
fn leaves_alone_what_the_operator_allows_and_switches_off() {
    let config = r#"{"kinds":{"ip":false},"allow":["*@example.com","+49 30 1234567"]}"#;
    let text = "info@example.com 10.0.0.1 +49 30 1234567";
    assert_eq!(session(config).prompt(&[text]), [text]);
}
