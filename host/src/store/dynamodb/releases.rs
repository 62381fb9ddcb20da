//! Releases that run for some keys. All rollouts lie together: they are few, and are read whole.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::record::{damaged, enabled};
use super::super::{Keys, PluginStatus, Releases, StoreError, Teams};
use super::contention::{ATTEMPTS, pause};
use super::expression::Expression;
use super::item::{Item, number, text, time};
use super::many::Sorted;
use super::memory::Read;
use super::place::{Place, ROLLOUTS};
use super::table::{Outcome, Reading};
use super::{Dynamo, ledger};
use crate::enabled::{EnabledPlugin, Percent, Release, Rollout, Version};
use crate::ids::PluginName;

#[async_trait]
impl Releases for Dynamo {
    async fn rollouts(&self) -> Result<Vec<Rollout>, StoreError> {
        self.main.query(ROLLOUTS, Sorted::All, Reading::Consistent).await?.iter().map(read).collect()
    }

    async fn start_rollout(&self, rollout: Rollout) -> Result<(), StoreError> {
        self.main.put(write(&rollout), Expression::new()).await?;
        self.memory.forget();
        Ok(())
    }

    async fn stop_rollout(&self, plugin: &PluginName) -> Result<(), StoreError> {
        let stopped = self.main.delete(&Place::rollout(plugin), Expression::exists()).await?;
        self.memory.forget();
        match stopped {
            Outcome::Done(_) => Ok(()),
            Outcome::Refused(_) => Err(StoreError::NoRollout(plugin.clone())),
        }
    }

    /// Key by key and team by team: meanwhile all of them have the release by the rollout, which ends last.
    async fn finish_rollout(&self, plugin: &PluginName) -> Result<Release, StoreError> {
        let item = self.main.get(&Place::rollout(plugin), Reading::Consistent).await?;
        let rollout = read(&item.ok_or_else(|| StoreError::NoRollout(plugin.clone()))?)?;
        if rollout.percent != Percent::ALL || rollout.stepped_back.is_some() {
            return Err(StoreError::UnfinishedRollout(plugin.clone()));
        }
        let has = |plugins: &[EnabledPlugin]| plugins.iter().any(|enabled| enabled.name == *plugin);
        for key in self.list().await?.into_iter().filter(|key| has(&key.plugins)) {
            let pinned = rollout.clone();
            self.edit(&key.id, Box::new(move |record| pin(&mut record.key.plugins, &pinned))).await?;
        }
        for team in self.teams().await?.into_iter().filter(|team| has(&team.plugins)) {
            let pinned = rollout.clone();
            self.edit_team(&team.name, Box::new(move |team| pin(&mut team.plugins, &pinned))).await?;
        }
        self.stop_rollout(plugin).await?;
        Ok(rollout.release)
    }

    async fn newest_release(&self, plugin: &PluginName) -> Result<Option<Version>, StoreError> {
        let item = self.main.get(&Place::release(plugin), Reading::Consistent).await?;
        item.map(|item| Version::parse(item.text("newest")?).map_err(damaged)).transpose()
    }

    async fn note_release(&self, plugin: &PluginName, version: Version) -> Result<(), StoreError> {
        for attempt in 1..=ATTEMPTS {
            let newest = self.newest_release(plugin).await?;
            if newest.as_ref().is_some_and(|newest| *newest >= version) {
                return Ok(());
            }
            let unchanged = match newest {
                None => Expression::is_new(),
                Some(newest) => Expression::new().when("@ = $0", "newest", [text(newest.to_string())]),
            };
            let item = Item::at(&Place::release(plugin)).with("newest", text(version.to_string()));
            if let Outcome::Done(_) = self.main.put(item, unchanged).await? {
                return Ok(());
            }
            pause(attempt).await;
        }
        Err(StoreError::Contended)
    }

    async fn plugin_status(&self) -> Result<Vec<PluginStatus>, StoreError> {
        ledger::status(&self.main, Timestamp::now()).await
    }
}

impl Dynamo {
    /// The rollouts by which keys are served.
    pub(super) async fn known_rollouts(&self) -> Result<Read<Arc<[Rollout]>>, StoreError> {
        if let Some(known) = self.memory.rollouts() {
            return Ok(known);
        }
        let before = self.memory.now();
        let items = self.main.query(ROLLOUTS, Sorted::All, Reading::Eventual).await?;
        let value = items.iter().map(read).collect::<Result<Vec<_>, _>>()?.into();
        let found = Read { value, at: before.at };
        self.memory.keep_rollouts(before, found.clone());
        Ok(found)
    }

    /// Counts failures against the rollout of a release. If that ends it, the answer is how many there
    /// were.
    pub(super) async fn note_failures(
        &self,
        plugin: &PluginName,
        release: &Release,
        failures: u64,
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let place = Place::rollout(plugin);
        let running = || {
            let release = text(enabled::write_release(release));
            Expression::new().when("@ = $0", "release", [release]).when(
                "attribute_not_exists(@)",
                "stopped",
                [],
            )
        };
        let Outcome::Done(item) = self.main.update(&place, running().add("failures", failures)).await? else {
            return Ok(None);
        };
        let rollout = read(&item)?;
        if rollout.failures < u64::from(rollout.step_back_after) {
            return Ok(None);
        }
        // Whoever ends it says so, and nobody else.
        let ended = self.main.update(&place, running().set("stopped", time(now))).await?;
        self.memory.forget();
        Ok(matches!(ended, Outcome::Done(_)).then_some(rollout.failures))
    }
}

/// An edit that never fails.
#[expect(clippy::unnecessary_wraps, reason = "an edit can fail")]
fn pin(plugins: &mut [EnabledPlugin], rollout: &Rollout) -> Result<(), StoreError> {
    for enabled in plugins.iter_mut().filter(|enabled| enabled.name == rollout.plugin) {
        enabled.release = Some(rollout.release.clone());
    }
    Ok(())
}

fn write(rollout: &Rollout) -> Item {
    let Rollout { plugin, release, percent, step_back_after, failures, stepped_back } = rollout;
    Item::at(&Place::rollout(plugin))
        .with("plugin", text(plugin.as_str()))
        .with("release", text(enabled::write_release(release)))
        .with("percent", number(percent.number()))
        .with("step_back_after", number(step_back_after))
        .with("failures", number(failures))
        .with_some("stopped", stepped_back.map(time))
}

fn read(item: &Item) -> Result<Rollout, StoreError> {
    Ok(Rollout {
        plugin: PluginName::parse(item.text("plugin")?).map_err(damaged)?,
        release: enabled::read_release(item.text("release")?).map_err(damaged)?,
        percent: Percent::new(item.number("percent")?).ok_or_else(|| damaged("more than 100 per cent"))?,
        step_back_after: item.number("step_back_after")?,
        failures: item.number("failures")?,
        stepped_back: item.maybe_time("stopped")?,
    })
}
