//! The store in one SQLite file, `adit.db` in the data folder.
//!
//! Requests read on a connection of their own, inline: in WAL mode a reader waits for no writer,
//! and a key that has not changed is not even read (see [`reader`]). Writes go through a second
//! connection on a blocking thread. Several processes may use the file at once.

mod answers;
mod health;
mod meters;
mod open;
mod reader;
mod releases;
mod rows;
mod sessions;
mod teams;
mod thoughts;
mod values;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use super::{Blip, Edit, Key, KeyRecord, Keys, SeedRoot, Store, StoreError, StoredKey};
use crate::ids::KeyId;
use reader::Reader;

/// The keys in a SQLite file.
pub struct Sqlite {
    reader: Mutex<Reader>,
    writer: Arc<Mutex<Connection>>,
    /// For what plugins keep: their writes wait for nobody's, and nobody waits for theirs.
    values: Arc<Mutex<Connection>>,
    seed_root: SeedRoot,
}

impl Sqlite {
    /// Opens `adit.db` in the data folder. Makes both where they are not there yet, readable by
    /// this user alone, and brings the tables of an older Adit up to date. A file that is
    /// something else, or is from a newer Adit, is refused and left as it is. Blocks.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        let path = open::make_file(folder)?;
        let _turn = open::take_turn(folder)?;
        let mut writer = open::connect(&path)?;
        open::check(&writer, &path)?;
        open::migrate(&mut writer)?;
        let seed_root = rows::seed_root(&writer)?;
        let reader = Mutex::new(Reader::new(open::connect(&path)?));
        let values = Arc::new(Mutex::new(values::connect(&path)?));
        Ok(Self { reader, writer: Arc::new(Mutex::new(writer)), values, seed_root })
    }

    /// Runs one transaction on the second connection, away from the threads that serve requests.
    async fn transaction<T: Send + 'static>(
        &self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let writer = Arc::clone(&self.writer);
        let task = tokio::task::spawn_blocking(move || {
            let mut connection = lock(&writer);
            let transaction = connection.transaction_with_behavior(behavior)?;
            let outcome = work(&transaction)?;
            transaction.commit()?;
            Ok(outcome)
        });
        task.await.unwrap_or_else(|fault| Err(StoreError::Unavailable(Box::new(fault))))
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.transaction(TransactionBehavior::Deferred, work).await
    }

    async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.transaction(TransactionBehavior::Immediate, work).await
    }
}

#[async_trait]
impl Keys for Sqlite {
    async fn find(&self, id: &KeyId) -> Result<Option<Arc<StoredKey>>, StoreError> {
        lock(&self.reader).find(id)
    }

    async fn find_principal(&self, arn: &str, now: Timestamp) -> Result<Option<Arc<StoredKey>>, StoreError> {
        lock(&self.reader).find_principal(arn, now)
    }

    async fn list(&self) -> Result<Vec<Key>, StoreError> {
        let records = self.read(|transaction| rows::keys(transaction)).await?;
        Ok(records.into_iter().map(|record| record.key).collect())
    }

    async fn insert(&self, record: KeyRecord) -> Result<(), StoreError> {
        self.write(move |transaction| {
            check_team(transaction, &record.key)?;
            rows::insert_key(transaction, &record)
        })
        .await
    }

    async fn edit(&self, id: &KeyId, edit: Edit<KeyRecord>) -> Result<Key, StoreError> {
        let id = id.clone();
        self.write(move |transaction| {
            let mut record = rows::existing_key(transaction, &id)?;
            edit(&mut record)?;
            record.key.id = id;
            check_team(transaction, &record.key)?;
            rows::replace_key(transaction, &record)?;
            Ok(record.key)
        })
        .await
    }
}

impl Store for Sqlite {
    fn seed_root(&self) -> &SeedRoot {
        &self.seed_root
    }

    fn served_keys(self: Arc<Self>) -> Arc<dyn Keys> {
        Arc::new(Blip::new(self))
    }
}

fn check_team(connection: &Connection, key: &Key) -> Result<(), StoreError> {
    key.team.as_ref().map_or(Ok(()), |team| teams::existing(connection, team).map(drop))
}

/// A panic elsewhere does not close the store: a transaction that it left open was rolled back.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                Self::Damaged { detail: error.to_string() }
            }
            _ => Self::Unavailable(Box::new(error)),
        }
    }
}

#[cfg(test)]
mod tests;
