use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::metrics::Metrics;

/// What a release of a plugin did.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// The calls of each hook, by its name. `start` is all before the first one.
    pub hooks: BTreeMap<String, Calls>,
    /// It trapped, or ran over a limit other than time.
    pub traps: u64,
    /// It ran, or slept, for longer than its time.
    pub timeouts: u64,
    /// It broke the contract, or said itself that it failed.
    pub faults: u64,
    /// It could not be had.
    pub unavailable: u64,
    /// Calls that left text unconsumed.
    pub holds: u64,
    /// The most bytes that it held back at once.
    pub most_held_bytes: u64,
    /// Requests that went on without it.
    pub skipped: u64,
    /// Times that it was left alone for a while after failures.
    pub breaker_openings: u64,
    /// What it counted itself.
    pub metrics: Metrics,
}

/// How long calls took: nanoseconds, and how many took about as long.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Calls(BTreeMap<u64, u64>);

impl Counts {
    /// Failures of the plugin itself, of every kind.
    pub fn failures(&self) -> u64 {
        let Self { traps, timeouts, faults, unavailable, .. } = self;
        traps + timeouts + faults + unavailable
    }

    /// Adds what another process counted.
    pub fn add(&mut self, other: &Self) {
        let Self {
            hooks,
            traps,
            timeouts,
            faults,
            unavailable,
            holds,
            most_held_bytes,
            skipped,
            breaker_openings,
            metrics,
        } = other;
        for (hook, calls) in hooks {
            let sum = self.hooks.entry(hook.clone()).or_default();
            for (nanos, count) in &calls.0 {
                *sum.0.entry(*nanos).or_default() += count;
            }
        }
        self.traps += traps;
        self.timeouts += timeouts;
        self.faults += faults;
        self.unavailable += unavailable;
        self.holds += holds;
        self.most_held_bytes = self.most_held_bytes.max(*most_held_bytes);
        self.skipped += skipped;
        self.breaker_openings += breaker_openings;
        self.metrics.add(metrics);
    }
}

impl Calls {
    /// How many.
    pub fn count(&self) -> u64 {
        self.0.values().sum()
    }

    /// The time, in microseconds, within which so many per cent of the calls ended.
    pub fn percentile_micros(&self, percent: u64) -> f64 {
        let wanted = (self.count() * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let slowest = self.0.iter().find(|(_, count)| {
            seen += **count;
            seen >= wanted
        });
        #[expect(clippy::cast_precision_loss, reason = "a call takes less than 2^52 ns")]
        slowest.map_or(0.0, |(nanos, _)| *nanos as f64 / 1e3)
    }
}

impl FromIterator<(u64, u64)> for Calls {
    fn from_iter<I: IntoIterator<Item = (u64, u64)>>(calls: I) -> Self {
        Self(calls.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_sum() {
        let counts = |calls: &[(u64, u64)]| Counts {
            hooks: BTreeMap::from([("text".to_owned(), calls.iter().copied().collect())]),
            faults: 1,
            most_held_bytes: calls.len() as u64,
            ..Counts::default()
        };
        let mut sum = counts(&[(1000, 50), (2500, 1)]);
        sum.add(&counts(&[(1000, 48), (9000, 1), (7000, 0)]));
        let text = &sum.hooks["text"];
        assert_eq!(text.count(), 100);
        let micros: Vec<String> =
            [0, 50, 98, 99, 100].map(|percent| text.percentile_micros(percent).to_string()).into();
        assert_eq!(micros, ["1", "1", "1", "2.5", "9"]);
        assert_eq!((sum.failures(), sum.most_held_bytes), (2, 3));
    }

    #[test]
    fn counts_of_an_older_adit_are_read() {
        let counts: Counts = serde_json::from_str(r#"{"hooks":{"route":{"100":2}},"traps":1}"#).unwrap();
        assert_eq!((counts.hooks["route"].count(), counts.traps, counts.faults), (2, 1, 0));
        let again = serde_json::from_str(&serde_json::to_string(&counts).unwrap()).unwrap();
        assert_eq!(counts, again);
    }
}
