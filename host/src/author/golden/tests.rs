#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use super::*;
use crate::chat::{BlockKind, Event};
use expectation::Refusal;
use tool::Answered;

fn blocks(texts: &[&str]) -> Vec<Block> {
    texts.iter().map(|text| Block { kind: BlockKind::Text, text: (*text).to_owned() }).collect()
}

fn joined(batches: &[Vec<Event>], wanted: u32) -> String {
    let deltas = batches.iter().flatten().filter_map(|event| match event {
        Event::Delta(delta) if delta.index == wanted => Some(delta.text.as_str()),
        _ => None,
    });
    deltas.collect()
}

#[test]
fn every_split_holds_the_whole_answer() {
    let answer = blocks(&["añ🙂z", "zwei"]);
    let splits = splits::all(&answer);
    // Five sizes, one together, a cut behind each character but the last, and two of both at once.
    assert_eq!(splits.len(), 5 + 1 + 3 + 3 + 2);
    for split in splits {
        assert_eq!(joined(&split.batches, 0), "añ🙂z", "{}", split.how);
        assert_eq!(joined(&split.batches, 1), "zwei", "{}", split.how);
        assert!(matches!(split.batches.last().unwrap().last(), Some(Event::Usage(_))), "{}", split.how);
    }
}

#[test]
fn a_file_without_an_answer_has_none() {
    let conversation = Conversation::parse("").unwrap();
    assert_eq!(conversation.whole(), [[]]);
    assert!(conversation.expect.is_none());
}

#[test]
fn says_what_is_wrong_with_a_file() {
    for (text, why) in [
        ("\n[expcet]", "line 2: unknown field `expcet`"),
        ("[[answer]]\ntext = 'a'\nreasoning = 'b'", "answer[0] has to have"),
        ("[[answer]]\ntool = 'send'", "answer[0] has to have"),
        ("[request]\nmessages = 1", "messages: "),
        ("[call]\ntool = 't'\n[request]\nmodel = 'm'", "a `call` of a tool, or a `request`"),
        ("[call]\ntool = 't'\narguments = '[]'", "the arguments: no JSON object"),
        ("[call]\ntool = 't'\nanswers = { a = {} }", "give its `state`"),
        ("[call]\ntool = 't'\nabilities = ['magic']", "unknown variant `magic`"),
    ] {
        let fault = Conversation::parse(text).unwrap_err();
        assert!(fault.contains(why), "{fault}");
    }
}

#[test]
fn what_a_tool_answers_is_compared_as_json_and_has_no_splits() {
    let conversation = Conversation::parse("[call]\ntool = 't'\narguments = { a = 1 }").unwrap();
    assert!(conversation.splits().is_empty());
    let answered = |structured: &str, text: &str| Answered {
        content: vec![text.to_owned()],
        structured: Some(structured.to_owned()),
        ..Answered::default()
    };
    let expected = answered(r#"{"a":1,"b":[]}"#, "x");
    assert_eq!(expected.differences(&answered(r#"{ "b": [], "a": 1 }"#, "x")), [""; 0]);
    let differences = expected.differences(&answered("{}", "y"));
    assert_eq!(differences.len(), 2, "{differences:?}");
    let result = |answered| Expectation { result: Some(answered), ..Expectation::default() };
    assert_eq!(result(expected.clone()).differences(&Expectation::default()), ["result: the tool gave none"]);
    let updated = update::with_expectation("[call]\ntool = 't'\n", &result(expected.clone())).unwrap();
    assert_eq!(Conversation::parse(&updated).unwrap().expect.unwrap().result, Some(expected));
}

#[test]
fn what_is_not_named_is_not_compared_but_an_end_is() {
    let refusal = Refusal { status: 403, code: "no".to_owned(), message: "No.".to_owned() };
    let found =
        Expectation { prompt: Some(vec!["a".to_owned()]), refused: Some(refusal), ..Expectation::default() };
    let differences = Expectation::default().differences(&found);
    assert_eq!(differences, ["refused: expected none, found 403 no \"No.\""]);
    let expected = Expectation { prompt: Some(vec!["b".to_owned()]), ..found.clone() };
    assert_eq!(expected.differences(&found), ["prompt[0]: expected \"b\", found \"a\""]);
}

#[test]
fn an_update_leaves_what_stands_above() {
    let found = Expectation { answer: Some(vec!["new".to_owned()]), ..Expectation::default() };
    let above = "# Why.\n\n[[answer]]\ntext = 'old' # so\n";
    for below in ["", "\n[expect]\nanswer = ['x']\n", "\n[expect.refused]\nstatus = 1\n"] {
        let updated = update::with_expectation(&format!("{above}{below}"), &found).unwrap();
        assert!(updated.starts_with(above), "{updated}");
        let expect = Conversation::parse(&updated).unwrap().expect.unwrap();
        assert_eq!(expect, found);
        assert_eq!(update::with_expectation(&updated, &found).unwrap(), updated);
    }
    let lost = update::with_expectation("[expect]\n[[answer]]\ntext = 'a'", &found).unwrap_err();
    assert!(lost.contains("last table"), "{lost}");
}
