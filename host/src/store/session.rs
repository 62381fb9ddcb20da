//! Sessions: a little data under an id, gone when nobody has asked for it for a while.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;
use crate::ids::KeyId;

/// A session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id: 128 random bits or more, in visible ASCII characters.
    pub id: String,
    /// The key that made it. No other one finds it.
    pub key: KeyId,
    /// What is kept, at most [`Session::MAX_BYTES`].
    pub data: Vec<u8>,
}

impl Session {
    /// The most that a session keeps, in bytes: what one item of DynamoDB holds, less some.
    pub const MAX_BYTES: usize = 350 << 10;

    /// Whether it can be kept: [`StoreError::SessionTooLarge`] if not.
    pub(super) fn check_size(&self) -> Result<(), StoreError> {
        if self.data.len() > Self::MAX_BYTES { Err(StoreError::SessionTooLarge) } else { Ok(()) }
    }
}

/// Keeps sessions.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Keeps a session so long, in the place of one of the same id and key. A session of another key is
    /// not touched: [`StoreError::ForeignSession`]. One that is too large changes nothing.
    async fn keep_session(
        &self,
        session: &Session,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<(), StoreError>;

    /// The session of a key, which then lives so long again.
    async fn find_session(
        &self,
        key: &KeyId,
        id: &str,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<Option<Session>, StoreError>;

    /// Ends a session of a key. Says whether there was one.
    async fn end_session(&self, key: &KeyId, id: &str, now: Timestamp) -> Result<bool, StoreError>;
}
