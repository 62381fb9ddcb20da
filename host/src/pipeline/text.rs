//! The text hooks, with the hold-back that is the host's: a plugin says how much it consumed, and
//! the rest comes back to it in front of the next text. Nothing waits on a timer.

use std::collections::HashMap;
use std::time::Instant;

use super::Hook;
use super::hook::{Chunk, Context, Outcome, TextKind, TextVerdict, TextWish};
use super::json_text::{Lexer, Piece, escape_into};
use super::link::Link;
use crate::chat::{Batch, BlockKind, Delta, Event};
use crate::error::Failure;
use crate::telemetry::Verdict;

/// Output may be this many times the input of a call, and a little more.
const GROWTH: usize = 4;
const GROWTH_ALLOWANCE_BYTES: usize = 4 << 10;

/// One plugin, and what it has left unconsumed. A plugin that is skipped lets all text pass.
pub(super) struct Stage {
    wish: TextWish,
    blocks: HashMap<u32, Block>,
}

/// A block whose text the plugin wants.
enum Block {
    Prose { kind: TextKind, held: String },
    ToolArgs { lexer: Lexer, held: String },
}

/// A place in the batch that is being made.
enum Slot {
    /// Goes on as it is.
    Event(Event),
    /// JSON between string values.
    Raw { index: u32, text: String },
    /// Becomes what the plugin makes of the next chunk.
    Chunk,
}

impl Stage {
    /// The stage of a plugin, started now; none if it wants no text, or is skipped.
    pub(super) async fn new(context: &Context, link: &mut Link) -> Result<Option<Self>, Failure> {
        let wish = link.start(context).await?.map(|session| session.text_wish());
        let wish = wish.filter(|wish| wish.any());
        Ok(wish.map(|wish| Self { wish, blocks: HashMap::new() }))
    }

    /// A batch as the plugin leaves it.
    pub(super) async fn pass(
        &mut self,
        context: &Context,
        link: &mut Link,
        batch: Batch,
    ) -> Result<Batch, Failure> {
        let mut plan = Plan::default();
        for event in batch {
            self.plan(event, &mut plan);
        }
        if plan.chunks.is_empty() {
            return Ok(plan.slots.into_iter().filter_map(Slot::into_event).collect());
        }
        let outcomes = self.outcomes(context, link, &plan.chunks).await?;
        Ok(self.assemble(plan, outcomes))
    }

    /// What the plugin makes of the chunks: one outcome each, checked; none lets them pass.
    async fn outcomes(
        &self,
        context: &Context,
        link: &mut Link,
        chunks: &[Chunk],
    ) -> Result<Option<Vec<Outcome>>, Failure> {
        let Some(session) = link.session(context).await? else { return Ok(None) };
        let begun = Instant::now();
        let answer = session.on_text(chunks).await;
        let outcomes = match link.answered(Hook::Text, begun, answer)? {
            None | Some(TextVerdict::Pass) => return Ok(None),
            Some(TextVerdict::Stop(failure)) => {
                link.judged(Verdict::Refused);
                return Err(failure);
            }
            Some(TextVerdict::Rewrite(outcomes)) => outcomes,
        };
        if let Err(what) = self.check(chunks, &outcomes) {
            link.failed(Failure::plugin(link.name(), &format!("on-text answered with {what}")))?;
            return Ok(None);
        }
        let held = chunks.iter().zip(&outcomes).map(|(chunk, outcome)| chunk.text.len() - outcome.consumed);
        if let Some(held) = held.max().filter(|held| *held > 0) {
            link.held(held);
        }
        if outcomes.iter().any(|outcome| outcome.output.is_some()) {
            link.judged(Verdict::Changed);
        }
        Ok(Some(outcomes))
    }

    /// Whether outcomes fit their chunks; the error says what does not.
    fn check(&self, chunks: &[Chunk], outcomes: &[Outcome]) -> Result<(), String> {
        if outcomes.len() != chunks.len() {
            return Err(format!("{} outcomes for {} chunks", outcomes.len(), chunks.len()));
        }
        for (chunk, Outcome { consumed, output }) in chunks.iter().zip(outcomes) {
            if !chunk.text.is_char_boundary(*consumed) {
                return Err(format!("{consumed} bytes consumed: not a character border of the chunk"));
            }
            if let Some(output) = output
                && output.len() > consumed * GROWTH + GROWTH_ALLOWANCE_BYTES
            {
                return Err(format!("{} bytes of output for {consumed} bytes", output.len()));
            }
            let (rest, window) = (chunk.text.len() - consumed, self.wish.window);
            if chunk.last && rest > 0 {
                return Err(format!("{rest} bytes left at the end of a block"));
            }
            if rest > window {
                return Err(format!("{rest} bytes left unconsumed, more than its window of {window}"));
            }
        }
        Ok(())
    }

    fn plan(&mut self, event: Event, plan: &mut Plan) {
        match event {
            Event::BlockStart(start) => {
                if let Some(block) = self.block(&start.kind) {
                    self.blocks.insert(start.index, block);
                }
                plan.slots.push(Slot::Event(Event::BlockStart(start)));
            }
            Event::Delta(delta) => match self.blocks.get_mut(&delta.index) {
                Some(block) => block.feed(delta, plan),
                None => plan.slots.push(Slot::Event(Event::Delta(delta))),
            },
            Event::BlockStop(index) => {
                if let Some(block) = self.blocks.remove(&index) {
                    block.end(index, plan);
                }
                plan.slots.push(Slot::Event(Event::BlockStop(index)));
            }
            Event::Signature { .. }
            | Event::RedactedReasoning { .. }
            | Event::MessageStop(_)
            | Event::Usage(_) => {
                plan.slots.push(Slot::Event(event));
            }
        }
    }

    fn block(&self, kind: &BlockKind) -> Option<Block> {
        let prose = |kind| Block::Prose { kind, held: String::new() };
        match kind {
            BlockKind::Text => self.wish.text.then(|| prose(TextKind::Text)),
            BlockKind::Reasoning => self.wish.reasoning.then(|| prose(TextKind::Reasoning)),
            BlockKind::ToolUse { .. } => {
                self.wish.tool_args.then(|| Block::ToolArgs { lexer: Lexer::default(), held: String::new() })
            }
        }
    }

    fn assemble(&mut self, plan: Plan, outcomes: Option<Vec<Outcome>>) -> Batch {
        let mut outcomes = outcomes.map(Vec::into_iter);
        let mut chunks = plan.chunks.into_iter();
        let mut batch = Vec::with_capacity(plan.slots.len());
        for slot in plan.slots {
            match slot {
                Slot::Event(event) => batch.push(event),
                Slot::Raw { index, text } => append(&mut batch, index, text),
                Slot::Chunk => {
                    let Some(chunk) = chunks.next() else { continue };
                    let outcome = outcomes.as_mut().and_then(Iterator::next);
                    let (index, kind) = (chunk.index, chunk.kind);
                    let mut text = self.settle(chunk, outcome);
                    if kind == TextKind::ToolArgs {
                        let mut escaped = String::with_capacity(text.len());
                        escape_into(&text, &mut escaped);
                        text = escaped;
                    }
                    append(&mut batch, index, text);
                }
            }
        }
        batch
    }

    /// The text that goes on in a chunk's place; what was not consumed is kept.
    fn settle(&mut self, mut chunk: Chunk, outcome: Option<Outcome>) -> String {
        let Some(Outcome { consumed, output }) = outcome else { return chunk.text };
        let rest = chunk.text.split_off(consumed);
        if let Some(Block::Prose { held, .. } | Block::ToolArgs { held, .. }) =
            self.blocks.get_mut(&chunk.index)
        {
            *held = rest;
        }
        output.unwrap_or(chunk.text)
    }
}

impl Block {
    /// Puts new text behind what is held.
    fn feed(&mut self, delta: Delta, plan: &mut Plan) {
        let Delta { index, text } = delta;
        match self {
            Self::Prose { kind, held } => plan.text(index, *kind, held, text),
            Self::ToolArgs { lexer, held } => plan.pieces(index, lexer.feed(&text), held),
        }
    }

    fn end(self, index: u32, plan: &mut Plan) {
        match self {
            Self::Prose { kind, mut held } => plan.end(index, kind, &mut held, String::new()),
            Self::ToolArgs { mut lexer, mut held } => plan.pieces(index, lexer.end(), &mut held),
        }
    }
}

/// The batch that is being made, and the chunks for the one call that it needs.
#[derive(Default)]
struct Plan {
    slots: Vec<Slot>,
    chunks: Vec<Chunk>,
}

impl Plan {
    /// More text, joined with what arrived together with it.
    fn text(&mut self, index: u32, kind: TextKind, held: &mut String, text: String) {
        if let Some(chunk) = self.open(index, kind) {
            chunk.text.push_str(&text);
        } else if !(held.is_empty() && text.is_empty()) {
            self.push(Chunk { index, kind, text: joined(held, text), last: false });
        }
    }

    /// The end of a block or string value.
    fn end(&mut self, index: u32, kind: TextKind, held: &mut String, text: String) {
        if let Some(chunk) = self.open(index, kind) {
            chunk.text.push_str(&text);
            chunk.last = true;
        } else {
            self.push(Chunk { index, kind, text: joined(held, text), last: true });
        }
    }

    fn pieces(&mut self, index: u32, pieces: Vec<Piece>, held: &mut String) {
        for piece in pieces {
            match piece {
                Piece::Raw(text) => self.slots.push(Slot::Raw { index, text }),
                Piece::Text { text, last: false } => self.text(index, TextKind::ToolArgs, held, text),
                Piece::Text { text, last: true } => self.end(index, TextKind::ToolArgs, held, text),
            }
        }
    }

    /// The chunk that more text of the block may still join.
    fn open(&mut self, index: u32, kind: TextKind) -> Option<&mut Chunk> {
        let newest = self.chunks.iter_mut().rev().find(|chunk| chunk.index == index && chunk.kind == kind);
        newest.filter(|chunk| !chunk.last)
    }

    fn push(&mut self, chunk: Chunk) {
        self.slots.push(Slot::Chunk);
        self.chunks.push(chunk);
    }
}

impl Slot {
    fn into_event(self) -> Option<Event> {
        match self {
            Self::Event(event) => Some(event),
            Self::Raw { index, text } => Some(Event::Delta(Delta { index, text })),
            Self::Chunk => None,
        }
    }
}

fn joined(held: &mut String, text: String) -> String {
    if held.is_empty() {
        return text;
    }
    let mut whole = std::mem::take(held);
    whole.push_str(&text);
    whole
}

/// Adds text to a batch, to the delta before it where that is the same block's.
fn append(batch: &mut Batch, index: u32, text: String) {
    match batch.last_mut() {
        _ if text.is_empty() => {}
        Some(Event::Delta(delta)) if delta.index == index => delta.text.push_str(&text),
        _ => batch.push(Event::Delta(Delta { index, text })),
    }
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
