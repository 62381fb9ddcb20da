#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use tempfile::TempDir;

use super::*;
use crate::ids::{KeyId, PluginName};
use crate::pipeline::Tenant;

fn store() -> (TempDir, Sqlite) {
    let folder = TempDir::new().unwrap();
    let sqlite = Sqlite::open(folder.path()).unwrap();
    (folder, sqlite)
}

fn space(plugin: &str, tenant: Tenant) -> Space {
    Space { plugin: PluginName::parse(plugin).unwrap(), tenant }
}

fn of_label(tenant: &str) -> Space {
    space("keep", Tenant::Label(tenant.to_owned()))
}

const DAY: Option<Duration> = Some(Duration::from_hours(24));

#[tokio::test]
async fn a_value_is_there_until_it_is_deleted() {
    let (folder, store) = store();
    let space = of_label("a");
    assert_eq!(store.find(&space, "k").await, Ok(None));
    store.set(&space, "k", vec![0, 255], None).await.unwrap();
    assert_eq!(Sqlite::open(folder.path()).unwrap().find(&space, "k").await, Ok(Some(vec![0, 255])));
    store.set(&space, "k", Vec::new(), None).await.unwrap();
    assert_eq!(store.find(&space, "k").await, Ok(Some(Vec::new())));
    store.delete(&space, "k").await.unwrap();
    store.delete(&space, "k").await.unwrap();
    assert_eq!(store.find(&space, "k").await, Ok(None));
}

#[tokio::test]
async fn spaces_have_nothing_in_common() {
    let (_folder, store) = store();
    let key = KeyId::parse("aaaaaaaaaa").unwrap();
    let spaces = [
        of_label("a"),
        of_label("A"),
        // A label that looks like a key is none.
        of_label("aaaaaaaaaa"),
        of_label("key aaaaaaaaaa"),
        space("keep", Tenant::Key(key)),
        space("other", Tenant::Label("a".to_owned())),
    ];
    for (number, space) in (0_u8..).zip(&spaces) {
        store.set(space, "k", vec![number], None).await.unwrap();
    }
    for (number, space) in (0_u8..).zip(&spaces) {
        assert_eq!(store.find(space, "k").await, Ok(Some(vec![number])), "{space:?}");
    }
}

#[tokio::test]
async fn a_value_ends_with_its_lifetime_and_is_swept_by_the_next_write() {
    let (_folder, store) = store();
    let space = of_label("a");
    store.set(&space, "short", vec![1], Some(Duration::ZERO)).await.unwrap();
    assert_eq!(store.find(&space, "short").await, Ok(None));
    store.set(&space, "long", vec![2], DAY).await.unwrap();
    assert_eq!(store.find(&space, "long").await, Ok(Some(vec![2])));
    let rows = store.with_values(TransactionBehavior::Deferred, |values| {
        Ok(values.query_row("SELECT count(*) FROM plugin_value", [], |row| row.get::<_, i64>(0))?)
    });
    assert_eq!(rows.await, Ok(1));
}

#[tokio::test]
async fn numbers_add_up_whoever_adds() {
    let (folder, store) = store();
    // As a second process would.
    let other = Sqlite::open(folder.path()).unwrap();
    let space = of_label("a");
    let adding = |store: Sqlite| {
        let space = space.clone();
        tokio::spawn(async move {
            for _ in 0..50 {
                while store.increment(&space, "n", 2, None).await.is_err() {}
            }
        })
    };
    let (one, two) = (adding(store), adding(other));
    one.await.unwrap();
    two.await.unwrap();
    assert_eq!(Sqlite::open(folder.path()).unwrap().find(&space, "n").await, Ok(Some(b"200".to_vec())));
}

#[tokio::test]
async fn what_is_no_number_counts_as_0_and_a_lifetime_begins_once() {
    let (_folder, store) = store();
    let space = of_label("a");
    store.set(&space, "n", b"seven".to_vec(), None).await.unwrap();
    assert_eq!(store.increment(&space, "n", -3, DAY).await, Ok(-3));
    // A second lifetime does not cut the first one short.
    assert_eq!(store.increment(&space, "n", 1, Some(Duration::ZERO)).await, Ok(-2));
    assert_eq!(store.find(&space, "n").await, Ok(Some(b"-2".to_vec())));
    assert_eq!(store.increment(&space, "max", i64::MAX, None).await, Ok(i64::MAX));
    assert_eq!(store.increment(&space, "max", 1, None).await, Ok(i64::MAX));
    assert_eq!(store.increment(&space, "over", 1, Some(Duration::ZERO)).await, Ok(1));
    assert_eq!(store.increment(&space, "over", 1, None).await, Ok(1));
}

#[tokio::test]
async fn a_space_has_a_quota_of_keys_and_of_bytes_and_the_next_one_has_its_own() {
    let (_folder, store) = store();
    let (many, large) = (of_label("many"), of_label("large"));
    let filled = store.with_values(TransactionBehavior::Immediate, |values| {
        for number in 0..Space::MAX_KEYS {
            Place::new(&of_label("many"), &number.to_string()).write(values, b"x", None)?;
        }
        for number in 0..15 {
            Place::new(&of_label("large"), &number.to_string()).write(
                values,
                &vec![0; Space::MAX_VALUE_BYTES],
                None,
            )?;
        }
        Ok(())
    });
    filled.await.unwrap();
    let refused = store.set(&many, "more", vec![1], None).await;
    assert!(matches!(&refused, Err(ValueFault::Quota(why)) if why.contains("1000 keys")), "{refused:?}");
    assert_eq!(store.find(&many, "more").await, Ok(None));
    assert!(matches!(store.increment(&many, "more", 1, None).await, Err(ValueFault::Quota(_))));
    store.set(&many, "7", vec![2], None).await.unwrap();
    let refused = store.set(&large, "more", vec![0; Space::MAX_VALUE_BYTES], None).await;
    assert!(matches!(&refused, Err(ValueFault::Quota(why)) if why.contains("bytes")), "{refused:?}");
    store.set(&of_label("next"), "more", vec![0; Space::MAX_VALUE_BYTES], None).await.unwrap();
}

#[tokio::test]
async fn a_store_that_somebody_holds_is_unavailable_and_not_waited_for() {
    let (folder, store) = store();
    let space = of_label("a");
    store.set(&space, "k", vec![1], None).await.unwrap();
    let holder = open::connect(&folder.path().join("adit.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let refused = store.set(&space, "k", vec![2], None).await;
    assert!(matches!(refused, Err(ValueFault::Unavailable(_))), "{refused:?}");
    // Readers wait for nobody.
    assert_eq!(store.find(&space, "k").await, Ok(Some(vec![1])));
    holder.execute_batch("ROLLBACK").unwrap();
    store.set(&space, "k", vec![2], None).await.unwrap();
}
