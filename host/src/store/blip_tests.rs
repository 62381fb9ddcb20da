#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::store::{KeyName, NewKey, Sqlite};

/// A store that can be taken away.
struct Wobbly {
    keys: Sqlite,
    is_down: AtomicBool,
}

#[async_trait]
impl Keys for Wobbly {
    async fn find(&self, id: &KeyId) -> Result<Option<Arc<StoredKey>>, StoreError> {
        if self.is_down.load(Ordering::SeqCst) { Err(StoreError::Locked) } else { self.keys.find(id).await }
    }

    async fn find_principal(&self, _: &str, _: Timestamp) -> Result<Option<Arc<StoredKey>>, StoreError> {
        Err(StoreError::Locked)
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

#[tokio::test]
async fn a_key_that_was_just_found_is_served_while_the_store_is_down_and_not_for_long() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Sqlite::open(folder.path()).unwrap();
    let create = async |name| keys.create(NewKey::named(KeyName::parse(name).unwrap())).await.unwrap().1.id;
    let (known, never_asked) = (create("a").await, create("b").await);
    let wobbly = Arc::new(Wobbly { keys, is_down: AtomicBool::new(false) });
    let blip = Blip::new(wobbly.clone());
    tokio::time::pause();
    assert!(blip.find(&known).await.unwrap().is_some());
    let unknown = KeyId::parse("aaaaaaaaaa").unwrap();
    assert!(blip.find(&unknown).await.unwrap().is_none());

    wobbly.is_down.store(true, Ordering::SeqCst);
    for seconds in [0, 20, 10] {
        tokio::time::advance(Duration::from_secs(seconds)).await;
        assert_eq!(blip.find(&known).await.unwrap().unwrap().key.id, known);
        for id in [&never_asked, &unknown] {
            assert!(matches!(blip.find(id).await, Err(StoreError::Locked)));
        }
    }
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(blip.find(&known).await.is_err(), "30 s are over");

    wobbly.is_down.store(false, Ordering::SeqCst);
    assert!(blip.find(&known).await.unwrap().is_some());
    wobbly.is_down.store(true, Ordering::SeqCst);
    assert!(blip.find(&known).await.unwrap().is_some(), "the time begins anew");
}
