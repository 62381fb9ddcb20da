//! A plugin's part in one request: what its health record and its breaker learn of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::error::Failure;
use crate::health::{Admission, Breaker, Record};
use crate::ids::KeyId;
use crate::telemetry::{Observation, PluginRun, Verdict};

/// What the breaker is told when nobody needs the plugin for the request any more: neither the chain,
/// nor whoever has the answer read or written in the plugin's format.
pub(super) struct Attempt {
    record: Arc<Record>,
    part: Part,
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

/// What a plugin is needed for. Each has a breaker of its own: a tool that fails takes no chat away, for
/// which the same plugin may be needed.
#[derive(Debug, Clone, Copy)]
enum Part {
    Hooks,
    Tools,
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
        Self::at(Part::Hooks, record, key, watched)
    }

    /// Asks whether its tools may run.
    pub(super) fn of_a_tool(&self) -> Self {
        Self::at(Part::Tools, Arc::clone(&self.record), &self.key, self.watched.clone())
    }

    fn at(part: Part, record: Arc<Record>, key: &KeyId, watched: Watched) -> Self {
        let admission = breaker(&record, part).admit(key, Instant::now());
        let noted = Noted { outcome: Outcome::None, took: Duration::ZERO, verdict: None };
        Self { record, part, key: key.clone(), admission, noted: Mutex::new(noted), watched }
    }

    fn breaker(&self) -> &Breaker {
        breaker(&self.record, self.part)
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
        if self.breaker().failed(&self.key, Instant::now()) {
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

fn breaker(record: &Record, part: Part) -> &Breaker {
    match part {
        Part::Hooks => record.breaker(),
        Part::Tools => record.tool_breaker(),
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
            (Outcome::Good, _) => self.breaker().succeeded(&self.key),
            (Outcome::None, Admission::Probe) => self.breaker().abstained(&self.key),
            (Outcome::None | Outcome::Failed, _) => {}
        }
    }
}
