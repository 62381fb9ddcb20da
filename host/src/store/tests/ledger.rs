use super::super::{Keys, Policy, Position, Team};
use super::stores::{Stores, key, noon};
use crate::enabled::{Digest, EnabledPlugin, Percent, Release, Rollout, Version};
use crate::health::{Counts, Entry, Ledger};
use crate::ids::{PluginName, TeamName};

fn name() -> PluginName {
    PluginName::parse("redact").unwrap()
}

fn release(version: &str) -> Release {
    Release { version: Version::parse(version).unwrap(), digest: Digest::of(version.as_bytes()) }
}

fn entry(release: Option<Release>, traps: u64, calls: u64) -> Entry {
    let hooks = [("text".to_owned(), [(1000, calls)].into_iter().collect())].into();
    Entry { plugin: name(), release, counts: Counts { hooks, traps, ..Counts::default() } }
}

fn rollout(percent: u8) -> Rollout {
    Rollout {
        plugin: name(),
        release: release("2.0.0"),
        percent: Percent::new(percent).unwrap(),
        step_back_after: 3,
        failures: 0,
        stepped_back: None,
    }
}

pub(super) async fn counts_are_summed_over_processes(stores: &Stores) {
    for (process, traps, calls) in [("a", 1, 10), ("a", 2, 20), ("b", 0, 5)] {
        Ledger::write(&*stores.one, process, vec![entry(None, traps, calls)]).await.unwrap();
    }
    Ledger::write(&*stores.one, "b", vec![entry(Some(release("1.0.0")), 7, 0)]).await.unwrap();
    let status = stores.other.plugin_status().await.unwrap();
    assert_eq!(status.len(), 2);
    assert_eq!((status[0].release.as_ref(), status[0].processes), (None, 2));
    assert_eq!((status[0].counts.traps, status[0].counts.hooks["text"].count()), (2, 25));
    assert_eq!(status[1].release, Some(release("1.0.0")));
}

pub(super) async fn a_rollout_steps_back_for_every_process(stores: &Stores) {
    let (store, other) = (&*stores.one, &*stores.other);
    let key = key(store).await;
    let pinned = EnabledPlugin { release: Some(release("1.0.0")), ..EnabledPlugin::new(name(), "{}") };
    store.enable_plugin(&key.id, pinned.clone(), Position::Last).await.unwrap();
    let runs = async || {
        let found = Keys::find(other, &key.id).await.unwrap().unwrap();
        found.terms.plugins[0].release.as_ref().map(|release| release.version.to_string()).unwrap()
    };
    assert_eq!(runs().await, "1.0.0");
    store.start_rollout(rollout(100)).await.unwrap();
    assert_eq!(runs().await, "2.0.0");
    assert_eq!(store.list().await.unwrap()[0].plugins, [pinned], "what is pinned stays");

    let failing = |process: &'static str, version, traps| {
        Ledger::write(store, process, vec![entry(Some(release(version)), traps, 0)])
    };
    assert_eq!(failing("a", "1.0.0", 9).await.unwrap(), [], "not the one that is tried");
    assert_eq!(failing("a", "2.0.0", 2).await.unwrap(), []);
    assert_eq!(failing("a", "2.0.0", 2).await.unwrap(), [], "the same two");
    assert_eq!(runs().await, "2.0.0");
    let ended = failing("b", "2.0.0", 1).await.unwrap();
    assert_eq!((ended[0].plugin.clone(), ended[0].failures), (name(), 3));
    assert_eq!(failing("b", "2.0.0", 4).await.unwrap(), [], "said once");
    assert_eq!(runs().await, "1.0.0");
    assert!(other.rollouts().await.unwrap()[0].stepped_back.is_some());
    assert!(other.finish_rollout(&name()).await.is_err(), "it has stepped back");
    store.start_rollout(rollout(100)).await.unwrap();
    assert_eq!(runs().await, "2.0.0", "it begins anew");
}

pub(super) async fn a_finished_rollout_is_pinned_for_keys_and_teams(stores: &Stores) {
    let (store, other) = (&*stores.one, &*stores.other);
    let (without, key) = (key(store).await, key(store).await);
    store.enable_plugin(&key.id, EnabledPlugin::new(name(), "{}"), Position::Last).await.unwrap();
    let team = TeamName::parse("search").unwrap();
    let plugins = vec![EnabledPlugin::new(name(), "{}")];
    let search = Team { name: team.clone(), created: noon(), plugins, policy: Policy::default() };
    store.create_team(search).await.unwrap();
    store.start_rollout(rollout(99)).await.unwrap();
    assert!(other.finish_rollout(&name()).await.is_err());
    assert_eq!(other.rollouts().await.unwrap(), [rollout(99)]);
    store.start_rollout(rollout(100)).await.unwrap();
    assert_eq!(other.finish_rollout(&name()).await.unwrap(), release("2.0.0"));
    assert_eq!(store.rollouts().await.unwrap(), []);
    let pinned = Some(release("2.0.0"));
    let keys = store.list().await.unwrap();
    assert_eq!(keys.iter().find(|one| one.id == key.id).unwrap().plugins[0].release, pinned);
    assert_eq!(keys.iter().find(|one| one.id == without.id).unwrap().plugins, []);
    assert_eq!(store.teams().await.unwrap()[0].plugins[0].release, pinned);

    store.start_rollout(rollout(5)).await.unwrap();
    other.stop_rollout(&name()).await.unwrap();
    assert!(store.stop_rollout(&name()).await.is_err());
    assert!(store.finish_rollout(&name()).await.is_err());
}

pub(super) async fn the_highest_version_stays(stores: &Stores) {
    let plugin = name();
    assert_eq!(stores.one.newest_release(&plugin).await.unwrap(), None);
    for (noted, newest) in [("1.9.0", "1.9.0"), ("1.10.0", "1.10.0"), ("1.2.0", "1.10.0")] {
        stores.one.note_release(&plugin, Version::parse(noted).unwrap()).await.unwrap();
        assert_eq!(stores.other.newest_release(&plugin).await.unwrap().unwrap().to_string(), newest);
    }
}
