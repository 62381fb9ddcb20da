//! Keeps the answer of a model, if it is complete.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::{StreamExt, stream};
use jiff::Timestamp;

use super::super::Events;
use super::{CacheKey, CachedAnswer, Kept, ResponseCache, codec};
use crate::chat::{Batch, Event, StopReason};
use crate::error::Failure;
use crate::telemetry::Observation;

/// Of an answer that says more than this, in bytes, nothing is kept.
const MOST_BYTES: usize = 8 << 20;

/// Listens to an answer and keeps it.
pub(in super::super) struct Keeper {
    answers: Arc<dyn ResponseCache>,
    key: CacheKey,
    lifetime: Duration,
    heard: Arc<Mutex<Heard>>,
}

impl Keeper {
    pub(super) fn new(answers: Arc<dyn ResponseCache>, key: CacheKey, lifetime: Duration) -> Self {
        Self { answers, key, lifetime, heard: Arc::default() }
    }

    /// The same answer, heard as it passes.
    pub(in super::super) fn listen(&self, events: Events) -> Events {
        let heard = Arc::clone(&self.heard);
        stream::unfold((events, heard), async |(mut events, heard)| {
            let item = events.next().await;
            heard.lock().unwrap_or_else(PoisonError::into_inner).note(item.as_ref());
            Some((item?, (events, heard)))
        })
        .boxed()
    }

    /// Keeps what was heard, if that is a complete answer. Whatever fails is logged.
    pub(in super::super) async fn keep(self, told: &Observation) {
        let heard = std::mem::take(&mut *self.heard.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(batches) = heard.into_answer() else { return };
        let answer = CachedAnswer { body: codec::write(&batches), stored: Timestamp::now() };
        match self.answers.keep_answer(&self.key, answer, self.lifetime).await {
            Ok(Kept::Kept) => {}
            Ok(Kept::TooLarge) => tracing::debug!("an answer is too large for the response cache"),
            Err(failure) => {
                told.store_failed();
                tracing::warn!(%failure, "an answer is not kept in the response cache");
            }
        }
    }
}

/// What was heard of an answer.
#[derive(Default)]
struct Heard {
    batches: Vec<Batch>,
    bytes: usize,
    stage: Stage,
    has_stopped: bool,
    has_usage: bool,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Open,
    /// It came to its end.
    Over,
    /// It failed, or is too large or of no use.
    Spoiled,
}

impl Heard {
    fn note(&mut self, item: Option<&Result<Batch, Failure>>) {
        match (self.stage, item) {
            (Stage::Open, Some(Ok(batch))) => self.add(batch),
            (Stage::Open, None) => self.stage = Stage::Over,
            (_, Some(Err(_))) => self.spoil(),
            (Stage::Over | Stage::Spoiled, _) => {}
        }
    }

    fn add(&mut self, batch: &Batch) {
        for event in batch {
            match event {
                Event::MessageStop(reason) if is_an_end(reason) => self.has_stopped = true,
                Event::MessageStop(_) => return self.spoil(),
                Event::Usage(_) => self.has_usage = true,
                _ => {}
            }
        }
        self.bytes = self.bytes.saturating_add(batch.iter().map(size).sum());
        if self.bytes > MOST_BYTES {
            return self.spoil();
        }
        // An empty one only tells that the answer has begun.
        if !batch.is_empty() {
            self.batches.push(batch.clone());
        }
    }

    fn spoil(&mut self) {
        *self = Self { stage: Stage::Spoiled, ..Self::default() };
    }

    fn into_answer(self) -> Option<Vec<Batch>> {
        (self.stage == Stage::Over && self.has_stopped && self.has_usage).then_some(self.batches)
    }
}

/// Whether the same request would end in this way again. What a guardrail stops may pass when its rules change.
fn is_an_end(reason: &StopReason) -> bool {
    match reason {
        StopReason::EndTurn | StopReason::StopSequence | StopReason::ToolUse | StopReason::MaxTokens => true,
        StopReason::ContentFiltered | StopReason::Other(_) => false,
    }
}

fn size(event: &Event) -> usize {
    let text = match event {
        Event::Delta(delta) => delta.text.len(),
        Event::RedactedReasoning { data: text, .. } | Event::Signature { value: text, .. } => text.len(),
        _ => 0,
    };
    text.saturating_add(size_of::<Event>())
}
