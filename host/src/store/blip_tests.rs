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

    async fn find_principal(&self, arn: &str, now: Timestamp) -> Result<Option<Arc<StoredKey>>, StoreError> {
        if self.is_down.load(Ordering::SeqCst) {
            Err(StoreError::Locked)
        } else {
            self.keys.find_principal(arn, now).await
        }
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

#[tokio::test]
async fn so_is_a_caller_that_aws_has_authenticated() {
    const ARN: &str = "arn:aws:sts::123456789012:assumed-role/app/1";
    let folder = tempfile::tempdir().unwrap();
    let keys = Sqlite::open(folder.path()).unwrap();
    let now = Timestamp::now();
    let expires = Some(now + Duration::from_secs(10));
    let new = NewKey { expires, ..NewKey::named(KeyName::parse("a").unwrap()) };
    let id = keys.create(new).await.unwrap().1.id;
    let name = |record: &mut KeyRecord| {
        record.key.principals = [ARN.parse().unwrap()].into();
        Ok(())
    };
    keys.edit(&id, Box::new(name)).await.unwrap();
    let wobbly = Arc::new(Wobbly { keys, is_down: AtomicBool::new(false) });
    let blip = Blip::new(wobbly.clone());
    tokio::time::pause();
    assert!(blip.find_principal(ARN, now).await.unwrap().is_some());
    assert!(blip.find_principal("arn:aws:sts::123456789012:assumed-role/b/1", now).await.unwrap().is_none());

    wobbly.is_down.store(true, Ordering::SeqCst);
    tokio::time::advance(LIFETIME).await;
    assert_eq!(blip.find_principal(ARN, now).await.unwrap().unwrap().key.id, id);
    let over = now + Duration::from_secs(11);
    assert!(blip.find_principal(ARN, over).await.unwrap().is_none(), "the key has expired meanwhile");
    assert!(blip.find_principal("arn:aws:sts::123456789012:assumed-role/b/1", now).await.is_err());
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(blip.find_principal(ARN, now).await.is_err(), "30 s are over");
}
