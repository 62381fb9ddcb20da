use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::config::BreakerSettings;
use crate::ids::KeyId;

/// Leaves one release of a plugin alone for a while, for the keys for which it failed again and
/// again.
pub struct Breaker {
    settings: BreakerSettings,
    /// Whether any key has failures: nearly always none has.
    any: AtomicBool,
    /// The keys for which the last run failed.
    keys: Mutex<HashMap<KeyId, State>>,
}

/// What is known of a key.
struct State {
    /// In a row.
    failures: u32,
    /// Until when the plugin is left alone.
    open_until: Option<Instant>,
    /// Whether a request tries it.
    probing: bool,
}

/// Whether a plugin may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// As usual.
    Run,
    /// To see whether it works again.
    Probe,
    /// Not before so much time has passed.
    Refused(Duration),
}

impl Breaker {
    pub(super) fn new(settings: BreakerSettings) -> Self {
        Self { settings, any: AtomicBool::new(false), keys: Mutex::default() }
    }

    /// Asks whether the plugin may run for a key. Whoever is to probe has to say how it went, or
    /// that it did not come to it.
    pub fn admit(&self, key: &KeyId, now: Instant) -> Admission {
        if !self.any.load(Ordering::Acquire) {
            return Admission::Run;
        }
        let mut keys = self.keys();
        let Some(state) = keys.get_mut(key) else { return Admission::Run };
        let Some(until) = state.open_until else { return Admission::Run };
        if now < until {
            Admission::Refused(until - now)
        } else if state.probing {
            // It is about to be known.
            Admission::Refused(Duration::from_secs(1))
        } else {
            state.probing = true;
            Admission::Probe
        }
    }

    /// It failed. Says whether that has opened the breaker.
    pub fn failed(&self, key: &KeyId, now: Instant) -> bool {
        if self.settings.failures == 0 {
            return false;
        }
        let mut keys = self.keys();
        self.any.store(true, Ordering::Release);
        let state =
            keys.entry(key.clone()).or_insert(State { failures: 0, open_until: None, probing: false });
        state.failures = state.failures.saturating_add(1);
        let opens = state.probing || (state.open_until.is_none() && state.failures >= self.settings.failures);
        state.probing = false;
        if opens {
            state.open_until = now.checked_add(self.settings.pause);
        }
        opens
    }

    /// It did its work.
    pub fn succeeded(&self, key: &KeyId) {
        if self.any.load(Ordering::Acquire) {
            let mut keys = self.keys();
            // Work that began before the breaker opened says nothing about now.
            if keys.get(key).is_some_and(|state| state.open_until.is_none() || state.probing) {
                keys.remove(key);
                self.any.store(!keys.is_empty(), Ordering::Release);
            }
        }
    }

    /// It did not come to a probe: the next request may.
    pub fn abstained(&self, key: &KeyId) {
        if let Some(state) = self.keys().get_mut(key) {
            state.probing = false;
        }
    }

    fn keys(&self) -> MutexGuard<'_, HashMap<KeyId, State>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    const PAUSE: Duration = Duration::from_secs(10);

    fn keys() -> (KeyId, KeyId) {
        (KeyId::parse("aaaaaaaaa1").unwrap(), KeyId::parse("aaaaaaaaa2").unwrap())
    }

    /// A breaker that has opened for a key.
    fn opened(key: &KeyId, now: Instant) -> Breaker {
        let breaker = Breaker::new(BreakerSettings::default());
        let opened: Vec<bool> = (0..5).map(|_| breaker.failed(key, now)).collect();
        assert_eq!(opened, [false, false, false, false, true]);
        breaker
    }

    #[test]
    fn opens_after_five_failures_in_a_row_and_for_that_key_alone() {
        let ((key, other), now) = (keys(), Instant::now());
        let breaker = opened(&key, now);
        assert_eq!(breaker.admit(&key, now + PAUSE / 4), Admission::Refused(PAUSE * 3 / 4));
        assert_eq!(breaker.admit(&other, now), Admission::Run);
        assert!(!breaker.failed(&key, now), "what was running then does not open it again");
    }

    #[test]
    fn a_success_between_failures_begins_the_count_anew() {
        let ((key, _), now) = (keys(), Instant::now());
        let breaker = Breaker::new(BreakerSettings::default());
        for _ in 0..3 {
            (0..4).for_each(|_| assert!(!breaker.failed(&key, now)));
            breaker.succeeded(&key);
        }
        assert_eq!(breaker.admit(&key, now), Admission::Run);
        assert!(!breaker.any.load(Ordering::Relaxed), "nothing is kept of a key that is well");
    }

    #[test]
    fn lets_one_request_try_after_the_pause() {
        let ((key, _), now) = (keys(), Instant::now());
        let later = now + PAUSE;
        let breaker = opened(&key, now);
        assert_eq!(breaker.admit(&key, later), Admission::Probe);
        assert!(matches!(breaker.admit(&key, later), Admission::Refused(_)), "one, not two");
        assert!(breaker.failed(&key, later), "one failure is enough then");
        assert_eq!(breaker.admit(&key, later), Admission::Refused(PAUSE));

        assert_eq!(breaker.admit(&key, later + PAUSE), Admission::Probe);
        breaker.abstained(&key);
        assert_eq!(breaker.admit(&key, later + PAUSE), Admission::Probe);
        breaker.succeeded(&key);
        assert_eq!(breaker.admit(&key, later + PAUSE), Admission::Run);
        assert!(!breaker.failed(&key, later + PAUSE), "it is closed again");
    }

    #[test]
    fn work_that_began_before_does_not_close_it() {
        let ((key, _), now) = (keys(), Instant::now());
        let breaker = opened(&key, now);
        breaker.succeeded(&key);
        assert_eq!(breaker.admit(&key, now), Admission::Refused(PAUSE));
    }

    #[test]
    fn can_be_switched_off() {
        let ((key, _), now) = (keys(), Instant::now());
        let breaker = Breaker::new(BreakerSettings { failures: 0, pause: PAUSE });
        (0..9).for_each(|_| assert!(!breaker.failed(&key, now)));
        assert_eq!(breaker.admit(&key, now), Admission::Run);
    }
}
