//! Finding a key on every request, for the price of asking SQLite whether anything changed.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use rusqlite::Connection;

use super::super::{Principals, StoreError, StoredKey};
use super::{releases, rows, teams};
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
    principals: Option<Principals>,
}

impl Reader {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, data_version: None, key_revision: None, keys: HashMap::new(), principals: None }
    }

    /// To read something else. Whoever writes through it breaks the promise above.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// A key as it is served. Only keys that exist are kept in memory: made-up ids do not fill it.
    pub(super) fn find(&mut self, id: &KeyId) -> Result<Option<Arc<StoredKey>>, StoreError> {
        self.forget_what_changed()?;
        if let Some(key) = self.keys.get(id) {
            return Ok(Some(Arc::clone(key)));
        }
        // One transaction, so that a key and its plugins are of the same moment. A change that
        // comes between the two questions is read now and asked for once more at the next find.
        let transaction = self.connection.transaction()?;
        let found = match rows::find_key(&transaction, id)? {
            None => None,
            Some(record) => {
                let team = record.key.team.as_ref().map(|team| teams::find(&transaction, team));
                let team = team.transpose()?.flatten();
                Some(Arc::new(StoredKey::new(record, team.as_ref(), &releases::all(&transaction)?)))
            }
        };
        transaction.commit()?;
        if let Some(key) = &found {
            self.keys.insert(id.clone(), Arc::clone(key));
        }
        Ok(found)
    }

    /// The key that a principal counts as.
    pub(super) fn find_principal(
        &mut self,
        arn: &str,
        now: Timestamp,
    ) -> Result<Option<Arc<StoredKey>>, StoreError> {
        self.forget_what_changed()?;
        if self.principals.is_none() {
            let transaction = self.connection.transaction()?;
            let keys = rows::keys(&transaction)?.into_iter().map(|record| record.key);
            self.principals = Some(Principals::of(keys));
            transaction.commit()?;
        }
        let id = self.principals.as_ref().and_then(|principals| principals.find(arn, now)).cloned();
        id.map_or(Ok(None), |id| self.find(&id))
    }

    fn forget_what_changed(&mut self) -> Result<(), StoreError> {
        let data_version = self
            .connection
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get::<_, i64>(0))?;
        if self.data_version != Some(data_version) {
            let key_revision = rows::key_revision(&self.connection)?;
            if self.key_revision != Some(key_revision) {
                self.keys.clear();
                self.principals = None;
                self.key_revision = Some(key_revision);
            }
            // Last: after an error all is asked again.
            self.data_version = Some(data_version);
        }
        Ok(())
    }
}
