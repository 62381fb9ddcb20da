//! The store in one SQLite file, `adit.db` in the data folder.
//!
//! Requests read on a connection of their own, inline: in WAL mode a reader waits for no writer,
//! and a key that has not changed is not even read (see [`reader`]). Writes go through a second
//! connection on a blocking thread. Several processes may use the file at once.

mod chain;
mod enabled;
mod health;
mod open;
mod policy;
mod reader;
mod releases;
mod rollout;
mod rows;
mod thoughts;
mod values;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use super::{ApiKey, Key, KeyName, Keys, Label, Policy, Position, SeedRoot, StoreError, StoredKey};
use crate::enabled::EnabledPlugin;
use crate::ids::{KeyId, PluginName};
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

    async fn create(&self, name: KeyName, labels: Vec<Label>) -> Result<(ApiKey, Key), StoreError> {
        let api_key = ApiKey::generate()?;
        let key = Key {
            id: api_key.id().clone(),
            name,
            labels: sorted(labels)?,
            created: rows::time(Timestamp::now().as_millisecond())?,
            revoked: None,
            plugins: Vec::new(),
            policy: Policy::default(),
        };
        let stored = StoredKey::new(key.clone(), api_key.secret_hash().clone());
        self.write(move |transaction| rows::insert_key(transaction, &stored)).await?;
        Ok((api_key, key))
    }

    async fn list(&self) -> Result<Vec<Key>, StoreError> {
        self.read(|transaction| rows::keys(transaction)).await
    }

    async fn revoke(&self, id: &KeyId, at: Timestamp) -> Result<(), StoreError> {
        let id = id.clone();
        self.write(move |transaction| rows::revoke_key(transaction, &id, at)).await
    }

    async fn set_policy(&self, id: &KeyId, policy: Policy) -> Result<(), StoreError> {
        let id = id.clone();
        self.write(move |transaction| rows::replace_policy(transaction, &id, &policy)).await
    }

    async fn enable_plugin(
        &self,
        id: &KeyId,
        plugin: EnabledPlugin,
        position: Position,
    ) -> Result<(), StoreError> {
        let id = id.clone();
        self.write(move |transaction| {
            let mut plugins = rows::existing_key(transaction, &id)?.key.plugins;
            chain::enable(&mut plugins, plugin, &position).map_err(|plugin| not_enabled(&id, plugin))?;
            rows::replace_plugins(transaction, &id, &plugins)
        })
        .await
    }

    async fn disable_plugin(&self, id: &KeyId, plugin: &PluginName) -> Result<(), StoreError> {
        let (id, plugin) = (id.clone(), plugin.clone());
        self.write(move |transaction| {
            let mut plugins = rows::existing_key(transaction, &id)?.key.plugins;
            chain::disable(&mut plugins, &plugin).map_err(|plugin| not_enabled(&id, plugin))?;
            rows::replace_plugins(transaction, &id, &plugins)
        })
        .await
    }

    fn seed_root(&self) -> &SeedRoot {
        &self.seed_root
    }
}

/// A panic elsewhere does not close the store: a transaction that it left open was rolled back.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// By name, each name once.
fn sorted(mut labels: Vec<Label>) -> Result<Vec<Label>, StoreError> {
    labels.sort();
    let twice = labels.iter().zip(labels.iter().skip(1)).find(|(one, next)| one.name == next.name);
    match twice {
        Some((label, _)) => Err(StoreError::DuplicateLabel(label.name.clone())),
        None => Ok(labels),
    }
}

fn not_enabled(key: &KeyId, plugin: PluginName) -> StoreError {
    StoreError::NotEnabled { key: key.clone(), plugin }
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
