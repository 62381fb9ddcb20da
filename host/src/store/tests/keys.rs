use jiff::Timestamp;

use super::super::{
    Edit, KeyName, KeyRecord, Keys, Label, NewKey, OnLoss, Policy, Position, Principal, StoreError,
    Verification,
};
use super::stores::{Stores, id, key, noon};
use crate::enabled::{Digest, EnabledPlugin, Release, Version};
use crate::ids::PluginName;

fn plugin(text: &str) -> EnabledPlugin {
    EnabledPlugin::new(PluginName::parse(text).unwrap(), format!("{{\"of\":\"{text}\"}}"))
}

pub(super) async fn a_key_comes_back_as_it_was_made(stores: &Stores) {
    let labels = ["team=search", "cost="].map(|label| label.parse::<Label>().unwrap()).to_vec();
    let expires = Some("2099-01-01T00:00:00.123Z".parse().unwrap());
    let named = KeyName::parse("a laptop, ünique").unwrap();
    let new = NewKey { labels, expires, ..NewKey::named(named) };
    let (api_key, key) = stores.one.create(new).await.unwrap();
    let release = Release { version: Version::parse("1.4.0").unwrap(), digest: Digest::of(b"x") };
    let pinned = EnabledPlugin { release: Some(release), ..plugin("redact") };
    stores.one.enable_plugin(&key.id, plugin("route"), Position::Last).await.unwrap();
    stores.one.enable_plugin(&key.id, pinned, Position::Before(plugin("route").name)).await.unwrap();
    let policy = Policy { losses: Some(OnLoss::Refuse), ..Policy::default() };
    stores.one.set_policy(&key.id, policy.clone()).await.unwrap();
    let expected = super::super::Key {
        plugins: vec![
            EnabledPlugin {
                release: stores.one.list().await.unwrap()[0].plugins[0].release.clone(),
                ..plugin("redact")
            },
            plugin("route"),
        ],
        policy,
        ..key.clone()
    };
    assert!(expected.plugins[0].release.is_some());
    assert_eq!(stores.other.list().await.unwrap(), std::slice::from_ref(&expected));
    let found = Keys::find(&*stores.other, &key.id).await.unwrap().unwrap();
    assert_eq!((&found.key, found.verify(&api_key, noon())), (&expected, Verification::Verified));
    assert!(Keys::find(&*stores.other, &id("0000000000")).await.unwrap().is_none());

    let first = noon();
    stores.one.revoke(&key.id, first).await.unwrap();
    stores.other.revoke(&key.id, Timestamp::now()).await.unwrap();
    assert_eq!(stores.one.list().await.unwrap()[0].revoked, Some(first));
    let found = Keys::find(&*stores.other, &key.id).await.unwrap().unwrap();
    assert_eq!(found.verify(&api_key, noon()), Verification::Revoked);

    let second = super::stores::key(&*stores.other).await;
    let listed: Vec<_> = stores.one.list().await.unwrap().into_iter().map(|key| key.id).collect();
    assert_eq!(listed, [key.id, second.id], "the oldest first");
}

pub(super) async fn what_is_not_there_is_said(stores: &Stores) {
    let (store, nobody) = (&*stores.one, id("0000000000"));
    let error = store.revoke(&nobody, noon()).await.unwrap_err();
    assert_eq!(error.to_string(), "there is no key `0000000000`");
    let key = key(store).await;
    let error = store.disable_plugin(&key.id, &plugin("route").name).await.unwrap_err();
    assert_eq!(error.to_string(), format!("plugin `route` is not enabled for key `{}`", key.id));
    // What fails changes nothing.
    let half: Edit<KeyRecord> = Box::new(|record| {
        record.key.name = KeyName::parse("other").unwrap();
        Err(StoreError::Contended)
    });
    assert!(store.edit(&key.id, half).await.is_err());
    assert_eq!(store.list().await.unwrap(), [key]);
}

pub(super) async fn every_change_is_made_on_what_the_others_have_left(stores: &Stores) {
    let key = key(&*stores.one).await;
    let tasks: Vec<_> = (0..16)
        .map(|number| {
            let store = if number % 2 == 0 { &stores.one } else { &stores.other };
            let (store, id) = (store.clone(), key.id.clone());
            tokio::spawn(async move {
                let name = format!("plugin-{number}");
                // Those who met too often are told so, and have changed nothing.
                while let Err(error) = store.enable_plugin(&id, plugin(&name), Position::Last).await {
                    assert!(matches!(error, StoreError::Contended | StoreError::Locked), "{error}");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let plugins = stores.one.list().await.unwrap().remove(0).plugins;
    let mut names: Vec<_> = plugins.iter().map(|enabled| enabled.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 16, "{names:?}");
}

pub(super) async fn a_former_secret_is_good_until_its_time(stores: &Stores) {
    let (first, key) = stores.one.create(NewKey::named(KeyName::parse("a").unwrap())).await.unwrap();
    let until: Timestamp = "2026-11-23T13:00:00Z".parse().unwrap();
    let second = stores.one.rotate(&key.id, until).await.unwrap();
    let found = Keys::find(&*stores.other, &key.id).await.unwrap().unwrap();
    assert_eq!(found.verify(&first, noon()), Verification::Verified);
    assert_eq!(found.verify(&first, until), Verification::Expired);
    assert_eq!(found.verify(&second, until), Verification::Verified);
    let third = stores.other.rotate(&key.id, until).await.unwrap();
    let found = Keys::find(&*stores.one, &key.id).await.unwrap().unwrap();
    let verified = [&first, &second, &third].map(|secret| found.verify(secret, noon()));
    assert_eq!(verified, [Verification::WrongSecret, Verification::Verified, Verification::Verified]);
}

pub(super) async fn a_principal_counts_as_the_key_that_names_it_best(stores: &Stores) {
    const ROLE: &str = "arn:aws:sts::123456789012:assumed-role/app/";
    let (wide, narrow) = (key(&*stores.one).await, key(&*stores.one).await);
    for (key, pattern) in [(&wide, "*"), (&narrow, "search-*")] {
        let pattern = Principal::parse(format!("{ROLE}{pattern}")).unwrap();
        let named: Edit<KeyRecord> = Box::new(move |record| {
            record.key.principals = vec![pattern.clone()];
            Ok(())
        });
        stores.one.edit(&key.id, named).await.unwrap();
    }
    let counts_as = async |session: &str| {
        let found = stores.other.find_principal(&format!("{ROLE}{session}"), noon()).await.unwrap();
        found.map(|found| found.key.id.clone())
    };
    assert_eq!(counts_as("search-1").await, Some(narrow.id.clone()));
    assert_eq!(counts_as("other").await, Some(wide.id.clone()));
    stores.one.revoke(&narrow.id, noon()).await.unwrap();
    assert_eq!(counts_as("search-1").await, Some(wide.id));
    let stranger = stores.other.find_principal("arn:aws:iam::210987654321:user/x", noon()).await.unwrap();
    assert!(stranger.is_none());
}

pub(super) async fn the_seed_root_is_the_same_for_all(stores: &Stores) {
    assert_eq!(stores.one.seed_root().expose(), stores.other.seed_root().expose());
}
