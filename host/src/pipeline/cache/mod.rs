//! The response cache: what a model said is said again to a request that is the same.
//!
//! An answer is kept as the model gave it, before any plugin of the answer, and these run whenever it is
//! found: what is put back into an answer, such as what was redacted in the prompt, is the caller's own.
//! A store that fails counts as one that holds nothing.

mod answers;
mod codec;
mod digest;
mod keeper;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use crate::chat::{Batch, Request};
use crate::metering::Scope;
use crate::telemetry::Observation;

pub use answers::{CacheKey, CachedAnswer, Kept, ResponseCache};
pub(super) use keeper::Keeper;

/// On which terms answers are kept for a request.
#[derive(Debug, Clone)]
pub struct CacheTerms {
    /// Who may get what is kept.
    pub scope: Scope,
    /// How long it is kept.
    pub lifetime: Duration,
    /// The answers to which requests are kept.
    pub requests: Cacheable,
    /// What the client wants.
    pub wish: CacheWish,
    /// Told what the cache has done.
    pub told: CacheNote,
}

/// The answers to which requests are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cacheable {
    /// To those that ask for no chance: temperature 0.
    Deterministic,
    /// To all.
    All,
}

impl Cacheable {
    fn allows(self, request: &Request) -> bool {
        match self {
            Self::Deterministic => request.sampling.temperature.is_some_and(|temperature| temperature == 0.0),
            Self::All => true,
        }
    }
}

/// What a client wants of the cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CacheWish {
    /// An answer that is kept, if there is one.
    #[default]
    Use,
    /// A new answer, which is kept in the place of the old one.
    Renew,
    /// A new answer, which is not kept.
    Bypass,
}

/// What the cache has done for a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheOutcome {
    /// It has answered.
    Hit {
        /// How long ago the model did.
        age: Duration,
    },
    /// It had no answer, and keeps the one that comes.
    Miss,
    /// Nothing.
    Bypass,
}

/// What the cache has done, once that is known; nothing, if it is off. Clones are the same thing.
#[derive(Debug, Clone, Default)]
pub struct CacheNote(Arc<Mutex<Option<CacheOutcome>>>);

impl CacheNote {
    /// As far as it is known.
    pub fn so_far(&self) -> Option<CacheOutcome> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, outcome: CacheOutcome) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }
}

/// What is there for a request.
pub(super) enum Found {
    /// An answer.
    Hit(Vec<Batch>),
    /// None; and who keeps the one that comes, if it is to be kept.
    Nothing(Option<Keeper>),
}

/// Looks for an answer to a request, as it is after the plugins; with the plugin, if one is its model's format.
pub(super) async fn look_up(
    answers: Option<&Arc<dyn ResponseCache>>,
    terms: Option<&CacheTerms>,
    request: &Request,
    format: Option<[u8; 32]>,
    told: &Observation,
) -> Found {
    let (Some(answers), Some(terms)) = (answers, terms) else { return Found::Nothing(None) };
    if terms.wish == CacheWish::Bypass || !terms.requests.allows(request) {
        terms.told.tell(CacheOutcome::Bypass);
        return Found::Nothing(None);
    }
    let key = CacheKey { scope: terms.scope.clone(), digest: digest::of(request, format) };
    if terms.wish == CacheWish::Use
        && let Some((age, batches)) = find(&**answers, &key, told).await
    {
        terms.told.tell(CacheOutcome::Hit { age });
        return Found::Hit(batches);
    }
    terms.told.tell(CacheOutcome::Miss);
    Found::Nothing(Some(Keeper::new(Arc::clone(answers), key, terms.lifetime)))
}

async fn find(
    answers: &dyn ResponseCache,
    key: &CacheKey,
    told: &Observation,
) -> Option<(Duration, Vec<Batch>)> {
    let now = Timestamp::now();
    let found = answers.find_answer(key, now).await.unwrap_or_else(|failure| {
        told.store_failed();
        tracing::warn!(%failure, "the response cache cannot be looked at; the model is asked");
        None
    });
    let CachedAnswer { body, stored } = found?;
    match codec::read(&body) {
        Ok(batches) => {
            // None below zero, which another machine's clock may cause.
            let age = Duration::try_from(now.duration_since(stored)).unwrap_or_default();
            Some((age, batches))
        }
        Err(fault) => {
            // Of a fault, where it is: its text may hold some of the answer.
            let (line, column) = (fault.line(), fault.column());
            tracing::warn!(line, column, "an answer that is kept cannot be read; the model is asked");
            None
        }
    }
}

#[cfg(test)]
mod tests;
