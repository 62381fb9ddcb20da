//! Sessions, in rows.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

use super::super::{Session, Sessions, StoreError};
use super::Sqlite;
use crate::ids::KeyId;

#[async_trait]
impl Sessions for Sqlite {
    async fn keep_session(
        &self,
        session: &Session,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<(), StoreError> {
        session.check_size()?;
        let (session, expires) = (session.clone(), end(now, lifetime));
        self.write(move |transaction| {
            transaction
                .prepare_cached("DELETE FROM session WHERE expires <= ?1")?
                .execute([now.as_millisecond()])?;
            let written = transaction
                .prepare_cached(
                    "INSERT INTO session (id, key, data, expires) VALUES (?1, ?2, ?3, ?4) \
                     ON CONFLICT (id) DO UPDATE SET data = excluded.data, expires = excluded.expires \
                     WHERE key = excluded.key",
                )?
                .execute(params![session.id, session.key.as_str(), session.data, expires])?;
            if written == 0 { Err(StoreError::ForeignSession) } else { Ok(()) }
        })
        .await
    }

    async fn find_session(
        &self,
        key: &KeyId,
        id: &str,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<Option<Session>, StoreError> {
        let (key, id, expires) = (key.clone(), id.to_owned(), end(now, lifetime));
        self.write(move |transaction| {
            let data = transaction
                .prepare_cached(
                    "UPDATE session SET expires = ?4 WHERE id = ?1 AND key = ?2 AND expires > ?3 RETURNING data",
                )?
                .query_row(params![id, key.as_str(), now.as_millisecond(), expires], |row| row.get(0))
                .optional()?;
            Ok(data.map(|data| Session { id, key, data }))
        })
        .await
    }

    async fn end_session(&self, key: &KeyId, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        let (key, id) = (key.clone(), id.to_owned());
        self.write(move |transaction| {
            let live: Option<bool> = transaction
                .prepare_cached("DELETE FROM session WHERE id = ?1 AND key = ?2 RETURNING expires > ?3")?
                .query_row(params![id, key.as_str(), now.as_millisecond()], |row| row.get(0))
                .optional()?;
            Ok(live.unwrap_or(false))
        })
        .await
    }
}

fn end(now: Timestamp, lifetime: Duration) -> i64 {
    now.saturating_add(lifetime).unwrap_or(Timestamp::MAX).as_millisecond()
}
