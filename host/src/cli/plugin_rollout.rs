//! `adit plugin rollout`: a release for some of the keys that have a plugin.

use anyhow::{Context as _, anyhow, bail};
use clap::Args;

use super::key_plugin::fault_lines;
use super::release::{self, WantedRelease};
use super::store::Data;
use super::{SettingsFile, output};
use crate::enabled::{EnabledPlugin, Percent, Rollout};
use crate::ids::PluginName;
use crate::plugin::Catalog;
use crate::store::{Effective, Key, Store, Team};

#[derive(Debug, Args)]
pub(super) struct RolloutArgs {
    /// The name of the plugin.
    plugin: PluginName,
    /// The version that is tried.
    #[arg(long, value_name = "VERSION", requires = "percent")]
    version: Option<WantedRelease>,
    /// For how many of a hundred keys that have the plugin.
    #[arg(long, value_name = "PERCENT", requires = "version", value_parser = clap::value_parser!(u8).range(0..=100))]
    percent: Option<u8>,
    /// Failures of the release after which every key has its own again.
    #[arg(long, value_name = "FAILURES", default_value = "10", value_parser = clap::value_parser!(u32).range(1..))]
    step_back_after: u32,
    /// End the rollout: every key has its own release again.
    #[arg(long, conflicts_with_all = ["version", "finish"])]
    stop: bool,
    /// End a rollout to all keys: the release becomes the own one of each.
    #[arg(long, conflicts_with = "version")]
    finish: bool,
    #[command(flatten)]
    pub(super) settings: SettingsFile,
}

pub(super) async fn run(data: &Data, store: &dyn Store, args: RolloutArgs) -> anyhow::Result<()> {
    let RolloutArgs { plugin, version, percent, step_back_after, stop, finish, settings: _ } = args;
    if stop {
        store.stop_rollout(&plugin).await?;
        output::note(&format!("The rollout of plugin `{plugin}` has ended: every key has its own release."));
        return Ok(());
    }
    if finish {
        let version = store.finish_rollout(&plugin).await?.version;
        output::note(&format!(
            "Plugin `{plugin}` {version} is the release of every key that has the plugin."
        ));
        return Ok(());
    }
    let (Some(version), Some(percent)) = (version, percent.and_then(Percent::new)) else {
        bail!("say `--version` and `--percent`, or `--stop`, or `--finish`");
    };
    let settings = data.settings().await?;
    let published = release::catalog(&settings).await;
    let pinned = release::pin(store, published.as_ref(), &plugin, version).await?;
    let release = pinned.release.clone();
    let version = release.version;
    let rollout = Rollout { plugin, release, percent, step_back_after, failures: 0, stepped_back: None };
    let affected = affected(&rollout, store.list().await?, &store.teams().await?);
    for (key, enabled) in &affected {
        let checked = release::check_config(published.as_ref(), &pinned, &enabled.config).await;
        checked.with_context(|| format!("nothing was changed: key `{}` ({})", key.id, key.name))?;
    }
    let catalog = Catalog::open(&settings.plugins, &settings.limits)?.with_releases(published);
    check(&catalog, &affected).await?;
    let (plugin, keys) = (rollout.plugin.clone(), affected.len());
    store.start_rollout(rollout).await?;
    store.note_release(&plugin, version).await?;
    output::note(&format!(
        "Plugin `{plugin}` {version} runs for {} % of the keys that have it: {keys} now.",
        percent.number()
    ));
    Ok(())
}

/// The keys that get the release, each with its plugin as it would run then.
fn affected(rollout: &Rollout, keys: Vec<Key>, teams: &[Team]) -> Vec<(Key, EnabledPlugin)> {
    let valid = keys.into_iter().filter(|key| key.revoked.is_none() && rollout.includes(&key.id));
    valid
        .filter_map(|key| {
            let team = teams.iter().find(|team| Some(&team.name) == key.team.as_ref());
            let mut plugins = Effective::of(&key, team).plugins;
            rollout.apply(&key.id, &mut plugins);
            let enabled = plugins.into_iter().find(|enabled| enabled.name == rollout.plugin)?;
            Some((key, enabled))
        })
        .collect()
}

/// Whether the release starts with the config of each key.
async fn check(catalog: &Catalog, affected: &[(Key, EnabledPlugin)]) -> anyhow::Result<()> {
    let mut faults = Vec::new();
    for (key, enabled) in affected {
        if let Err(error) = catalog.check(enabled).await {
            faults.push(format!("key `{}` ({}): {}", key.id, key.name, fault_lines(&error)));
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(anyhow!("nothing was changed\n{}", faults.join("\n"))) }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]
    use jiff::Timestamp;

    use super::*;
    use crate::enabled::{Digest, Release, Version};
    use crate::ids::KeyId;
    use crate::store::KeyName;

    fn key(number: u32, revoked: Option<Timestamp>, plugins: &[&str]) -> Key {
        let plugin = |name: &&str| EnabledPlugin::new(PluginName::parse(*name).unwrap(), "{}");
        let id = KeyId::parse(format!("key{number:07}")).unwrap();
        let new = Key::new(id, KeyName::parse("laptop").unwrap(), Timestamp::UNIX_EPOCH);
        Key { revoked, plugins: plugins.iter().map(plugin).collect(), ..new }
    }

    #[test]
    fn only_valid_keys_that_have_the_plugin_are_affected() {
        let release = Release { version: Version::parse("2.0.0").unwrap(), digest: Digest::of(b"2") };
        let rollout = Rollout {
            plugin: PluginName::parse("redact").unwrap(),
            release: release.clone(),
            percent: Percent::ALL,
            step_back_after: 1,
            failures: 0,
            stepped_back: None,
        };
        let keys = vec![
            key(1, None, &["route", "redact"]),
            key(2, Some(Timestamp::UNIX_EPOCH), &["redact"]),
            key(3, None, &["route"]),
        ];
        let affected = affected(&rollout, keys, &[]);
        assert_eq!(affected.len(), 1);
        assert_eq!((affected[0].0.id.as_str(), &affected[0].1.release), ("key0000001", &Some(release)));
    }
}
