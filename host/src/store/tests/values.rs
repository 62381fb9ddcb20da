use std::time::Duration;

use super::stores::{Stores, id};
use crate::ids::PluginName;
use crate::pipeline::{Space, Tenant, ValueFault, Values};

fn space(plugin: &str, tenant: Tenant) -> Space {
    Space { plugin: PluginName::parse(plugin).unwrap(), tenant }
}

fn of_label(tenant: &str) -> Space {
    space("keep", Tenant::Label(tenant.to_owned()))
}

const DAY: Option<Duration> = Some(Duration::from_hours(24));

async fn find(values: &dyn Values, space: &Space, key: &str) -> Option<Vec<u8>> {
    values.find(space, key).await.unwrap()
}

pub(super) async fn a_value_is_there_until_it_is_deleted_or_over(stores: &Stores) {
    let (one, other, space): (&dyn Values, &dyn Values, _) = (&*stores.one, &*stores.other, of_label("a"));
    assert_eq!(find(one, &space, "k").await, None);
    for value in [vec![0, 255], Vec::new(), b"7".to_vec(), b"007".to_vec(), vec![1; Space::MAX_VALUE_BYTES]] {
        one.set(&space, "k", value.clone(), None).await.unwrap();
        assert_eq!(find(other, &space, "k").await, Some(value));
    }
    one.delete(&space, "k").await.unwrap();
    other.delete(&space, "k").await.unwrap();
    assert_eq!(find(one, &space, "k").await, None);
    let longest = "k".repeat(Space::MAX_KEY_BYTES);
    one.set(&space, &longest, vec![2], DAY).await.unwrap();
    assert_eq!(find(other, &space, &longest).await, Some(vec![2]));
    one.set(&space, &longest, vec![2], Some(Duration::ZERO)).await.unwrap();
    assert_eq!(find(other, &space, &longest).await, None);
    one.set(&space, &longest, vec![3], None).await.unwrap();
    assert_eq!(find(other, &space, &longest).await, Some(vec![3]));
}

pub(super) async fn spaces_have_nothing_in_common(stores: &Stores) {
    let values: &dyn Values = &*stores.one;
    let spaces = [
        of_label("a"),
        of_label("A"),
        // A label that looks like a key is none.
        of_label("aaaaaaaaaa"),
        of_label("key aaaaaaaaaa"),
        of_label("a#b"),
        space("keep", Tenant::Key(id("aaaaaaaaaa"))),
        space("other", Tenant::Label("a".to_owned())),
    ];
    for (number, space) in (0_u8..).zip(&spaces) {
        values.set(space, "k", vec![number], None).await.unwrap();
    }
    for (number, space) in (0_u8..).zip(&spaces) {
        assert_eq!(find(values, space, "k").await, Some(vec![number]), "{space:?}");
    }
}

pub(super) async fn numbers_add_up_whoever_adds(stores: &Stores) {
    let space = of_label("a");
    let tasks = [&stores.one, &stores.other, &stores.one, &stores.other].map(|store| {
        let (store, space) = (store.clone(), space.clone());
        tokio::spawn(async move {
            for _ in 0..25 {
                while store.increment(&space, "n", 2, None).await.is_err() {}
            }
        })
    });
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(find(&*stores.one, &space, "n").await, Some(b"200".to_vec()));
}

pub(super) async fn what_is_no_number_counts_as_0_and_a_lifetime_begins_once(stores: &Stores) {
    let (values, space): (&dyn Values, _) = (&*stores.one, of_label("a"));
    values.set(&space, "n", b"seven".to_vec(), None).await.unwrap();
    assert_eq!(values.increment(&space, "n", -3, DAY).await, Ok(-3));
    // A second lifetime does not cut the first one short.
    assert_eq!(values.increment(&space, "n", 1, Some(Duration::ZERO)).await, Ok(-2));
    assert_eq!(find(values, &space, "n").await, Some(b"-2".to_vec()));
    values.set(&space, "text", b"+0041".to_vec(), None).await.unwrap();
    assert_eq!(values.increment(&space, "text", 1, None).await, Ok(42));
    for (key, end, by) in [("max", i64::MAX, 1), ("min", i64::MIN, -1)] {
        assert_eq!(values.increment(&space, key, end, None).await, Ok(end));
        assert_eq!(values.increment(&space, key, by, None).await, Ok(end));
    }
    assert_eq!(values.increment(&space, "over", 1, Some(Duration::ZERO)).await, Ok(1));
    assert_eq!(values.increment(&space, "over", 1, None).await, Ok(1));
}

fn is_full<T: std::fmt::Debug>(refused: &Result<T, ValueFault>, word: &str) {
    assert!(matches!(refused, Err(ValueFault::Quota(why)) if why.contains(word)), "{refused:?}");
}

pub(super) async fn a_space_has_a_quota_of_keys(stores: &Stores) {
    let (values, space): (&dyn Values, _) = (&*stores.one, of_label("many"));
    for first in (0..Space::MAX_KEYS).step_by(50) {
        let sets = (first..first + 50).map(|number| {
            let (space, key) = (&space, number.to_string());
            async move { values.set(space, &key, b"x".to_vec(), DAY).await.unwrap() }
        });
        futures::future::join_all(sets).await;
    }
    is_full(&values.set(&space, "more", vec![1], None).await, "1000 keys");
    assert_eq!(find(values, &space, "more").await, None);
    is_full(&values.increment(&space, "more", 1, None).await, "1000 keys");
    values.set(&space, "7", vec![2], None).await.unwrap();
    values.set(&of_label("next"), "more", vec![1], None).await.unwrap();
    values.delete(&space, "8").await.unwrap();
    values.set(&space, "more", vec![1], None).await.unwrap();
    is_full(&values.set(&space, "most", vec![1], None).await, "1000 keys");
}

pub(super) async fn a_space_has_a_quota_of_bytes(stores: &Stores) {
    let (values, space): (&dyn Values, _) = (&*stores.one, of_label("large"));
    for number in 0..15 {
        values.set(&space, &number.to_string(), vec![0; Space::MAX_VALUE_BYTES], None).await.unwrap();
    }
    is_full(&values.set(&space, "more", vec![0; Space::MAX_VALUE_BYTES], None).await, "bytes");
    values.set(&space, "14", Vec::new(), None).await.unwrap();
    values.set(&space, "more", vec![0; Space::MAX_VALUE_BYTES], None).await.unwrap();
    is_full(&values.set(&space, "14", vec![0; Space::MAX_VALUE_BYTES], None).await, "bytes");
}
