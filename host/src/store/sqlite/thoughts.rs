//! What models thought, in rows that are gone after a while.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

use super::super::StoreError;
use super::Sqlite;
use crate::error::Failure;
use crate::ids::KeyId;
use crate::pipeline::Thoughts;

/// How long a thought waits for the call's result: longer than most tools take, shorter than most
/// conversations are remembered.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 7);

#[async_trait]
impl Thoughts for Sqlite {
    async fn keep(&self, key: &KeyId, tool_use_id: &str, thought: Vec<u8>) -> Result<(), Failure> {
        let (key, id, now) = (key.clone(), tool_use_id.to_owned(), Timestamp::now());
        Ok(self.write(move |transaction| insert(transaction, &key, &id, &thought, now)).await?)
    }

    async fn find(&self, key: &KeyId, tool_use_id: &str) -> Result<Option<Vec<u8>>, Failure> {
        let (key, id, now) = (key.clone(), tool_use_id.to_owned(), Timestamp::now());
        Ok(self.read(move |transaction| find(transaction, &key, &id, now)).await?)
    }
}

fn insert(
    connection: &Connection,
    key: &KeyId,
    id: &str,
    thought: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM reasoning WHERE expires <= ?1")?
        .execute([now.as_millisecond()])?;
    let expires = now.saturating_add(LIFETIME).unwrap_or(Timestamp::MAX);
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO reasoning (key_id, tool_use_id, blocks, expires) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![key.as_str(), id, thought, expires.as_millisecond()])?;
    Ok(())
}

fn find(
    connection: &Connection,
    key: &KeyId,
    id: &str,
    now: Timestamp,
) -> Result<Option<Vec<u8>>, StoreError> {
    let found = connection
        .prepare_cached(
            "SELECT blocks FROM reasoning WHERE key_id = ?1 AND tool_use_id = ?2 AND expires > ?3",
        )?
        .query_row(params![key.as_str(), id, now.as_millisecond()], |row| row.get(0))
        .optional()?;
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use crate::store::{KeyName, Keys};

    async fn store() -> (tempfile::TempDir, Sqlite, KeyId) {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(folder.path()).unwrap();
        let (_, key) = sqlite.create(KeyName::parse("k").unwrap(), Vec::new()).await.unwrap();
        (folder, sqlite, key.id)
    }

    #[tokio::test]
    async fn finds_a_thought_by_its_key_and_call() {
        let (_folder, sqlite, key) = store().await;
        sqlite.keep(&key, "t1", b"thought".to_vec()).await.unwrap();
        sqlite.keep(&key, "t1", b"second".to_vec()).await.unwrap();
        let other = KeyId::parse("aaaaaaaaaa").unwrap();
        assert_eq!(Thoughts::find(&sqlite, &key, "t1").await.unwrap().as_deref(), Some(&b"second"[..]));
        assert_eq!(Thoughts::find(&sqlite, &key, "t2").await.unwrap(), None);
        assert_eq!(Thoughts::find(&sqlite, &other, "t1").await.unwrap(), None);
    }

    #[tokio::test]
    async fn forgets_a_thought_in_time() {
        let (_folder, sqlite, key) = store().await;
        let now = Timestamp::now();
        let later = now + LIFETIME;
        let found = sqlite.write({
            let key = key.clone();
            move |transaction| {
                insert(transaction, &key, "old", b"x", now)?;
                let before = find(transaction, &key, "old", now)?.is_some();
                let after = find(transaction, &key, "old", later)?.is_some();
                insert(transaction, &key, "new", b"x", later)?;
                let rows: i64 =
                    transaction.query_row("SELECT count(*) FROM reasoning", [], |row| row.get(0))?;
                Ok((before, after, rows))
            }
        });
        assert_eq!(found.await.unwrap(), (true, false, 1));
    }
}
