#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
use super::*;
use crate::chat::{BlockKind, BlockStart, Delta};

fn invocation() -> Invocation {
    Invocation {
        body: Bytes::from_static(b"{}"),
        content_type: "application/json".to_owned(),
        accept: "*/*".to_owned(),
        delivery: Delivery::Streamed,
        dropped: vec!["response_format".to_owned(), "messages[0].name".to_owned()],
    }
}

#[test]
fn what_goes_into_a_header_is_looked_at() {
    check(&invocation()).unwrap();
    for bad in ["", " ", "a\r\nb: c", &"a".repeat(129), "ä"] {
        check(&Invocation { content_type: bad.to_owned(), ..invocation() }).unwrap_err();
        check(&Invocation { accept: bad.to_owned(), ..invocation() }).unwrap_err();
    }
    for bad in ["", "a b", "a\nb", "a,b", &"a".repeat(65)] {
        check(&Invocation { dropped: vec![bad.to_owned()], ..invocation() }).unwrap_err();
    }
    check(&Invocation { dropped: vec!["a".to_owned(); 65], ..invocation() }).unwrap_err();
}

fn counted(input_tokens: u64) -> Usage {
    Usage { input_tokens, ..Usage::default() }
}

fn word() -> Batch {
    vec![
        Event::BlockStart(BlockStart { index: 0, kind: BlockKind::Text }),
        Event::Delta(Delta { index: 0, text: "word".to_owned() }),
        Event::BlockStop(0),
    ]
}

fn stop() -> Event {
    Event::MessageStop(StopReason::EndTurn)
}

#[test]
fn the_cost_is_what_bedrock_says_and_stands_last() {
    let mut answer = Answer { usage: Some(counted(3)), ..Answer::default() };
    let mut forged = word();
    forged.insert(0, Event::Usage(counted(7_000_000)));
    assert_eq!(answer.take(forged).unwrap(), word());
    let end = answer.take(vec![Event::Usage(counted(7_000_000)), stop()]).unwrap();
    assert_eq!(end, [stop(), Event::Usage(counted(3))]);
    // What is told once is not told again.
    assert_eq!(answer.take(Batch::new()).unwrap(), Batch::new());
    // Bedrock may say it after the plugin has seen the end.
    answer.usage = Some(counted(4));
    assert_eq!(answer.take(Batch::new()).unwrap(), [Event::Usage(counted(4))]);
}

#[test]
fn a_guardrail_that_stepped_in_is_the_reason_of_the_end() {
    let mut answer = Answer { intervention: Intervention::Intervened, ..Answer::default() };
    assert_eq!(answer.take(vec![stop()]).unwrap(), [Event::MessageStop(StopReason::ContentFiltered)]);
}

#[test]
fn events_that_make_no_answer_are_refused() {
    let delta = Event::Delta(Delta { index: 0, text: "word".to_owned() });
    Answer::default().take(vec![delta.clone()]).unwrap_err();
    Answer::default().take(vec![stop(), stop()]).unwrap_err();
    let mut answer = Answer::default();
    answer.take(vec![stop()]).unwrap();
    answer.take(vec![delta]).unwrap_err();
}
