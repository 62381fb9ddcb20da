use std::collections::HashMap;
use std::sync::Arc;

use super::Thoughts;
use super::capsule::Seal;
use super::thought::{Block, Thought};
use crate::chat::{Batch, BlockKind, Event};
use crate::ids::KeyId;
use crate::telemetry::Observation;

/// Collects the thinking of one answer, and keeps it at the calls that follow.
pub(super) struct Sealer {
    place: Place,
    /// Blocks of thinking that have begun and not ended.
    open: HashMap<u32, Open>,
    /// What was thought since the last call.
    blocks: Vec<Block>,
}

enum Place {
    Capsule(Seal),
    Store(Arc<dyn Thoughts>, KeyId, Observation),
}

#[derive(Default)]
struct Open {
    text: String,
    signature: String,
    redacted: Vec<String>,
}

impl Sealer {
    pub(super) fn capsules(seal: Seal) -> Self {
        Self { place: Place::Capsule(seal), open: HashMap::new(), blocks: Vec::new() }
    }

    pub(super) fn store(store: Arc<dyn Thoughts>, key: KeyId, told: Observation) -> Self {
        Self { place: Place::Store(store, key, told), open: HashMap::new(), blocks: Vec::new() }
    }

    /// A batch with the ids that the client will know.
    pub(super) async fn pass(&mut self, mut batch: Batch) -> Batch {
        for event in &mut batch {
            match event {
                Event::BlockStart(start) => match &mut start.kind {
                    BlockKind::Reasoning => {
                        self.open.insert(start.index, Open::default());
                    }
                    BlockKind::ToolUse { id, .. } if !self.blocks.is_empty() => {
                        let blocks = std::mem::take(&mut self.blocks);
                        self.keep(id, blocks).await;
                    }
                    BlockKind::ToolUse { .. } | BlockKind::Text => {}
                },
                Event::Delta(delta) => {
                    if let Some(open) = self.open.get_mut(&delta.index) {
                        open.text.push_str(&delta.text);
                    }
                }
                Event::Signature { index, value } => {
                    if let Some(open) = self.open.get_mut(index) {
                        open.signature.push_str(value);
                    }
                }
                Event::RedactedReasoning { index, data } => {
                    if let Some(open) = self.open.get_mut(index) {
                        open.redacted.push(data.clone());
                    }
                }
                Event::BlockStop(index) => {
                    if let Some(open) = self.open.remove(index) {
                        self.blocks.extend(open.into_blocks());
                    }
                }
                Event::MessageStop(_) | Event::Usage(_) => {}
            }
        }
        batch
    }

    /// An answer goes on if its thinking cannot be kept.
    async fn keep(&self, id: &mut String, blocks: Vec<Block>) {
        let thought = Thought { tool_use_id: id.clone(), blocks };
        match &self.place {
            Place::Capsule(seal) => {
                if let Some(capsule) = seal.close(&thought) {
                    *id = capsule;
                } else {
                    tracing::debug!("the model thought too long for an id; it will not come back");
                }
            }
            Place::Store(store, key, told) => {
                if let Err(failure) = store.keep(key, id, thought.write()).await {
                    told.store_failed();
                    tracing::warn!(key = key.as_str(), %failure, "what a model thought cannot be kept; it will not come back");
                }
            }
        }
    }
}

impl Open {
    /// Thinking without a signature is not taken back, so it is not kept.
    fn into_blocks(self) -> impl Iterator<Item = Block> {
        let signed = (!self.signature.is_empty()).then_some(Block::Text(self.text, self.signature));
        signed.into_iter().chain(self.redacted.into_iter().map(Block::Redacted))
    }
}
