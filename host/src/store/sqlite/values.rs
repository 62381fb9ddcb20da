//! What plugins keep beyond a request. A connection of its own, which gives up soon: a plugin that cannot
//! have its value now goes on without it.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::super::StoreError;
use super::{Sqlite, lock, open};
use crate::pipeline::{Space, ValueFault, Values};

/// How long one operation may take, waiting for others included.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long SQLite waits for another process that writes.
const BUSY: Duration = Duration::from_millis(200);

pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = open::connect(path)?;
    connection.busy_timeout(BUSY)?;
    // A power cut may take the last values, but never damages the file (<https://sqlite.org/pragma.html#pragma_synchronous>).
    connection.pragma_update(None, "synchronous", "normal")?;
    Ok(connection)
}

/// Why an operation was not done.
enum Undone {
    Quota(String),
    Store(StoreError),
    /// Its turn came when nobody waited for it any more.
    Late,
}

impl<E: Into<StoreError>> From<E> for Undone {
    fn from(error: E) -> Self {
        Self::Store(error.into())
    }
}

impl From<Undone> for ValueFault {
    fn from(undone: Undone) -> Self {
        match undone {
            Undone::Quota(why) => Self::Quota(why),
            Undone::Store(error) => Self::Unavailable(error.to_string()),
            Undone::Late => {
                Self::Unavailable(format!("the store took longer than {} ms", PATIENCE.as_millis()))
            }
        }
    }
}

impl Sqlite {
    /// Runs one transaction on the connection of values. One that has to wait too long is never begun.
    async fn with_values<T: Send + 'static>(
        &self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Undone> + Send + 'static,
    ) -> Result<T, ValueFault> {
        let values = Arc::clone(&self.values);
        let begun = Instant::now();
        let task = tokio::task::spawn_blocking(move || {
            let mut connection = lock(&values);
            if begun.elapsed() > PATIENCE {
                return Err(Undone::Late);
            }
            let transaction = connection.transaction_with_behavior(behavior)?;
            let outcome = work(&transaction)?;
            transaction.commit()?;
            Ok(outcome)
        });
        match tokio::time::timeout(PATIENCE, task).await {
            Ok(Ok(outcome)) => Ok(outcome?),
            Ok(Err(fault)) => Err(ValueFault::Unavailable(fault.to_string())),
            Err(_) => Err(Undone::Late.into()),
        }
    }
}

#[async_trait]
impl Values for Sqlite {
    async fn find(&self, space: &Space, key: &str) -> Result<Option<Vec<u8>>, ValueFault> {
        let place = Place::new(space, key);
        self.with_values(TransactionBehavior::Deferred, move |values| place.find(values, Timestamp::now()))
            .await
    }

    async fn set(
        &self,
        space: &Space,
        key: &str,
        value: Vec<u8>,
        lifetime: Option<Duration>,
    ) -> Result<(), ValueFault> {
        let place = Place::new(space, key);
        self.with_values(TransactionBehavior::Immediate, move |values| {
            let now = Timestamp::now();
            sweep(values, now)?;
            place.write(values, &value, end(now, lifetime))
        })
        .await
    }

    async fn delete(&self, space: &Space, key: &str) -> Result<(), ValueFault> {
        let place = Place::new(space, key);
        self.with_values(TransactionBehavior::Immediate, move |values| {
            sweep(values, Timestamp::now())?;
            place.delete(values)
        })
        .await
    }

    async fn increment(
        &self,
        space: &Space,
        key: &str,
        by: i64,
        lifetime: Option<Duration>,
    ) -> Result<i64, ValueFault> {
        let place = Place::new(space, key);
        self.with_values(TransactionBehavior::Immediate, move |values| {
            let now = Timestamp::now();
            sweep(values, now)?;
            place.increment(values, by, end(now, lifetime))
        })
        .await
    }
}

/// A row.
struct Place {
    plugin: String,
    tenant: String,
    key: String,
}

impl Place {
    fn new(space: &Space, key: &str) -> Self {
        Self { plugin: space.plugin.to_string(), tenant: space.tenant.to_string(), key: key.to_owned() }
    }

    fn find(&self, values: &Connection, now: Timestamp) -> Result<Option<Vec<u8>>, Undone> {
        let mut statement = values.prepare_cached(
            "SELECT value FROM plugin_value WHERE plugin = ?1 AND tenant = ?2 AND key = ?3 \
             AND (expires IS NULL OR expires > ?4)",
        )?;
        let found = statement
            .query_row(params![self.plugin, self.tenant, self.key, now.as_millisecond()], |row| row.get(0));
        Ok(found.optional()?)
    }

    /// Writes the row if the space then is still within its quota.
    fn write(&self, values: &Connection, value: &[u8], expires: Option<i64>) -> Result<(), Undone> {
        values
            .prepare_cached(
                "INSERT OR REPLACE INTO plugin_value (plugin, tenant, key, value, expires) VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![self.plugin, self.tenant, self.key, value, expires])?;
        let (keys, bytes): (i64, i64) = values
            .prepare_cached(
                "SELECT count(*), coalesce(sum(octet_length(key) + octet_length(value)), 0) FROM plugin_value \
                 WHERE plugin = ?1 AND tenant = ?2",
            )?
            .query_row([&self.plugin, &self.tenant], |row| Ok((row.get(0)?, row.get(1)?)))?;
        // The transaction ends with the error, so the row is not there.
        if keys > i64::from(Space::MAX_KEYS) {
            return Err(Undone::Quota(format!("there are {} keys already", Space::MAX_KEYS)));
        }
        if bytes > i64::from(Space::MAX_BYTES) {
            return Err(Undone::Quota(format!(
                "keys and values would be more than {} bytes",
                Space::MAX_BYTES
            )));
        }
        Ok(())
    }

    fn delete(&self, values: &Connection) -> Result<(), Undone> {
        values
            .prepare_cached("DELETE FROM plugin_value WHERE plugin = ?1 AND tenant = ?2 AND key = ?3")?
            .execute([&self.plugin, &self.tenant, &self.key])?;
        Ok(())
    }

    /// Within a transaction that writes, so nobody comes between. What has expired is swept already.
    fn increment(&self, values: &Connection, by: i64, expires: Option<i64>) -> Result<i64, Undone> {
        let mut statement = values.prepare_cached(
            "SELECT value, expires FROM plugin_value WHERE plugin = ?1 AND tenant = ?2 AND key = ?3",
        )?;
        let found: Option<(Vec<u8>, Option<i64>)> = statement
            .query_row([&self.plugin, &self.tenant, &self.key], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let number = found
            .and_then(|(value, expires)| Some((std::str::from_utf8(&value).ok()?.parse().ok()?, expires)));
        let (before, expires): (i64, _) = number.unwrap_or((0, expires));
        let sum = before.saturating_add(by);
        self.write(values, sum.to_string().as_bytes(), expires)?;
        Ok(sum)
    }
}

/// Removes what has expired, of whomever.
fn sweep(values: &Connection, now: Timestamp) -> Result<(), Undone> {
    values.prepare_cached("DELETE FROM plugin_value WHERE expires <= ?1")?.execute([now.as_millisecond()])?;
    Ok(())
}

fn end(now: Timestamp, lifetime: Option<Duration>) -> Option<i64> {
    lifetime.map(|lifetime| now.saturating_add(lifetime).unwrap_or(Timestamp::MAX).as_millisecond())
}

#[cfg(test)]
mod tests;
