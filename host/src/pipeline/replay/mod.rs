//! What a model thought comes back to it, although the client sends nothing of it.
//!
//! A model that signs its thinking wants it back, unchanged, in front of the calls that followed
//! from it; Claude refuses the next turn otherwise. Chat Completions has no member for that, and its
//! clients send back no more than the id of each call. So the thinking travels in the id itself, or
//! is kept and found again by the id.
//!
//! What is kept is what the model said, before any text hook: the signature covers just that.

mod capsule;
mod seal;
mod thought;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, stream};

use super::Events;
use crate::chat::{Part, Request, ToolUse};
use crate::error::Failure;
use crate::ids::KeyId;
use crate::telemetry::Observation;

use capsule::Seal;
use seal::Sealer;
use thought::Thought;

/// Where thinking is between two turns.
#[derive(Clone)]
pub enum Replay {
    /// Nowhere: it is lost.
    Off,
    /// In the id of the call that followed, sealed with this secret.
    Capsule([u8; 32]),
    /// In a store, under the id of the call that followed.
    Store(Arc<dyn Thoughts>),
}

impl fmt::Debug for Replay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Off => "Off",
            Self::Capsule(_) => "Capsule",
            Self::Store(_) => "Store",
        })
    }
}

/// Keeps what models thought for a while.
#[async_trait]
pub trait Thoughts: Send + Sync {
    /// Keeps the thinking that led to a call.
    async fn keep(&self, key: &KeyId, tool_use_id: &str, thought: Vec<u8>) -> Result<(), Failure>;

    /// The thinking that led to each of these calls, by the id of the call, where it is still there.
    async fn find_all(&self, key: &KeyId, tool_use_ids: &[&str])
    -> Result<HashMap<String, Vec<u8>>, Failure>;
}

impl Replay {
    /// Puts thinking back in front of the calls that followed from it, and gives the calls their
    /// own ids again. A store that fails counts as one that holds nothing.
    pub(super) async fn restore(&self, key: &KeyId, request: &mut Request, told: &Observation) {
        let thoughts = match self {
            Self::Off => return,
            Self::Capsule(secret) => open_capsules(&Seal::new(secret, key), request),
            Self::Store(store) => look_up(&**store, key, request, told).await,
        };
        if !thoughts.is_empty() {
            put_back(request, thoughts);
        }
    }

    /// Keeps the thinking of an answer, as it passes. Only an answer that may hold calls is looked at.
    pub(super) fn keep(&self, key: &KeyId, request: &Request, events: Events, told: Observation) -> Events {
        if request.tools.is_empty() {
            return events;
        }
        let sealer = match self {
            Self::Off => return events,
            Self::Capsule(secret) => Sealer::capsules(Seal::new(secret, key)),
            Self::Store(store) => Sealer::store(Arc::clone(store), key.clone(), told),
        };
        stream::unfold((events, sealer), async |(mut events, mut sealer)| {
            let item = match events.next().await? {
                Ok(batch) => Ok(sealer.pass(batch).await),
                Err(failure) => Err(failure),
            };
            Some((item, (events, sealer)))
        })
        .boxed()
    }
}

/// The calls of the history, with their ids.
fn calls(request: &Request) -> impl Iterator<Item = &ToolUse> {
    request.messages.iter().flat_map(|message| &message.parts).filter_map(|part| match part {
        Part::ToolUse(call) => Some(call),
        _ => None,
    })
}

/// By the id that the client knows. Ids that are no capsule of ours stay what they are.
fn open_capsules(seal: &Seal, request: &Request) -> HashMap<String, Thought> {
    calls(request).filter_map(|call| Some((call.id.clone(), seal.open(&call.id)?))).collect()
}

async fn look_up(
    store: &dyn Thoughts,
    key: &KeyId,
    request: &Request,
    told: &Observation,
) -> HashMap<String, Thought> {
    let ids: Vec<&str> = calls(request).map(|call| call.id.as_str()).collect();
    if ids.is_empty() {
        return HashMap::new();
    }
    let found = store.find_all(key, &ids).await.unwrap_or_else(|failure| {
        told.store_failed();
        tracing::warn!(key = key.as_str(), %failure, "what a model thought cannot be looked up; it goes on without");
        HashMap::new()
    });
    found.into_iter().filter_map(|(id, bytes)| Some((id, Thought::read(&bytes)?))).collect()
}

/// What the model thought first stands at the front of its turn, whatever else came of it there;
/// what it thought between two calls stands between them.
fn put_back(request: &mut Request, thoughts: HashMap<String, Thought>) {
    let ids: HashMap<String, String> =
        thoughts.iter().map(|(known, thought)| (known.clone(), thought.tool_use_id.clone())).collect();
    let mut thoughts = thoughts;
    for message in &mut request.messages {
        let carries = |part: &Part| matches!(part, Part::ToolUse(call) if thoughts.contains_key(&call.id));
        if message.parts.iter().any(carries) {
            // What the client sent of it has passed its hands; this has not.
            message.parts.retain(|part| !matches!(part, Part::Reasoning(_) | Part::RedactedReasoning(_)));
            let mut parts = Vec::with_capacity(message.parts.len() + 1);
            let mut place = 0;
            for part in message.parts.drain(..) {
                if let Part::ToolUse(call) = &part
                    && let Some(thought) = thoughts.remove(&call.id)
                {
                    parts.splice(place..place, thought.blocks.into_iter().map(Part::from));
                }
                let is_call = matches!(part, Part::ToolUse(_));
                parts.push(part);
                if is_call {
                    place = parts.len();
                }
            }
            message.parts = parts;
        }
        for part in &mut message.parts {
            let id = match part {
                Part::ToolUse(call) => &mut call.id,
                Part::ToolResult(result) => &mut result.tool_use_id,
                _ => continue,
            };
            if let Some(own) = ids.get(id) {
                own.clone_into(id);
            }
        }
    }
}
