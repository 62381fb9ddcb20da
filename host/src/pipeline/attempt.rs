//! A plugin's part in one request: what its health record and its breaker learn of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Failure;
use crate::health::{Admission, Record};
use crate::ids::KeyId;
use crate::telemetry::{Observation, PluginRun, Verdict};

/// What the breaker is told when nobody needs the plugin for the request any more: neither the chain,
/// nor whoever has the answer read or written in the plugin's format.
pub(super) struct Attempt {
    record: Arc<Record>,
    key: KeyId,
    admission: Admission,
    noted: Mutex<Noted>,
    watched: Watched,
}

/// What is told of the request, and as which of its plugins.
#[derive(Clone, Default)]
pub(super) struct Watched {
    pub(super) observation: Observation,
    pub(super) place: usize,
}

/// What was noted so far.
#[derive(Debug, Clone, Copy)]
struct Noted {
    outcome: Outcome,
    /// All calls together.
    took: Duration,
    verdict: Option<Verdict>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// It was not called.
    None,
    /// No call failed.
    Good,
    /// The breaker knows already.
    Failed,
}

impl Attempt {
    /// Asks whether the plugin may run.
    pub(super) fn new(record: Arc<Record>, key: &KeyId, watched: Watched) -> Self {
        let admission = record.breaker().admit(key, Instant::now());
        let noted = Noted { outcome: Outcome::None, took: Duration::ZERO, verdict: None };
        Self { record, key: key.clone(), admission, noted: Mutex::new(noted), watched }
    }

    /// Whether the plugin may run.
    pub(super) fn admission(&self) -> Admission {
        self.admission
    }

    /// What the release did in this process.
    pub(super) fn record(&self) -> &Record {
        &self.record
    }

    /// Whether a call has failed.
    pub(super) fn has_failed(&self) -> bool {
        self.noting().outcome == Outcome::Failed
    }

    /// Notes a call that began then and has come back.
    pub(super) fn called<T>(&self, call: &'static str, begun: Instant, answer: &Result<T, Failure>) {
        let took = begun.elapsed();
        self.record.called(call, took);
        let mut noted = self.noting();
        noted.took += took;
        noted.verdict = noted.verdict.max(Some(Verdict::Passed));
        // One good call, such as the finish hook's, does not make up for one that failed.
        if answer.is_ok() && noted.outcome == Outcome::None {
            noted.outcome = Outcome::Good;
        }
    }

    /// Notes what the plugin has done to the request or its answer.
    pub(super) fn judged(&self, verdict: Verdict) {
        let mut noted = self.noting();
        noted.verdict = noted.verdict.max(Some(verdict));
    }

    /// Notes a failure of the plugin.
    pub(super) fn failed(&self, failure: &Failure) {
        self.noting().outcome = Outcome::Failed;
        self.record.failed(failure);
        if self.record.breaker().failed(&self.key, Instant::now()) {
            self.record.breaker_opened();
            let (plugin, key) = (self.record.plugin().as_str(), self.key.as_str());
            tracing::warn!(plugin, key, "the breaker has opened: the plugin is not run for a while");
        }
    }

    /// Hands a failure on, noted if it is the plugin's and the first of the request: what has trapped
    /// can do nothing but fail from then on.
    pub(super) fn noted(&self, failure: Failure) -> Failure {
        if failure.is_of_a_plugin() && !self.has_failed() {
            self.failed(&failure);
            self.judged(Verdict::Failed);
        }
        failure
    }

    fn noting(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let Noted { outcome, took, verdict } = *self.noting();
        if let Some(verdict) = verdict.filter(|_| self.watched.observation.is_on()) {
            let Watched { observation, place } = &self.watched;
            let version = self.record.release().map(|release| release.version);
            observation.plugin(PluginRun {
                place: *place,
                name: self.record.plugin().clone(),
                version,
                took,
                verdict,
            });
        }
        match (outcome, self.admission) {
            (Outcome::Good, _) => self.record.breaker().succeeded(&self.key),
            (Outcome::None, Admission::Probe) => self.record.breaker().abstained(&self.key),
            (Outcome::None | Outcome::Failed, _) => {}
        }
    }
}
