//! Releases that run for some keys. All rollouts are one item, with attributes for each plugin: they are few,
//! and whoever looks for a key reads them along with it.

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::record::{damaged, enabled};
use super::super::{Keys, PluginStatus, Releases, StoreError, Teams};
use super::contention::{ATTEMPTS, pause};
use super::expression::Expression;
use super::item::{Item, number, text, time};
use super::place::Place;
use super::table::{Outcome, Reading};
use super::{Dynamo, ledger};
use crate::enabled::{EnabledPlugin, Percent, Release, Rollout, Version};
use crate::ids::PluginName;

#[async_trait]
impl Releases for Dynamo {
    async fn rollouts(&self) -> Result<Vec<Rollout>, StoreError> {
        self.rollouts_in(Reading::Consistent).await
    }

    async fn start_rollout(&self, rollout: Rollout) -> Result<(), StoreError> {
        self.main.update(&Place::rollouts(), starting(&rollout)).await?;
        self.memory.forget();
        Ok(())
    }

    async fn stop_rollout(&self, plugin: &PluginName) -> Result<(), StoreError> {
        let stopped = self.main.update(&Place::rollouts(), ending(plugin)).await?;
        self.memory.forget();
        match stopped {
            Outcome::Done(_) => Ok(()),
            Outcome::Refused(_) => Err(StoreError::NoRollout(plugin.clone())),
        }
    }

    /// Key by key and team by team: meanwhile all of them have the release by the rollout, which ends last.
    async fn finish_rollout(&self, plugin: &PluginName) -> Result<Release, StoreError> {
        let all = self.rollouts_in(Reading::Consistent).await?;
        let rollout = all.into_iter().find(|rollout| rollout.plugin == *plugin);
        let rollout = rollout.ok_or_else(|| StoreError::NoRollout(plugin.clone()))?;
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
    async fn rollouts_in(&self, reading: Reading) -> Result<Vec<Rollout>, StoreError> {
        self.main
            .get(&Place::rollouts(), reading)
            .await?
            .map_or_else(|| Ok(Vec::new()), |item| read_all(&item))
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
        let place = Place::rollouts();
        let stopped = attribute(STOPPED, plugin);
        let running = || {
            let release = text(enabled::write_release(release));
            Expression::new().when("@ = $0", &attribute(RELEASE, plugin), [release]).when(
                "attribute_not_exists(@)",
                &stopped,
                [],
            )
        };
        let failing = running().add(&attribute(FAILURES, plugin), failures);
        let Outcome::Done(item) = self.main.update(&place, failing).await? else {
            return Ok(None);
        };
        let rollout = read(&item, plugin.clone())?;
        if rollout.failures < u64::from(rollout.step_back_after) {
            return Ok(None);
        }
        // Whoever ends it says so, and nobody else.
        let ended = self.main.update(&place, running().set(&stopped, time(now))).await?;
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

/// What the attributes of a rollout begin with. The name of its plugin follows.
const RELEASE: &str = "release:";
const PERCENT: &str = "percent:";
const STEP_BACK_AFTER: &str = "step_back_after:";
const FAILURES: &str = "failures:";
const STOPPED: &str = "stopped:";

fn attribute(prefix: &str, plugin: &PluginName) -> String {
    format!("{prefix}{plugin}")
}

fn starting(rollout: &Rollout) -> Expression {
    let Rollout { plugin, release, percent, step_back_after, failures, stepped_back } = rollout;
    let stopped = attribute(STOPPED, plugin);
    let change = Expression::new()
        .set(&attribute(RELEASE, plugin), text(enabled::write_release(release)))
        .set(&attribute(PERCENT, plugin), number(percent.number()))
        .set(&attribute(STEP_BACK_AFTER, plugin), number(step_back_after))
        .set(&attribute(FAILURES, plugin), number(failures));
    match stepped_back {
        Some(at) => change.set(&stopped, time(*at)),
        None => change.remove(&stopped),
    }
}

fn ending(plugin: &PluginName) -> Expression {
    let there = Expression::new().when("attribute_exists(@)", &attribute(RELEASE, plugin), []);
    [RELEASE, PERCENT, STEP_BACK_AFTER, FAILURES, STOPPED]
        .into_iter()
        .fold(there, |change, prefix| change.remove(&attribute(prefix, plugin)))
}

/// All rollouts, by the names of their plugins.
pub(super) fn read_all(item: &Item) -> Result<Vec<Rollout>, StoreError> {
    let mut plugins: Vec<_> = item.0.keys().filter_map(|name| name.strip_prefix(RELEASE)).collect();
    plugins.sort_unstable();
    plugins.into_iter().map(|plugin| read(item, PluginName::parse(plugin).map_err(damaged)?)).collect()
}

fn read(item: &Item, plugin: PluginName) -> Result<Rollout, StoreError> {
    let of = |prefix| attribute(prefix, &plugin);
    Ok(Rollout {
        release: enabled::read_release(item.text(&of(RELEASE))?).map_err(damaged)?,
        percent: Percent::new(item.number(&of(PERCENT))?).ok_or_else(|| damaged("more than 100 per cent"))?,
        step_back_after: item.number(&of(STEP_BACK_AFTER))?,
        failures: item.number(&of(FAILURES))?,
        stepped_back: item.maybe_time(&of(STOPPED))?,
        plugin,
    })
}
