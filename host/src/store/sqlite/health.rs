//! What plugins did, as each process has counted it.

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Transaction, params};

use super::super::record::{damaged, enabled};
use super::super::{PluginStatus, StoreError};
use super::rows::time;
use super::{Sqlite, releases};
use crate::error::Failure;
use crate::health::{Counts, Entry, Ledger, SteppedBack};
use crate::ids::PluginName;

/// How long the counts of a process are kept that does not write any more.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 7);

/// How the release of a plugin of the folder is written: it has none.
const FOLDER: &str = "";

#[async_trait]
impl Ledger for Sqlite {
    async fn write(&self, process: &str, entries: Vec<Entry>) -> Result<Vec<SteppedBack>, Failure> {
        let (process, now) = (process.to_owned(), Timestamp::now());
        Ok(self.write(move |transaction| write(transaction, &process, &entries, now)).await?)
    }
}

fn write(
    transaction: &Transaction<'_>,
    process: &str,
    entries: &[Entry],
    now: Timestamp,
) -> Result<Vec<SteppedBack>, StoreError> {
    let old = now.saturating_sub(LIFETIME).unwrap_or(Timestamp::MIN);
    transaction
        .prepare_cached("DELETE FROM plugin_status WHERE updated < ?1")?
        .execute([old.as_millisecond()])?;
    let mut stepped_back = Vec::new();
    for entry in entries {
        let Entry { plugin, release, counts } = entry;
        let text = release.as_ref().map_or_else(|| FOLDER.to_owned(), enabled::write_release);
        let before = transaction
            .prepare_cached(
                "SELECT counts FROM plugin_status WHERE process = ?1 AND plugin = ?2 AND release = ?3",
            )?
            .query_row([process, plugin.as_str(), &text], |row| row.get::<_, String>(0))
            .optional()?;
        let before = before.as_deref().map(read_counts).transpose()?.unwrap_or_default();
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO plugin_status (process, plugin, release, counts, updated) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                process,
                plugin.as_str(),
                text,
                // Names and numbers: nothing that could fail to be written.
                serde_json::to_string(counts).unwrap_or_default(),
                now.as_millisecond()
            ])?;
        let failures = counts.failures().saturating_sub(before.failures());
        if let (Some(release), 1..) = (release, failures) {
            let ended = releases::note_failures(transaction, plugin, release, failures, now)?;
            stepped_back.extend(ended.map(|failures| SteppedBack {
                plugin: plugin.clone(),
                release: release.clone(),
                failures,
            }));
        }
    }
    Ok(stepped_back)
}

/// What each release of each plugin did, summed over the processes of the last week.
pub(super) fn status(transaction: &Transaction<'_>) -> Result<Vec<PluginStatus>, StoreError> {
    let mut statement = transaction.prepare_cached(
        "SELECT plugin, release, counts, updated FROM plugin_status ORDER BY plugin, release",
    )?;
    let rows = statement.query_map([], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get(3)?))
    })?;
    let mut all: Vec<PluginStatus> = Vec::new();
    for row in rows {
        let (plugin, release, counts, updated) = row?;
        let plugin = PluginName::parse(plugin).map_err(damaged)?;
        let release = (release != FOLDER).then(|| enabled::read_release(&release)).transpose();
        let release = release.map_err(damaged)?;
        let (counts, written) = (read_counts(&counts)?, time(updated)?);
        match all.last_mut().filter(|last| last.plugin == plugin && last.release == release) {
            Some(sum) => {
                sum.counts.add(&counts);
                sum.processes += 1;
                sum.written = sum.written.max(written);
            }
            None => all.push(PluginStatus { plugin, release, counts, processes: 1, written }),
        }
    }
    Ok(all)
}

fn read_counts(text: &str) -> Result<Counts, StoreError> {
    serde_json::from_str(text).map_err(damaged)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]
    use tempfile::TempDir;

    use super::super::super::{Keys, NewKey, Releases};
    use super::*;
    use crate::enabled::{Digest, EnabledPlugin, Percent, Release, Rollout, Version};
    use crate::store::{KeyName, Position};

    fn name() -> PluginName {
        PluginName::parse("redact").unwrap()
    }

    fn release(version: &str) -> Release {
        let digest = Digest::of(version.as_bytes());
        Release { version: Version::parse(version).unwrap(), digest }
    }

    fn entry(release: Option<Release>, traps: u64, calls: u64) -> Entry {
        let hooks = [("text".to_owned(), [(1000, calls)].into_iter().collect())].into();
        Entry { plugin: name(), release, counts: Counts { hooks, traps, ..Counts::default() } }
    }

    #[tokio::test]
    async fn the_counts_of_processes_are_summed_and_those_of_one_replace_each_other() {
        let folder = TempDir::new().unwrap();
        let store = Sqlite::open(folder.path()).unwrap();
        for (process, traps, calls) in [("a", 1, 10), ("a", 2, 20), ("b", 0, 5)] {
            Ledger::write(&store, process, vec![entry(None, traps, calls)]).await.unwrap();
        }
        Ledger::write(&store, "b", vec![entry(Some(release("1.0.0")), 7, 0)]).await.unwrap();
        let status = store.plugin_status().await.unwrap();
        assert_eq!(status.len(), 2);
        assert_eq!((status[0].release.as_ref(), status[0].processes), (None, 2));
        assert_eq!((status[0].counts.traps, status[0].counts.hooks["text"].count()), (2, 25));
        assert_eq!(status[1].release, Some(release("1.0.0")));
    }

    #[tokio::test]
    async fn a_rollout_steps_back_after_its_failures_for_every_process() {
        let folder = TempDir::new().unwrap();
        let (store, other) = (Sqlite::open(folder.path()).unwrap(), Sqlite::open(folder.path()).unwrap());
        let (_, key) = store.create(NewKey::named(KeyName::parse("laptop").unwrap())).await.unwrap();
        let pinned = EnabledPlugin { release: Some(release("1.0.0")), ..EnabledPlugin::new(name(), "{}") };
        store.enable_plugin(&key.id, pinned.clone(), Position::Last).await.unwrap();
        let runs = async |store: &Sqlite| {
            let found = store.find(&key.id).await.unwrap().unwrap();
            found.terms.plugins[0].release.as_ref().map(|release| release.version.to_string()).unwrap()
        };
        assert_eq!(runs(&other).await, "1.0.0");
        let rollout = Rollout {
            plugin: name(),
            release: release("2.0.0"),
            percent: Percent::ALL,
            step_back_after: 3,
            failures: 0,
            stepped_back: None,
        };
        store.start_rollout(rollout).await.unwrap();
        assert_eq!(runs(&other).await, "2.0.0");
        assert_eq!(store.list().await.unwrap()[0].plugins, [pinned], "what is pinned stays");

        let failing = |process: &'static str, version, traps| {
            Ledger::write(&other, process, vec![entry(Some(release(version)), traps, 0)])
        };
        assert_eq!(failing("a", "1.0.0", 9).await.unwrap(), [], "not the one that is tried");
        assert_eq!(failing("a", "2.0.0", 2).await.unwrap(), []);
        assert_eq!(failing("a", "2.0.0", 2).await.unwrap(), [], "the same two");
        assert_eq!(runs(&store).await, "2.0.0");
        let ended = failing("b", "2.0.0", 1).await.unwrap();
        assert_eq!((ended[0].plugin.clone(), ended[0].failures), (name(), 3));
        assert_eq!(failing("b", "2.0.0", 4).await.unwrap(), [], "said once");
        assert_eq!((runs(&store).await, runs(&other).await), ("1.0.0".to_owned(), "1.0.0".to_owned()));
        assert!(store.rollouts().await.unwrap()[0].stepped_back.is_some());
    }

    #[tokio::test]
    async fn a_rollout_to_all_keys_can_be_made_their_own_and_any_can_be_stopped() {
        let folder = TempDir::new().unwrap();
        let store = Sqlite::open(folder.path()).unwrap();
        let (_, key) = store.create(NewKey::named(KeyName::parse("laptop").unwrap())).await.unwrap();
        store.enable_plugin(&key.id, EnabledPlugin::new(name(), "{}"), Position::Last).await.unwrap();
        let rollout = |percent| Rollout {
            plugin: name(),
            release: release("2.0.0"),
            percent: Percent::new(percent).unwrap(),
            step_back_after: 3,
            failures: 0,
            stepped_back: None,
        };
        store.start_rollout(rollout(99)).await.unwrap();
        assert!(store.finish_rollout(&name()).await.is_err());
        assert_eq!(store.rollouts().await.unwrap(), [rollout(99)]);
        store.start_rollout(rollout(100)).await.unwrap();
        assert_eq!(store.finish_rollout(&name()).await.unwrap(), release("2.0.0"));
        assert_eq!(store.rollouts().await.unwrap(), []);
        assert_eq!(store.list().await.unwrap()[0].plugins[0].release, Some(release("2.0.0")));

        store.start_rollout(rollout(5)).await.unwrap();
        store.stop_rollout(&name()).await.unwrap();
        assert!(store.stop_rollout(&name()).await.is_err());
    }
}
