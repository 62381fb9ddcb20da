use crate::chat::{BlockKind, BlockStart};

use super::*;

fn start(index: u32, kind: BlockKind) -> Event {
    Event::BlockStart(BlockStart { index, kind })
}

fn delta(index: u32, text: &str) -> Event {
    Event::Delta(Delta { index, text: text.to_owned() })
}

#[test]
fn a_block_begins_with_its_first_piece_and_adjacent_pieces_become_one() {
    let mut writer = EventWriter::new(Reading { calls: Calls::Allowed });
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
    let mut writer = EventWriter::new(Reading { calls: Calls::Allowed });
    writer.text(0, String::new());
    writer.tool_input(1, "{}".to_owned());
    writer.block_stop(0);
    writer.block_stop(1);
    assert!(writer.take().is_empty());
}

#[test]
fn a_thought_may_be_its_seal_alone() {
    let mut writer = EventWriter::new(Reading { calls: Calls::Allowed });
    writer.signature(0, "seal".to_owned());
    writer.block_stop(0);
    let seal = Event::Signature { index: 0, value: "seal".to_owned() };
    assert_eq!(writer.take(), [start(0, BlockKind::Reasoning), seal, Event::BlockStop(0)]);
}

#[test]
fn pieces_of_another_kind_do_not_mix_into_a_block() {
    let mut writer = EventWriter::new(Reading { calls: Calls::Allowed });
    writer.reasoning(0, "thought".to_owned());
    writer.text(0, "prose".to_owned());
    writer.tool_input(0, "{}".to_owned());
    assert_eq!(writer.take(), [start(0, BlockKind::Reasoning), delta(0, "thought")]);
}

#[test]
fn usage_comes_last_even_if_it_came_first() {
    let mut writer = EventWriter::new(Reading { calls: Calls::Allowed });
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
