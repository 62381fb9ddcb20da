//! What models thought, in rows that are gone after a while.

use std::collections::HashMap;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, params};

use super::super::StoreError;
use super::{Sqlite, lock};
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

    async fn find_all(
        &self,
        key: &KeyId,
        tool_use_ids: &[&str],
    ) -> Result<HashMap<String, Vec<u8>>, Failure> {
        Ok(find_all(lock(&self.reader).connection(), key, tool_use_ids, Timestamp::now())?)
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

/// The ids come as one JSON array, so that any number of them is one statement.
fn find_all(
    connection: &Connection,
    key: &KeyId,
    ids: &[&str],
    now: Timestamp,
) -> Result<HashMap<String, Vec<u8>>, StoreError> {
    let ids = serde_json::Value::from(ids).to_string();
    let mut statement = connection.prepare_cached(
        "SELECT tool_use_id, blocks FROM reasoning \
         WHERE key_id = ?1 AND tool_use_id IN (SELECT value FROM json_each(?2)) AND expires > ?3",
    )?;
    let rows = statement
        .query_map(params![key.as_str(), ids, now.as_millisecond()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use crate::store::{KeyName, Keys, NewKey};

    async fn store() -> (tempfile::TempDir, Sqlite, KeyId) {
        let folder = tempfile::tempdir().unwrap();
        let sqlite = Sqlite::open(folder.path()).unwrap();
        let (_, key) = sqlite.create(NewKey::named(KeyName::parse("k").unwrap())).await.unwrap();
        (folder, sqlite, key.id)
    }

    #[tokio::test]
    async fn finds_a_thought_by_its_key_and_call() {
        let (_folder, sqlite, key) = store().await;
        sqlite.keep(&key, "t1", b"thought".to_vec()).await.unwrap();
        sqlite.keep(&key, "t1", b"second".to_vec()).await.unwrap();
        let other = KeyId::parse("aaaaaaaaaa").unwrap();
        sqlite.keep(&key, "t'3\"", b"third".to_vec()).await.unwrap();
        let found = sqlite.find_all(&key, &["t1", "t2", "t'3\"", "t1"]).await.unwrap();
        let expected = [("t1", b"second".to_vec()), ("t'3\"", b"third".to_vec())];
        assert_eq!(found, expected.map(|(id, thought)| (id.to_owned(), thought)).into());
        assert!(sqlite.find_all(&key, &[]).await.unwrap().is_empty());
        assert!(sqlite.find_all(&other, &["t1"]).await.unwrap().is_empty());
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
                let before = find_all(transaction, &key, &["old"], now)?.len();
                let after = find_all(transaction, &key, &["old"], later)?.len();
                insert(transaction, &key, "new", b"x", later)?;
                let rows: i64 =
                    transaction.query_row("SELECT count(*) FROM reasoning", [], |row| row.get(0))?;
                Ok((before, after, rows))
            }
        });
        assert_eq!(found.await.unwrap(), (1, 0, 1));
    }
}
