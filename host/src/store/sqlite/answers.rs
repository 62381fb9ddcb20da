//! Answers that are kept, in rows.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::rows::time;
use super::{Sqlite, meters};
use crate::error::Failure;
use crate::metering::Scope;
use crate::pipeline::{CacheKey, CachedAnswer, Kept, ResponseCache};

/// The largest answer that is kept, in bytes: what a client waits for longer than for the model is no
/// gain.
const MOST_BYTES: usize = 16 << 20;

#[async_trait]
impl ResponseCache for Sqlite {
    async fn find_answer(&self, key: &CacheKey, now: Timestamp) -> Result<Option<CachedAnswer>, Failure> {
        let (scope, digest) = (meters::text(&key.scope), key.digest);
        let found = self.read(move |transaction| {
            let found = transaction
                .prepare_cached(
                    "SELECT body, stored FROM answer WHERE scope = ?1 AND digest = ?2 AND expires > ?3",
                )?
                .query_row(params![scope, digest, now.as_millisecond()], |row| Ok((row.get(0)?, row.get(1)?)))
                .optional()?;
            found.map(|(body, stored)| Ok(CachedAnswer { body, stored: time(stored)? })).transpose()
        });
        Ok(found.await?)
    }

    async fn keep_answer(
        &self,
        key: &CacheKey,
        answer: CachedAnswer,
        lifetime: Duration,
    ) -> Result<Kept, Failure> {
        if answer.body.len() > MOST_BYTES {
            return Ok(Kept::TooLarge);
        }
        let (scope, digest) = (meters::text(&key.scope), key.digest);
        let kept = self.write(move |transaction| {
            transaction
                .prepare_cached("DELETE FROM answer WHERE expires <= ?1")?
                .execute([answer.stored.as_millisecond()])?;
            let expires = answer.stored.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
            transaction
                .prepare_cached(
                    "INSERT OR REPLACE INTO answer (scope, digest, body, stored, expires) \
                     VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![
                    scope,
                    digest,
                    answer.body,
                    answer.stored.as_millisecond(),
                    expires.as_millisecond()
                ])?;
            Ok(Kept::Kept)
        });
        Ok(kept.await?)
    }

    async fn purge_answers(&self, scope: &Scope) -> Result<u64, Failure> {
        let scope = meters::text(scope);
        let removed = self.write(move |transaction| {
            Ok(transaction.execute("DELETE FROM answer WHERE scope = ?1", [scope])?)
        });
        Ok(u64::try_from(removed.await?).unwrap_or(u64::MAX))
    }
}
