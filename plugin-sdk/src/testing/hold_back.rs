//! The host's rules for text that a plugin leaves unconsumed.

use std::collections::HashMap;

use crate::{Chunk, Outcome, TextKind};

/// A piece of a block's text, as it arrives from the model or leaves for the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delta {
    /// The block of the answer that the text belongs to.
    pub index: u32,
    /// What kind of text it is.
    pub kind: TextKind,
    /// The text itself.
    pub text: String,
    /// Whether the block ends with it.
    pub last: bool,
}

impl Delta {
    /// A piece of text with more to follow.
    pub fn new(index: u32, kind: TextKind, text: impl Into<String>) -> Self {
        Self { index, kind, text: text.into(), last: false }
    }

    /// The end of a block.
    pub fn end(index: u32, kind: TextKind) -> Self {
        Self { last: true, ..Self::new(index, kind, "") }
    }
}

impl From<Chunk> for Delta {
    fn from(chunk: Chunk) -> Self {
        Self { index: chunk.index, kind: chunk.kind, text: chunk.text, last: chunk.final_ }
    }
}

/// What the plugin left of each block.
#[derive(Default)]
pub(super) struct HoldBack {
    unconsumed: HashMap<u32, String>,
}

impl HoldBack {
    /// Puts the unconsumed text in front of what arrived: at most one chunk for each block that
    /// goes on, none without text unless it is the block's end.
    pub(super) fn chunks(&mut self, deltas: Vec<Delta>) -> Vec<Chunk> {
        let mut chunks: Vec<Chunk> = Vec::new();
        for delta in deltas {
            let open = |chunk: &&mut Chunk| chunk.index == delta.index && !chunk.final_;
            if let Some(chunk) = chunks.iter_mut().find(open) {
                chunk.text.push_str(&delta.text);
                chunk.final_ = delta.last;
            } else if delta.last || !delta.text.is_empty() {
                let mut text = self.unconsumed.remove(&delta.index).unwrap_or_default();
                text.push_str(&delta.text);
                chunks.push(Chunk { index: delta.index, kind: delta.kind, text, final_: delta.last });
            }
        }
        chunks
    }

    /// Applies a plugin's outcomes. Fails, with the rule in words, if one breaks the contract.
    pub(super) fn settle(
        &mut self,
        chunks: Vec<Chunk>,
        outcomes: Vec<Outcome>,
        window: u32,
    ) -> Result<Vec<Delta>, String> {
        if chunks.len() != outcomes.len() {
            return Err(format!("{} outcomes for {} chunks", outcomes.len(), chunks.len()));
        }
        let pairs = chunks.into_iter().zip(outcomes);
        pairs.map(|(chunk, outcome)| self.settle_one(&chunk, outcome, window)).collect()
    }

    fn settle_one(&mut self, chunk: &Chunk, outcome: Outcome, window: u32) -> Result<Delta, String> {
        let Outcome { consumed, output } = outcome;
        let length = chunk.text.len();
        let Some((taken, rest)) = chunk.text.split_at_checked(consumed as usize) else {
            return Err(if consumed as usize > length {
                format!("consumed {consumed} of {length} bytes")
            } else {
                format!("consumed {consumed} bytes, which cuts a character in two")
            });
        };
        if chunk.final_ && !rest.is_empty() {
            return Err(format!("left {} bytes at the block's end", rest.len()));
        }
        if rest.len() > window as usize {
            return Err(format!("left {} bytes, the window is {window}", rest.len()));
        }
        if !rest.is_empty() {
            self.unconsumed.insert(chunk.index, rest.to_owned());
        }
        Ok(Delta {
            index: chunk.index,
            kind: chunk.kind,
            text: output.unwrap_or_else(|| taken.to_owned()),
            last: chunk.final_,
        })
    }
}

#[cfg(test)]
mod tests;
