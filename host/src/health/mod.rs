//! How plugins are doing: what each release of each plugin did, and whether it is let run.
//!
//! The pipeline notes what happens, the store keeps it, and `adit plugin status` shows it.

mod breaker;
mod counts;
mod metrics;
mod record;

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use tokio::sync::Notify;

use crate::config::BreakerSettings;
use crate::enabled::Release;
use crate::error::Failure;
use crate::ids::PluginName;

pub use breaker::{Admission, Breaker};
pub use counts::{Calls, Counts};
pub use metrics::{Distribution, Metric, Metrics, NotKept, Recorder};
pub use record::Record;

/// The records of all plugins that ran in this process.
#[derive(Default)]
pub struct Health {
    breaker: BreakerSettings,
    records: RwLock<HashMap<PluginName, Vec<Arc<Record>>>>,
    failed: Arc<Notify>,
}

/// What one process has counted of a release since it began.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The plugin.
    pub plugin: PluginName,
    /// The release; none is the file in the plugin folder.
    pub release: Option<Release>,
    /// What was counted.
    pub counts: Counts,
}

/// A rollout that ended by itself, because the release failed too often.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SteppedBack {
    /// The plugin.
    pub plugin: PluginName,
    /// The release that no key gets by the rollout any more.
    pub release: Release,
    /// How often it had failed.
    pub failures: u64,
}

/// Keeps what was counted where other processes see it.
#[async_trait]
pub trait Ledger: Send + Sync {
    /// Replaces what this process wrote before. Failures that are new count against the rollout of
    /// their release; the rollouts that ended by that are the answer.
    async fn write(&self, process: &str, entries: Vec<Entry>) -> Result<Vec<SteppedBack>, Failure>;
}

impl Health {
    /// No plugin ran yet.
    pub fn new(breaker: BreakerSettings) -> Self {
        Self { breaker, ..Self::default() }
    }

    /// The record of a release.
    pub fn record(&self, plugin: &PluginName, release: Option<&Release>) -> Arc<Record> {
        let find = |records: &HashMap<PluginName, Vec<Arc<Record>>>| {
            let record = records.get(plugin)?.iter().find(|record| record.release() == release);
            record.map(Arc::clone)
        };
        if let Some(record) = find(&self.records.read().unwrap_or_else(PoisonError::into_inner)) {
            return record;
        }
        let mut records = self.records.write().unwrap_or_else(PoisonError::into_inner);
        // Another request may have been quicker.
        if let Some(record) = find(&records) {
            return record;
        }
        let record = Arc::new(Record::new(plugin, release, self.breaker, Arc::clone(&self.failed)));
        records.entry(plugin.clone()).or_default().push(Arc::clone(&record));
        record
    }

    /// Writes what has changed since the last time.
    pub async fn flush(&self, ledger: &dyn Ledger, process: &str) -> Result<Vec<SteppedBack>, Failure> {
        let changed = self.changed();
        if changed.is_empty() {
            return Ok(Vec::new());
        }
        let entries = changed.iter().map(|(_, entry)| entry.clone()).collect();
        let written = ledger.write(process, entries).await;
        if written.is_err() {
            for (record, _) in &changed {
                record.mark_changed();
            }
        }
        written
    }

    /// Whether something has gone wrong that is not written yet, or could not be.
    pub fn is_urgent(&self) -> bool {
        let records = self.records.read().unwrap_or_else(PoisonError::into_inner);
        records.values().flatten().any(|record| record.is_urgent())
    }

    /// Waits until a release has failed that a rollout may have to step back from.
    pub async fn release_failed(&self) {
        self.failed.notified().await;
    }

    fn changed(&self) -> Vec<(Arc<Record>, Entry)> {
        let records = self.records.read().unwrap_or_else(PoisonError::into_inner);
        let changed = records.values().flatten().filter_map(|record| {
            let counts = record.take_changed()?;
            let (plugin, release) = (record.plugin().clone(), record.release().cloned());
            Some((Arc::clone(record), Entry { plugin, release, counts }))
        });
        changed.collect()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;
    use crate::enabled::{Digest, Version};
    use crate::error::Kind;

    #[derive(Default)]
    struct Notes {
        full: Mutex<bool>,
        written: Mutex<Vec<Vec<Entry>>>,
    }

    #[async_trait]
    impl Ledger for Notes {
        async fn write(&self, _: &str, entries: Vec<Entry>) -> Result<Vec<SteppedBack>, Failure> {
            if *self.full.lock().unwrap() {
                return Err(Failure::new(Kind::StoreUnavailable, "full"));
            }
            self.written.lock().unwrap().push(entries);
            Ok(Vec::new())
        }
    }

    #[tokio::test]
    async fn failures_and_breakers_that_open_are_urgent_until_they_are_written() {
        let (health, notes) = (Health::default(), Notes::default());
        let name = PluginName::parse("redact").unwrap();
        let record = health.record(&name, None);
        let usual: [fn(&Record); 3] =
            [|record| record.called("route", Duration::ZERO), |record| record.held(1), Record::skipped];
        let bad: [fn(&Record); 2] =
            [|record| record.failed(&Failure::new(Kind::PluginFault, "it broke")), Record::breaker_opened];
        for (note, is_urgent) in usual.map(|it| (it, false)).into_iter().chain(bad.map(|it| (it, true))) {
            note(&record);
            assert_eq!(health.is_urgent(), is_urgent);
            health.flush(&notes, "p").await.unwrap();
            assert!(!health.is_urgent());
        }
    }

    #[tokio::test]
    async fn only_what_has_changed_is_written_and_again_if_it_could_not_be() {
        let (health, notes) = (Health::default(), Notes::default());
        let name = PluginName::parse("redact").unwrap();
        let release = Release { version: Version::parse("1.0.0").unwrap(), digest: Digest::of(b"x") };
        health.record(&name, None).called("route", Duration::from_micros(3));
        health.record(&name, Some(&release));

        *notes.full.lock().unwrap() = true;
        assert!(!health.is_urgent());
        health.flush(&notes, "p").await.unwrap_err();
        assert!(health.is_urgent(), "what could not be written is tried again soon");
        *notes.full.lock().unwrap() = false;
        health.flush(&notes, "p").await.unwrap();
        health.flush(&notes, "p").await.unwrap();
        health.record(&name, Some(&release)).skipped();
        health.flush(&notes, "p").await.unwrap();
        health.record(&name, Some(&release)).recorder().add("hits", 1).unwrap();
        health.flush(&notes, "p").await.unwrap();

        let written = notes.written.lock().unwrap();
        let releases: Vec<Vec<Option<Release>>> = written
            .iter()
            .map(|entries| entries.iter().map(|entry| entry.release.clone()).collect())
            .collect();
        assert_eq!(releases, [vec![None], vec![Some(release.clone())], vec![Some(release)]]);
        assert_eq!(written[0][0].counts.hooks["route"].count(), 1);
        assert!(written[1][0].counts.metrics.is_empty() && !written[2][0].counts.metrics.is_empty());
    }
}
