//! What plugins count themselves, through the `metrics` of the contract.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

/// The most names of one release of a plugin.
const MAX_NAMES: usize = 32;

/// The numbers of a release of a plugin, by name: never more than so many.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metrics(BTreeMap<String, Metric>);

/// A number of a plugin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The sum of what was added.
    Counter(u64),
    /// What was observed.
    Distribution(Distribution),
}

/// Values in brief.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Distribution {
    /// How many.
    pub count: u64,
    /// All of them together: finite, as JSON has no other numbers.
    pub sum: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Metrics {
    /// In the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Metric)> {
        self.0.iter().map(|(name, metric)| (name.as_str(), metric))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds what another process counted. What does not fit to what is there is left out: a name that has
    /// become something else, and names beyond the most.
    pub fn add(&mut self, other: &Self) {
        for (name, metric) in &other.0 {
            let room = self.0.len() < MAX_NAMES;
            match (self.0.get_mut(name), metric) {
                (Some(Metric::Counter(sum)), Metric::Counter(more)) => *sum = sum.saturating_add(*more),
                (Some(Metric::Distribution(values)), Metric::Distribution(more)) => values.add(more),
                (None, _) if room => {
                    self.0.insert(name.clone(), *metric);
                }
                _ => {}
            }
        }
    }
}

impl Distribution {
    /// The mean of the values.
    pub fn mean(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a mean is no exact number")]
        let count = self.count.max(1) as f64;
        self.sum / count
    }

    fn add(&mut self, other: &Self) {
        self.count = self.count.saturating_add(other.count);
        self.sum = (self.sum + other.sum).clamp(f64::MIN, f64::MAX);
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

/// Why a number was not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotKept {
    /// The name is none.
    #[error("a name has 1 to 64 lower-case letters, digits, `_` and `.`")]
    Name,
    /// There is no room for another name.
    #[error("there are {MAX_NAMES} names already")]
    TooMany,
    /// The name is one of another kind of number.
    #[error("it is both added to and observed")]
    Kind,
    /// The value is none.
    #[error("the value is not finite")]
    Value,
}

/// Where the instances of one release of a plugin count.
#[derive(Debug, Default)]
pub struct Recorder(Mutex<Recorded>);

#[derive(Debug, Default)]
struct Recorded {
    metrics: Metrics,
    changed: bool,
}

impl Recorder {
    /// Adds to a counter.
    pub fn add(&self, name: &str, value: u64) -> Result<(), NotKept> {
        self.change(name, Metric::Counter(0), |metric| match metric {
            Metric::Counter(sum) => {
                *sum = sum.saturating_add(value);
                Ok(())
            }
            Metric::Distribution(_) => Err(NotKept::Kind),
        })
    }

    /// Notes a value of a distribution.
    pub fn observe(&self, name: &str, value: f64) -> Result<(), NotKept> {
        if !value.is_finite() {
            return Err(NotKept::Value);
        }
        let none = Distribution { count: 0, sum: 0.0, min: value, max: value };
        self.change(name, Metric::Distribution(none), |metric| match metric {
            Metric::Distribution(values) => {
                values.add(&Distribution { count: 1, sum: value, min: value, max: value });
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
        let Recorded { metrics: Metrics(metrics), changed } = &mut *self.recorded();
        if let Some(metric) = metrics.get_mut(name) {
            change(metric)?;
        } else if !is_name(name) {
            return Err(NotKept::Name);
        } else if metrics.len() >= MAX_NAMES {
            return Err(NotKept::TooMany);
        } else {
            change(metrics.entry(name.to_owned()).or_insert(new))?;
        }
        *changed = true;
        Ok(())
    }

    /// Whether there is anything new since the last time.
    pub(super) fn take_changed(&self) -> bool {
        std::mem::take(&mut self.recorded().changed)
    }

    /// All that was counted so far.
    pub(super) fn snapshot(&self) -> Metrics {
        self.recorded().metrics.clone()
    }

    fn recorded(&self) -> MutexGuard<'_, Recorded> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
        && name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]
    use super::*;

    fn metric(recorder: &Recorder, name: &str) -> Metric {
        recorder.snapshot().0[name]
    }

    #[test]
    fn counts_and_observes_by_name() {
        let recorder = Recorder::default();
        recorder.add("hits", 2).unwrap();
        recorder.add("hits", u64::MAX).unwrap();
        for value in [3.0, -1.0] {
            recorder.observe("took.ms", value).unwrap();
        }
        let took = Distribution { count: 2, sum: 2.0, min: -1.0, max: 3.0 };
        assert_eq!(metric(&recorder, "took.ms"), Metric::Distribution(took));
        assert_eq!(metric(&recorder, "hits"), Metric::Counter(u64::MAX));
        assert_eq!(took.mean().to_string(), "1");
    }

    #[test]
    fn what_processes_counted_is_summed_and_no_more_names_than_one_may_have() {
        let (one, other) = (Recorder::default(), Recorder::default());
        for recorder in [&one, &other] {
            recorder.add("hits", 2).unwrap();
            recorder.observe("ms", 4.0).unwrap();
        }
        one.add("kind", 1).unwrap();
        other.observe("kind", 1.0).unwrap();
        for number in 0..MAX_NAMES - 3 {
            one.add(&format!("one{number}"), 1).unwrap();
            other.add(&format!("other{number}"), 1).unwrap();
        }
        let mut sum = one.snapshot();
        sum.add(&other.snapshot());
        assert_eq!(sum.0.len(), MAX_NAMES);
        let both = Distribution { count: 2, sum: 8.0, min: 4.0, max: 4.0 };
        let expected = [Metric::Counter(4), Metric::Counter(1), Metric::Distribution(both)];
        assert_eq!(["hits", "kind", "ms"].map(|name| sum.0[name]), expected);
    }

    #[test]
    fn the_greatest_values_can_still_be_written() {
        let recorder = Recorder::default();
        for value in [f64::MAX, f64::MAX] {
            recorder.observe("v", value).unwrap();
        }
        let text = serde_json::to_string(&recorder.snapshot()).unwrap();
        assert_eq!(serde_json::from_str::<Metrics>(&text).unwrap(), recorder.snapshot(), "{text}");
    }

    #[test]
    fn only_what_was_kept_is_a_change() {
        let recorder = Recorder::default();
        recorder.add("Odd", 1).unwrap_err();
        assert!(!recorder.take_changed());
        recorder.add("hits", 1).unwrap();
        recorder.observe("hits", 1.0).unwrap_err();
        assert!(recorder.take_changed() && !recorder.take_changed());
    }

    #[test]
    fn keeps_so_many_names_and_no_more() {
        let recorder = Recorder::default();
        for number in 0..MAX_NAMES {
            recorder.add(&format!("n{number}"), 1).unwrap();
        }
        assert_eq!(recorder.add("one_more", 1), Err(NotKept::TooMany));
        recorder.add("n7", 1).unwrap();
        assert_eq!(recorder.snapshot().0.len(), MAX_NAMES);
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
