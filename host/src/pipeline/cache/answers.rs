//! Where answers are kept.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::error::Failure;
use crate::metering::Scope;

/// Whose answer, and to what.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CacheKey {
    /// Who may get it.
    pub scope: Scope,
    /// The SHA-256 of the request, as it is after the request plugins.
    pub digest: [u8; 32],
}

/// An answer that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedAnswer {
    /// What the model said, before any response plugin.
    pub body: Vec<u8>,
    /// When, to the millisecond.
    pub stored: Timestamp,
}

/// Whether an answer was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is.
    Kept,
    /// It is larger than the store takes.
    TooLarge,
}

/// Keeps answers.
#[async_trait]
pub trait ResponseCache: Send + Sync {
    /// The answer that is kept and not over.
    async fn find_answer(&self, key: &CacheKey, now: Timestamp) -> Result<Option<CachedAnswer>, Failure>;

    /// Keeps an answer so long, in the place of one that is there.
    async fn keep_answer(
        &self,
        key: &CacheKey,
        answer: CachedAnswer,
        lifetime: Duration,
    ) -> Result<Kept, Failure>;

    /// Forgets all answers of a scope. Says how many there were.
    async fn purge_answers(&self, scope: &Scope) -> Result<u64, Failure>;
}
