use crate::bedrock::request::Names;
use crate::chat::{BlockKind, BlockStart};

use super::*;

fn start(index: u32, kind: BlockKind) -> Event {
    Event::BlockStart(BlockStart { index, kind })
}

fn delta(index: u32, text: &str) -> Event {
    Event::Delta(Delta { index, text: text.to_owned() })
}

fn reading() -> Reading {
    Reading { calls: Calls::Allowed, names: Names::default(), answer: None }
}

#[test]
fn a_block_begins_with_its_first_piece_and_adjacent_pieces_become_one() {
    let mut writer = EventWriter::new(reading());
    writer.text(0, String::new());
    writer.text(0, "a".to_owned());
    writer.text(0, "b".to_owned());
    writer.reasoning(1, "c".to_owned());
    writer.text(0, "d".to_owned());
    assert_eq!(
        writer.take(),
        [
            start(0, BlockKind::Text),
            delta(0, "ab"),
            start(1, BlockKind::Reasoning),
            delta(1, "c"),
            delta(0, "d")
        ]
    );
    assert!(writer.take().is_empty());
}

#[test]
fn a_block_that_never_held_anything_leaves_no_trace() {
    let mut writer = EventWriter::new(reading());
    writer.text(0, String::new());
    writer.tool_input(1, "{}".to_owned());
    writer.block_stop(0);
    writer.block_stop(1);
    assert!(writer.take().is_empty());
}

#[test]
fn a_thought_may_be_its_seal_alone() {
    let mut writer = EventWriter::new(reading());
    writer.signature(0, "seal".to_owned());
    writer.block_stop(0);
    let seal = Event::Signature { index: 0, value: "seal".to_owned() };
    assert_eq!(writer.take(), [start(0, BlockKind::Reasoning), seal, Event::BlockStop(0)]);
}

#[test]
fn pieces_of_another_kind_do_not_mix_into_a_block() {
    let mut writer = EventWriter::new(reading());
    writer.reasoning(0, "thought".to_owned());
    writer.text(0, "prose".to_owned());
    writer.tool_input(0, "{}".to_owned());
    assert_eq!(writer.take(), [start(0, BlockKind::Reasoning), delta(0, "thought")]);
}

#[test]
fn usage_comes_last_even_if_it_came_first() {
    let mut writer = EventWriter::new(reading());
    writer.usage(Usage::default());
    assert!(writer.take().is_empty());
    writer.text(0, "a".to_owned());
    writer.message_stop(StopReason::EndTurn);
    writer.message_stop(StopReason::EndTurn);
    assert_eq!(
        writer.take().split_off(2),
        [Event::BlockStop(0), Event::MessageStop(StopReason::EndTurn), Event::Usage(Usage::default())]
    );
    assert!(writer.is_complete());
}

#[test]
fn a_tool_comes_back_by_the_name_that_the_client_gave_it() {
    let input = crate::chat::Json::empty_object();
    let call = crate::chat::ToolUse { id: "c".to_owned(), name: "a.b".to_owned(), input };
    let message = crate::chat::Message {
        role: crate::chat::Role::Assistant,
        parts: vec![crate::chat::Part::ToolUse(call)],
    };
    let names = Names::of(&crate::chat::Request::new("m", vec![message]));
    let bedrock = names.bedrock("a.b").to_owned();
    let mut writer = EventWriter::new(Reading { names, ..reading() });
    writer.tool_use(0, "c".to_owned(), bedrock);
    assert_eq!(writer.take(), [start(0, BlockKind::ToolUse { id: "c".to_owned(), name: "a.b".to_owned() })]);
}

#[test]
fn the_input_of_the_answer_tool_is_the_answer() {
    for calls in [Calls::Allowed, Calls::Withheld] {
        let mut writer = EventWriter::new(Reading { calls, answer: Some("answer".to_owned()), ..reading() });
        writer.tool_use(0, "c".to_owned(), "answer".to_owned());
        writer.tool_input(0, "{\"a\":".to_owned());
        writer.tool_input(0, "1}".to_owned());
        writer.block_stop(0);
        // A second answer would leave no JSON.
        writer.tool_use(1, "d".to_owned(), "answer".to_owned());
        writer.tool_input(1, "{}".to_owned());
        writer.block_stop(1);
        writer.message_stop(StopReason::ToolUse);
        assert_eq!(
            writer.take(),
            [
                start(0, BlockKind::Text),
                delta(0, "{\"a\":1}"),
                Event::BlockStop(0),
                Event::MessageStop(StopReason::EndTurn)
            ]
        );
    }
}

#[test]
fn a_call_beside_the_answer_still_waits_for_its_result() {
    let mut writer = EventWriter::new(Reading { answer: Some("answer".to_owned()), ..reading() });
    writer.tool_use(0, "c".to_owned(), "weather".to_owned());
    writer.tool_use(1, "d".to_owned(), "answer".to_owned());
    writer.message_stop(StopReason::ToolUse);
    assert_eq!(writer.take().last(), Some(&Event::MessageStop(StopReason::ToolUse)));
}

#[test]
fn a_thought_that_only_the_model_can_read_is_a_block_of_its_own() {
    let mut writer = EventWriter::new(reading());
    writer.redacted(0, "AAAA".to_owned());
    writer.block_stop(0);
    let thought = Event::RedactedReasoning { index: 0, data: "AAAA".to_owned() };
    assert_eq!(writer.take(), [start(0, BlockKind::Reasoning), thought, Event::BlockStop(0)]);
}

#[test]
fn prose_beside_the_answer_tool_is_no_part_of_the_answer() {
    let mut writer = EventWriter::new(Reading { answer: Some("answer".to_owned()), ..reading() });
    writer.text(0, "Here is ".to_owned());
    writer.text(0, "your JSON:".to_owned());
    writer.block_stop(0);
    assert!(writer.take().is_empty());
    writer.tool_use(1, "c".to_owned(), "answer".to_owned());
    writer.tool_input(1, "{\"a\":".to_owned());
    // The answer itself is not held back.
    assert_eq!(writer.take(), [start(1, BlockKind::Text), delta(1, "{\"a\":")]);
    writer.tool_input(1, "1}".to_owned());
    writer.block_stop(1);
    writer.text(2, "That was it.".to_owned());
    writer.block_stop(2);
    writer.message_stop(StopReason::ToolUse);
    assert_eq!(writer.take(), [delta(1, "1}"), Event::BlockStop(1), Event::MessageStop(StopReason::EndTurn)]);
}

#[test]
fn prose_is_the_answer_where_the_answer_tool_was_not_called() {
    let mut writer = EventWriter::new(Reading { answer: Some("answer".to_owned()), ..reading() });
    writer.text(0, "I cannot ".to_owned());
    writer.text(0, "say.".to_owned());
    writer.block_stop(0);
    writer.message_stop(StopReason::EndTurn);
    assert_eq!(
        writer.take(),
        [
            start(0, BlockKind::Text),
            delta(0, "I cannot say."),
            Event::BlockStop(0),
            Event::MessageStop(StopReason::EndTurn)
        ]
    );
}
