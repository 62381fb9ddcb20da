//! What plugins count, in memory, until somebody looks.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::enabled::Release;
use crate::ids::PluginName;

/// The most names of one release of a plugin.
const MAX_NAMES: usize = 32;

/// The recorders of all plugins, one for each release.
#[derive(Debug, Default)]
pub struct Metrics(Mutex<HashMap<(PluginName, String), Arc<Recorder>>>);

/// What one release of a plugin has counted since the process began.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The plugin.
    pub plugin: PluginName,
    /// Its version and digest; empty for a file of the plugin folder.
    pub release: String,
    /// By name.
    pub metrics: BTreeMap<String, Metric>,
}

/// A number of a plugin.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Metric {
    /// The sum of what was added.
    Counter(u64),
    /// What was observed.
    Distribution(Distribution),
}

/// Values in brief.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Distribution {
    /// How many.
    pub count: u64,
    /// All of them together.
    pub sum: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Metrics {
    /// Where a release of a plugin counts.
    pub(super) fn recorder(&self, plugin: &PluginName, release: Option<&Release>) -> Arc<Recorder> {
        let release = release.map(|release| format!("{} {}", release.version, release.digest));
        let key = (plugin.clone(), release.unwrap_or_default());
        Arc::clone(lock(&self.0).entry(key).or_default())
    }

    /// All that was counted so far, by plugin and release.
    pub fn snapshot(&self) -> Vec<Recorded> {
        let recorders = lock(&self.0);
        let mut all: Vec<_> = recorders
            .iter()
            .map(|((plugin, release), recorder)| Recorded {
                plugin: plugin.clone(),
                release: release.clone(),
                metrics: recorder.snapshot(),
            })
            .collect();
        all.sort_by(|one, other| (&one.plugin, &one.release).cmp(&(&other.plugin, &other.release)));
        all
    }
}

/// Why a number was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotKept {
    #[error("a name has 1 to 64 lower-case letters, digits, `_` and `.`")]
    Name,
    #[error("there are {MAX_NAMES} names already")]
    TooMany,
    #[error("it is both added to and observed")]
    Kind,
    #[error("the value is not finite")]
    Value,
}

/// The numbers of one release of a plugin.
#[derive(Debug, Default)]
pub(super) struct Recorder(Mutex<BTreeMap<String, Metric>>);

impl Recorder {
    /// Adds to a counter.
    pub(super) fn add(&self, name: &str, value: u64) -> Result<(), NotKept> {
        self.change(name, Metric::Counter(0), |metric| match metric {
            Metric::Counter(sum) => {
                *sum = sum.saturating_add(value);
                Ok(())
            }
            Metric::Distribution(_) => Err(NotKept::Kind),
        })
    }

    /// Notes a value of a distribution.
    pub(super) fn observe(&self, name: &str, value: f64) -> Result<(), NotKept> {
        if !value.is_finite() {
            return Err(NotKept::Value);
        }
        let none = Distribution { count: 0, sum: 0.0, min: value, max: value };
        self.change(name, Metric::Distribution(none), |metric| match metric {
            Metric::Distribution(values) => {
                values.count = values.count.saturating_add(1);
                values.sum += value;
                values.min = values.min.min(value);
                values.max = values.max.max(value);
                Ok(())
            }
            Metric::Counter(_) => Err(NotKept::Kind),
        })
    }

    fn change(
        &self,
        name: &str,
        new: Metric,
        change: impl FnOnce(&mut Metric) -> Result<(), NotKept>,
    ) -> Result<(), NotKept> {
        let mut metrics = lock(&self.0);
        if let Some(metric) = metrics.get_mut(name) {
            return change(metric);
        }
        if !is_name(name) {
            return Err(NotKept::Name);
        }
        if metrics.len() >= MAX_NAMES {
            return Err(NotKept::TooMany);
        }
        change(metrics.entry(name.to_owned()).or_insert(new))
    }

    fn snapshot(&self) -> BTreeMap<String, Metric> {
        lock(&self.0).clone()
    }
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.'))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn counts_for_each_plugin_by_name() {
        let metrics = Metrics::default();
        let (keep, call) = (PluginName::parse("keep").unwrap(), PluginName::parse("call").unwrap());
        metrics.recorder(&keep, None).add("hits", 2).unwrap();
        metrics.recorder(&keep, None).add("hits", u64::MAX).unwrap();
        for value in [3.0, -1.0] {
            metrics.recorder(&call, None).observe("took.ms", value).unwrap();
        }
        let all = metrics.snapshot();
        assert_eq!((&all[0].plugin, &all[1].plugin), (&call, &keep));
        let took = Distribution { count: 2, sum: 2.0, min: -1.0, max: 3.0 };
        assert_eq!(all[0].metrics, [("took.ms".to_owned(), Metric::Distribution(took))].into());
        assert_eq!(all[1].metrics, [("hits".to_owned(), Metric::Counter(u64::MAX))].into());
    }

    #[test]
    fn keeps_so_many_names_and_no_more() {
        let recorder = Recorder::default();
        for number in 0..MAX_NAMES {
            recorder.add(&format!("n{number}"), 1).unwrap();
        }
        assert_eq!(recorder.add("one_more", 1), Err(NotKept::TooMany));
        recorder.add("n7", 1).unwrap();
        assert_eq!(recorder.snapshot().len(), MAX_NAMES);
    }

    #[test]
    fn refuses_odd_names_odd_values_and_a_name_for_two_things() {
        let recorder = Recorder::default();
        for name in ["", "Hits", "a b", "a\n", "é", &"x".repeat(65)] {
            assert_eq!(recorder.add(name, 1), Err(NotKept::Name), "{name}");
        }
        for value in [f64::NAN, f64::INFINITY] {
            assert_eq!(recorder.observe("v", value), Err(NotKept::Value));
        }
        recorder.add("n", 1).unwrap();
        assert_eq!(recorder.observe("n", 1.0), Err(NotKept::Kind));
    }
}
