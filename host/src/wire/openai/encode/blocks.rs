use crate::chat::{BlockKind, BlockStart};

/// Where the text of a block goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::wire::openai) enum Slot {
    /// `content`
    Text,
    /// `reasoning_content`
    Reasoning,
    /// The arguments of a tool call.
    Call {
        /// The call's place among the calls: 0, 1, 2, whatever the blocks' numbers are.
        place: usize,
        /// Whether its arguments have begun.
        arguments: Arguments,
    },
}

/// How far the arguments of a call have come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::wire::openai) enum Arguments {
    /// Nothing yet.
    Empty,
    /// Something.
    Begun,
}

/// The blocks of one answer.
#[derive(Debug, Default)]
pub(in crate::wire::openai) struct Blocks {
    slots: Vec<(u32, Slot)>,
    calls: usize,
}

impl Blocks {
    /// Begins a block and says where it goes.
    pub(in crate::wire::openai) fn start(&mut self, start: &BlockStart) -> Slot {
        let slot = match start.kind {
            BlockKind::Text => Slot::Text,
            BlockKind::Reasoning => Slot::Reasoning,
            BlockKind::ToolUse { .. } => {
                let place = self.calls;
                self.calls += 1;
                Slot::Call { place, arguments: Arguments::Empty }
            }
        };
        self.slots.push((start.index, slot));
        slot
    }

    /// Where a block goes. One that never began can only be text. The block that is looked for
    /// nearly always began last.
    pub(in crate::wire::openai) fn slot(&self, index: u32) -> Slot {
        self.slots.iter().rev().find(|(known, _)| *known == index).map_or(Slot::Text, |(_, slot)| *slot)
    }

    /// Notes that the arguments of a block's call have begun.
    pub(in crate::wire::openai) fn begin_arguments(&mut self, index: u32) {
        if let Some((_, Slot::Call { arguments, .. })) =
            self.slots.iter_mut().rev().find(|(known, _)| *known == index)
        {
            *arguments = Arguments::Begun;
        }
    }

    /// The place of a call that has no arguments yet. The caller begins them now.
    pub(in crate::wire::openai) fn take_empty_call(&mut self) -> Option<usize> {
        self.slots.iter_mut().find_map(|(_, slot)| match slot {
            Slot::Call { place, arguments: arguments @ Arguments::Empty } => {
                *arguments = Arguments::Begun;
                Some(*place)
            }
            _ => None,
        })
    }

    /// How many calls there are.
    pub(in crate::wire::openai) fn calls(&self) -> usize {
        self.calls
    }
}
