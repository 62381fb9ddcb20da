//! Rides out a store that is down for a moment: keys that were found shortly before are served on.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::time::Instant;

use super::{Edit, Key, KeyRecord, Keys, StoreError, StoredKey};
use crate::ids::KeyId;

/// How long a key is served that cannot be looked up again.
const LIFETIME: Duration = Duration::from_secs(30);

/// As many keys are remembered, and more only while they are all in use.
const MOST: usize = 4096;

/// Keys, with those in mind that were found in the last 30 s. A key that was never found, or is not there
/// any more, is not served; nor is any without a word from the store for longer than that.
pub struct Blip {
    keys: Arc<dyn Keys>,
    found: Mutex<HashMap<KeyId, Found>>,
}

struct Found {
    at: Instant,
    key: Arc<StoredKey>,
}

impl Found {
    fn is_fresh(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.at) <= LIFETIME
    }
}

impl Blip {
    /// In front of these keys.
    pub fn new(keys: Arc<dyn Keys>) -> Self {
        Self { keys, found: Mutex::default() }
    }

    fn remember(&self, key: &Arc<StoredKey>) {
        let now = Instant::now();
        let mut found = self.found();
        if found.len() >= MOST && !found.contains_key(&key.key.id) {
            found.retain(|_, found| found.is_fresh(now));
        }
        found.insert(key.key.id.clone(), Found { at: now, key: Arc::clone(key) });
    }

    fn recall(&self, id: &KeyId) -> Option<Arc<StoredKey>> {
        let now = Instant::now();
        let found = self.found();
        found.get(id).filter(|found| found.is_fresh(now)).map(|found| Arc::clone(&found.key))
    }

    fn found(&self) -> MutexGuard<'_, HashMap<KeyId, Found>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Keys for Blip {
    async fn find(&self, id: &KeyId) -> Result<Option<Arc<StoredKey>>, StoreError> {
        match self.keys.find(id).await {
            Ok(Some(key)) => {
                self.remember(&key);
                Ok(Some(key))
            }
            Ok(None) => {
                self.found().remove(id);
                Ok(None)
            }
            Err(fault) => {
                let Some(known) = self.recall(id) else { return Err(fault) };
                tracing::warn!(key = id.as_str(), %fault, "a key cannot be looked up, and is served as it was");
                Ok(Some(known))
            }
        }
    }

    async fn find_principal(&self, arn: &str, now: Timestamp) -> Result<Option<Arc<StoredKey>>, StoreError> {
        self.keys.find_principal(arn, now).await
    }

    async fn list(&self) -> Result<Vec<Key>, StoreError> {
        self.keys.list().await
    }

    async fn insert(&self, record: KeyRecord) -> Result<(), StoreError> {
        self.keys.insert(record).await
    }

    async fn edit(&self, id: &KeyId, edit: Edit<KeyRecord>) -> Result<Key, StoreError> {
        self.keys.edit(id, edit).await
    }
}

#[cfg(test)]
#[path = "blip_tests.rs"]
mod tests;
