//! The ways to cut an answer that could make a difference to a plugin.

use crate::author::canned;
use crate::chat::{Batch, BlockKind, BlockStart, Delta, Event};

/// A block of an answer.
#[derive(Debug, Clone)]
pub(in crate::author) struct Block {
    /// What it holds.
    pub(in crate::author) kind: BlockKind,
    /// Its text, or the JSON of a call's arguments.
    pub(in crate::author) text: String,
}

/// An answer, cut.
pub(super) struct Split {
    /// How, in words that follow "with the answer".
    pub(super) how: String,
    /// What arrives, and what of it together.
    pub(super) batches: Vec<Batch>,
}

/// An answer that arrives at once.
pub(super) fn whole(blocks: &[Block]) -> Vec<Batch> {
    vec![in_order(blocks, |_, text| vec![text]).into_iter().flatten().collect()]
}

/// An answer whose blocks come one after the other, in these pieces, each by itself.
fn in_order(blocks: &[Block], cut: impl Fn(u32, &str) -> Vec<&str>) -> Vec<Batch> {
    let mut batches = Vec::new();
    for (index, block) in numbered(blocks) {
        batches.push(vec![start(index, block)]);
        let pieces = cut(index, &block.text).into_iter().filter(|piece| !piece.is_empty());
        batches.extend(pieces.map(|piece| vec![delta(index, piece)]));
        batches.push(vec![Event::BlockStop(index)]);
    }
    if !blocks.is_empty() {
        let kinds: Vec<_> = blocks.iter().map(|block| block.kind.clone()).collect();
        batches.push(canned::end(&kinds));
    }
    batches
}

/// An answer word by word, as models give it.
pub(in crate::author) fn answer_in_pieces(blocks: &[Block]) -> Vec<Batch> {
    in_order(blocks, |_, text| text.split_inclusive(' ').collect())
}

/// Every other way: in pieces of one to five characters, cut once at every character, pieces that
/// arrive together, and all blocks at the same time.
pub(super) fn all(blocks: &[Block]) -> Vec<Split> {
    let mut splits = Vec::new();
    for size in 1..=5 {
        let batches = in_order(blocks, |_, text| pieces(text, size));
        splits.push(Split { how: format!("in pieces of {size} characters"), batches });
    }
    let together = in_order(blocks, |_, text| pieces(text, 1)).into_iter().flatten().collect();
    splits
        .push(Split { how: "in single characters that arrive together".to_owned(), batches: vec![together] });
    for (at, block) in blocks.iter().enumerate() {
        for (byte, _) in block.text.char_indices().skip(1) {
            let cut = cut_once(blocks, at, byte);
            splits.push(Split { how: format!("cut behind byte {byte} of block {at}"), batches: cut });
        }
    }
    if blocks.len() > 1 {
        for size in [1, 3] {
            let batches = interleaved(blocks, size);
            splits.push(Split {
                how: format!("of all blocks at the same time, {size} characters each"),
                batches,
            });
        }
    }
    splits
}

fn cut_once(blocks: &[Block], at: usize, byte: usize) -> Vec<Batch> {
    in_order(blocks, |index, text| match text.split_at_checked(byte) {
        Some((before, after)) if index == number(at) => vec![before, after],
        _ => vec![text],
    })
}

fn interleaved(blocks: &[Block], size: usize) -> Vec<Batch> {
    let mut batches: Vec<Batch> = numbered(blocks).map(|(index, block)| vec![start(index, block)]).collect();
    let cut: Vec<_> = blocks.iter().map(|block| pieces(&block.text, size)).collect();
    let longest = cut.iter().map(Vec::len).max().unwrap_or_default();
    for round in 0..longest {
        let pieces = cut.iter().enumerate().filter_map(|(index, pieces)| Some((index, pieces.get(round)?)));
        // What one round brings arrives together: one call of the hook with a chunk of each block.
        batches.push(pieces.map(|(index, piece)| delta(number(index), piece)).collect());
    }
    batches.push(numbered(blocks).map(|(index, _)| Event::BlockStop(index)).collect());
    let kinds: Vec<_> = blocks.iter().map(|block| block.kind.clone()).collect();
    batches.push(canned::end(&kinds));
    batches
}

/// A text in pieces of so many characters.
fn pieces(text: &str, size: usize) -> Vec<&str> {
    let mut starts = text.char_indices().map(|(at, _)| at).step_by(size.max(1)).skip(1);
    let (mut pieces, mut begin) = (Vec::new(), 0);
    loop {
        let end = starts.next().unwrap_or(text.len());
        pieces.extend(text.get(begin..end));
        if end == text.len() {
            return pieces;
        }
        begin = end;
    }
}

fn numbered(blocks: &[Block]) -> impl Iterator<Item = (u32, &Block)> {
    blocks.iter().enumerate().map(|(index, block)| (number(index), block))
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn start(index: u32, block: &Block) -> Event {
    Event::BlockStart(BlockStart { index, kind: block.kind.clone() })
}

fn delta(index: u32, text: &str) -> Event {
    Event::Delta(Delta { index, text: text.to_owned() })
}
