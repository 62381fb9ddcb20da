use super::super::{Edit, KeyName, KeyRecord, Keys, NewKey, OnLoss, Policy, Store, StoreError, Team};
use super::stores::{Stores, budget, key, noon};
use crate::enabled::EnabledPlugin;
use crate::ids::{KeyId, PluginName, TeamName};
use crate::metering::Scope;

fn name(text: &str) -> TeamName {
    TeamName::parse(text).unwrap()
}

fn team(text: &str) -> Team {
    Team { name: name(text), created: noon(), plugins: Vec::new(), policy: Policy::default() }
}

async fn join(store: &dyn Store, key: &KeyId, team: Option<&str>) -> Result<(), StoreError> {
    let team = team.map(name);
    let join: Edit<KeyRecord> = Box::new(move |record| {
        record.key.team.clone_from(&team);
        Ok(())
    });
    store.edit(key, join).await.map(drop)
}

pub(super) async fn a_key_is_served_on_its_teams_terms(stores: &Stores) {
    let store = &*stores.one;
    let mut search = team("search");
    search.policy.losses = Some(OnLoss::Refuse);
    store.create_team(search.clone()).await.unwrap();
    assert!(matches!(store.create_team(search.clone()).await, Err(StoreError::DuplicateTeam(_))));
    let new = NewKey { team: Some(name("search")), ..NewKey::named(KeyName::parse("a").unwrap()) };
    let key = store.create(new).await.unwrap().1;
    let served = async || Keys::find(&*stores.other, &key.id).await.unwrap().unwrap();
    assert_eq!(served().await.terms.losses, OnLoss::Refuse);

    let plugin = EnabledPlugin::new(PluginName::parse("redact").unwrap(), "{}");
    search.plugins.push(plugin.clone());
    search.policy = Policy { limits: budget(5), ..Policy::default() };
    let wanted = search.clone();
    let edit: Edit<Team> = Box::new(move |team| {
        *team = Team { name: name("another"), ..wanted.clone() };
        Ok(())
    });
    assert_eq!(store.edit_team(&name("search"), edit).await.unwrap(), search, "its name stays");
    assert_eq!(stores.other.teams().await.unwrap(), [search]);
    let terms = served().await.terms.clone();
    assert_eq!((terms.losses, terms.plugins), (OnLoss::Report, vec![plugin]));
    let scopes: Vec<_> = terms.metered.into_iter().map(|metered| metered.scope).collect();
    assert_eq!(scopes, [Scope::Team(name("search"))]);
    let nothing: Edit<Team> = Box::new(|_| Ok(()));
    let none = store.edit_team(&name("none"), nothing).await.unwrap_err();
    assert_eq!(none.to_string(), "there is no team `none`: `adit team create none` makes it");
}

pub(super) async fn a_team_with_keys_stays(stores: &Stores) {
    let store = &*stores.one;
    for text in ["search", "ads"] {
        store.create_team(team(text)).await.unwrap();
    }
    let unknown = NewKey { team: Some(name("none")), ..NewKey::named(KeyName::parse("a").unwrap()) };
    assert!(matches!(store.create(unknown).await, Err(StoreError::UnknownTeam(_))));
    assert_eq!(store.list().await.unwrap(), []);
    let (one, other) = (key(store).await, key(store).await);
    assert!(matches!(join(store, &one.id, Some("none")).await, Err(StoreError::UnknownTeam(_))));
    for key in [&one, &other] {
        join(store, &key.id, Some("search")).await.unwrap();
    }
    let keys = async || match stores.other.remove_team(&name("search")).await {
        Err(StoreError::TeamInUse { keys, .. }) => keys,
        done => panic!("{done:?}"),
    };
    assert_eq!(keys().await, 2);
    join(store, &one.id, Some("search")).await.unwrap();
    assert_eq!(keys().await, 2, "it was there already");
    join(store, &one.id, Some("ads")).await.unwrap();
    assert_eq!(keys().await, 1);
    store.revoke(&other.id, noon()).await.unwrap();
    store.revoke(&other.id, noon()).await.unwrap();
    stores.other.remove_team(&name("search")).await.unwrap();
    assert!(matches!(store.remove_team(&name("search")).await, Err(StoreError::UnknownTeam(_))));
    let mut teams: Vec<_> = store.list().await.unwrap().into_iter().map(|key| key.team).collect();
    teams.sort();
    assert_eq!(teams, [None, Some(name("ads"))]);
    // A key that is revoked does not keep its team either when it joins one.
    join(store, &other.id, Some("ads")).await.unwrap();
    join(store, &one.id, None).await.unwrap();
    store.remove_team(&name("ads")).await.unwrap();
    assert_eq!(store.teams().await.unwrap(), []);
}

pub(super) async fn many_keys_join_and_leave_a_team_at_once(stores: &Stores) {
    stores.one.create_team(team("search")).await.unwrap();
    let tasks: Vec<_> = (0..12)
        .map(|number| {
            let store = if number % 2 == 0 { stores.one.clone() } else { stores.other.clone() };
            tokio::spawn(async move {
                let key = key(&*store).await;
                for team in [Some("search"), None, Some("search")] {
                    while let Err(error) = join(&*store, &key.id, team).await {
                        assert!(matches!(error, StoreError::Contended | StoreError::Locked), "{error}");
                    }
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let in_use = stores.one.remove_team(&name("search")).await.unwrap_err();
    assert!(matches!(in_use, StoreError::TeamInUse { keys: 12, .. }), "{in_use}");
}
