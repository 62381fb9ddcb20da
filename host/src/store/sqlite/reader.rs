//! Finding a key on every request, for the price of asking SQLite whether anything changed.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::Connection;

use super::super::{StoreError, StoredKey};
use super::{rollout, rows};
use crate::ids::KeyId;

/// A connection that only reads, with the keys that it has read since the last change of any key.
///
/// `PRAGMA data_version` gives another number after a commit of any other connection, in this
/// process or in another one (<https://www.sqlite.org/pragma.html#pragma_data_version>). It looks
/// into shared memory and reads no page. Because no write goes through this connection, keys in memory
/// are still true while the number stays. When it does not, the commit may have been about something
/// else, such as what plugins did: the revision of the keys, one row, says whether it was.
pub(super) struct Reader {
    connection: Connection,
    data_version: Option<i64>,
    key_revision: Option<i64>,
    keys: HashMap<KeyId, Arc<StoredKey>>,
}

impl Reader {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, data_version: None, key_revision: None, keys: HashMap::new() }
    }

    /// To read something else. Whoever writes through it breaks the promise above.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// A key as it is served: the plugins have the releases that are rolled out to it. Only keys that
    /// exist are kept in memory: made-up ids do not fill it.
    pub(super) fn find(&mut self, id: &KeyId) -> Result<Option<Arc<StoredKey>>, StoreError> {
        let data_version = self
            .connection
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get::<_, i64>(0))?;
        if self.data_version != Some(data_version) {
            let key_revision = rows::key_revision(&self.connection)?;
            if self.key_revision != Some(key_revision) {
                self.keys.clear();
                self.key_revision = Some(key_revision);
            }
            // Last: after an error all is asked again.
            self.data_version = Some(data_version);
        }
        if let Some(key) = self.keys.get(id) {
            return Ok(Some(Arc::clone(key)));
        }
        // One transaction, so that a key and its plugins are of the same moment. A change that
        // comes between the two questions is read now and asked for once more at the next find.
        let transaction = self.connection.transaction()?;
        let mut found = rows::find_key(&transaction, id)?;
        if let Some(stored) = &mut found {
            for rollout in rollout::all(&transaction)? {
                rollout.apply(id, &mut stored.key.plugins);
            }
        }
        let found = found.map(Arc::new);
        transaction.commit()?;
        if let Some(key) = &found {
            self.keys.insert(id.clone(), Arc::clone(key));
        }
        Ok(found)
    }
}
