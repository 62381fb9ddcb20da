//! Rides out a store that is down for a moment: keys that were found shortly before are served on.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use tokio::time::Instant;

use super::{Edit, Key, KeyRecord, Keys, StoreError, StoredKey, Verification};
use crate::ids::KeyId;

/// How long a key is served that cannot be looked up again.
const LIFETIME: Duration = Duration::from_secs(30);

/// As many keys are remembered, and more only while they are all in use.
const MOST: usize = 4096;

/// Keys, with those in mind that were found in the last 30 s. A key that was never found, or is not there
/// any more, is not served; nor is any without a word from the store for longer than that.
pub struct Blip {
    keys: Arc<dyn Keys>,
    by_id: Recent<KeyId>,
    by_principal: Recent<String>,
}

impl Blip {
    /// In front of these keys.
    pub fn new(keys: Arc<dyn Keys>) -> Self {
        Self { keys, by_id: Recent::default(), by_principal: Recent::default() }
    }
}

/// Keys, by what they were asked for with.
struct Recent<N>(Mutex<HashMap<N, Found>>);

struct Found {
    at: Instant,
    key: Arc<StoredKey>,
}

impl Found {
    fn is_fresh(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.at) <= LIFETIME
    }
}

impl<N> Default for Recent<N> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<N: Hash + Eq + Clone> Recent<N> {
    /// Notes what the store has answered. When it has not, the answer is what was found before, if that is
    /// not long ago.
    fn ride_out<B>(
        &self,
        name: &B,
        answer: Result<Option<Arc<StoredKey>>, StoreError>,
    ) -> Result<Option<Arc<StoredKey>>, StoreError>
    where
        B: Hash + Eq + ToOwned<Owned = N> + ?Sized,
        N: Borrow<B>,
    {
        let now = Instant::now();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &answer {
            Ok(Some(key)) => {
                if all.len() >= MOST && !all.contains_key(name) {
                    all.retain(|_, found| found.is_fresh(now));
                }
                all.insert(name.to_owned(), Found { at: now, key: Arc::clone(key) });
            }
            Ok(None) => drop(all.remove(name)),
            Err(fault) => {
                if let Some(found) = all.get(name).filter(|found| found.is_fresh(now)) {
                    let key = found.key.key.id.as_str();
                    tracing::warn!(key, %fault, "a key cannot be looked up, and is served as it was");
                    return Ok(Some(Arc::clone(&found.key)));
                }
            }
        }
        answer
    }
}

#[async_trait]
impl Keys for Blip {
    async fn find(&self, id: &KeyId) -> Result<Option<Arc<StoredKey>>, StoreError> {
        self.by_id.ride_out(id, self.keys.find(id).await)
    }

    async fn find_principal(&self, arn: &str, now: Timestamp) -> Result<Option<Arc<StoredKey>>, StoreError> {
        let found = self.by_principal.ride_out(arn, self.keys.find_principal(arn, now).await)?;
        // One whose time is over meanwhile is not valid any more.
        Ok(found.filter(|key| key.key.validity(now) == Verification::Verified))
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
