use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use tokio::sync::Notify;

use super::breaker::Breaker;
use super::counts::Counts;
use super::metrics::Recorder;
use crate::config::BreakerSettings;
use crate::enabled::Release;
use crate::error::{Failure, Fault, Kind};
use crate::ids::PluginName;

/// What one release of a plugin did in this process.
pub struct Record {
    plugin: PluginName,
    release: Option<Release>,
    breaker: Breaker,
    tool_breaker: Breaker,
    noted: Mutex<Noted>,
    recorder: Arc<Recorder>,
    failed: Arc<Notify>,
}

#[derive(Default)]
struct Noted {
    /// By the name of the hook: too few for anything but a list.
    calls: Vec<(&'static str, Histogram<u64>)>,
    /// All but the calls, and what the plugin counts itself.
    counts: Counts,
    news: News,
}

/// What was noted since it was written the last time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum News {
    #[default]
    None,
    /// Calls, and what the plugin counts.
    Usual,
    /// Failures: a rollout may have to step back because of them, and an operator to look.
    Bad,
}

impl Record {
    pub(super) fn new(
        plugin: &PluginName,
        release: Option<&Release>,
        settings: BreakerSettings,
        failed: Arc<Notify>,
    ) -> Self {
        Self {
            plugin: plugin.clone(),
            release: release.cloned(),
            breaker: Breaker::new(settings),
            tool_breaker: Breaker::new(settings),
            noted: Mutex::default(),
            recorder: Arc::default(),
            failed,
        }
    }

    /// Of which plugin.
    pub fn plugin(&self) -> &PluginName {
        &self.plugin
    }

    /// Of which release; none is the file in the plugin folder.
    pub fn release(&self) -> Option<&Release> {
        self.release.as_ref()
    }

    /// Whether it may run.
    pub fn breaker(&self) -> &Breaker {
        &self.breaker
    }

    /// Whether its tools may be called.
    pub fn tool_breaker(&self) -> &Breaker {
        &self.tool_breaker
    }

    /// Where the plugin counts itself.
    pub fn recorder(&self) -> &Arc<Recorder> {
        &self.recorder
    }

    /// Notes a call.
    pub fn called(&self, hook: &'static str, took: Duration) {
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        let mut noted = self.noted();
        noted.news = noted.news.max(News::Usual);
        if let Some((_, calls)) = noted.calls.iter_mut().find(|(name, _)| *name == hook) {
            calls.saturating_record(nanos);
        } else if let Some(mut calls) = histogram() {
            calls.saturating_record(nanos);
            noted.calls.push((hook, calls));
        }
    }

    /// Notes a failure of the plugin itself.
    pub fn failed(&self, failure: &Failure) {
        self.note(News::Bad, |counts| match (failure.kind, failure.fault) {
            (Kind::PluginUnavailable, _) => counts.unavailable += 1,
            (_, Some(Fault::Trap)) => counts.traps += 1,
            (_, Some(Fault::Timeout)) => counts.timeouts += 1,
            (_, None) => counts.faults += 1,
        });
        if self.release.is_some() {
            self.failed.notify_one();
        }
    }

    /// Notes a call that left text unconsumed.
    pub fn held(&self, bytes: usize) {
        self.note(News::Usual, |counts| {
            counts.holds += 1;
            counts.most_held_bytes = counts.most_held_bytes.max(bytes as u64);
        });
    }

    /// Notes a request that goes on without it.
    pub fn skipped(&self) {
        self.note(News::Usual, |counts| counts.skipped += 1);
    }

    /// Notes that the breaker has opened.
    pub fn breaker_opened(&self) {
        self.note(News::Bad, |counts| counts.breaker_openings += 1);
    }

    /// All that was noted, if there is anything new.
    pub(super) fn take_changed(&self) -> Option<Counts> {
        let mut noted = self.noted();
        let counted = self.recorder.take_changed();
        if std::mem::take(&mut noted.news) == News::None && !counted {
            return None;
        }
        let mut counts = Counts { metrics: self.recorder.snapshot(), ..noted.counts.clone() };
        for (hook, calls) in &noted.calls {
            let calls = calls.iter_recorded().map(|step| (step.value_iterated_to(), step.count_at_value()));
            counts.hooks.insert((*hook).to_owned(), calls.collect());
        }
        Some(counts)
    }

    /// What was taken was not written.
    pub(super) fn mark_changed(&self) {
        self.noted().news = News::Bad;
    }

    /// Whether there is something that is to be written at once.
    pub(super) fn is_urgent(&self) -> bool {
        self.noted().news == News::Bad
    }

    fn note(&self, news: News, note: impl FnOnce(&mut Counts)) {
        let mut noted = self.noted();
        noted.news = noted.news.max(news);
        note(&mut noted.counts);
    }

    fn noted(&self) -> MutexGuard<'_, Noted> {
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// From 100 ns to a minute, to two digits.
fn histogram() -> Option<Histogram<u64>> {
    Histogram::new_with_bounds(100, 60_000_000_000, 2).ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]
    use super::*;

    fn record() -> Record {
        let name = PluginName::parse("redact").unwrap();
        Record::new(&name, None, BreakerSettings::default(), Arc::default())
    }

    #[test]
    fn calls_are_kept_to_two_digits() {
        let record = record();
        for micros in 1..=100 {
            record.called("text", Duration::from_micros(micros));
        }
        record.called("start", Duration::from_hours(1));
        let counts = record.take_changed().unwrap();
        let text = &counts.hooks["text"];
        assert_eq!(text.count(), 100);
        for percent in [50, 99] {
            let micros = text.percentile_micros(percent);
            #[expect(clippy::cast_precision_loss, reason = "a small number")]
            let exact = percent as f64;
            assert!((micros - exact).abs() <= exact / 100.0, "p{percent}: {micros}");
        }
        assert_eq!(counts.hooks["start"].count(), 1, "what is out of bounds counts too");
        assert_eq!(record.take_changed(), None);
    }

    #[test]
    fn failures_are_counted_by_their_cause() {
        let record = record();
        let plugin = Failure::plugin(record.plugin(), "it broke");
        record.failed(&plugin);
        record.failed(&plugin.clone().with_fault(Fault::Trap));
        record.failed(&plugin.with_fault(Fault::Timeout));
        record.failed(&Failure::new(Kind::PluginUnavailable, "not there"));
        let counts = record.take_changed().unwrap();
        assert_eq!((counts.faults, counts.traps, counts.timeouts, counts.unavailable), (1, 1, 1, 1));
        assert_eq!(counts.failures(), 4);
    }
}
