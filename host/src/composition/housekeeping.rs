//! What a server does beside requests.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, sleep, timeout};

use crate::health::Health;
use crate::plugin::Catalog;
use crate::store::{Store, StoreError};

/// How often what plugins did is written, and their files are looked at.
const PERIOD: Duration = Duration::from_secs(2);

/// How often it is looked which releases are in use.
const UNUSED_PERIOD: Duration = Duration::from_mins(1);

/// How often what plugins did is written where each write is paid, and nothing runs between requests.
const WRITING_PERIOD: Duration = Duration::from_mins(1);

/// The pause after each time, however often a release fails.
const PAUSE: Duration = Duration::from_millis(100);

/// Looks after the plugins of a server.
pub struct Housekeeping {
    catalog: Arc<Catalog>,
    health: Arc<Health>,
    store: Arc<dyn Store>,
    /// Tells the counts of this process from those of others.
    process: String,
    between: Pause,
}

/// When something was done the last time, by the time of day: a freeze may stop other clocks.
#[derive(Default)]
struct Pause(Mutex<Option<SystemTime>>);

impl Housekeeping {
    pub(super) fn new(
        catalog: Arc<Catalog>,
        health: Arc<Health>,
        store: Arc<dyn Store>,
    ) -> Result<Self, StoreError> {
        let process = format!("{:016x}", getrandom::u64().map_err(StoreError::Randomness)?);
        Ok(Self { catalog, health, store, process, between: Pause::default() })
    }

    /// Goes on for ever.
    pub async fn keep_on(&self) -> Infallible {
        let mut looked = Instant::now();
        loop {
            // A release that fails may have to be stepped back from, and that is not to wait.
            let _ = timeout(PERIOD, self.health.release_failed()).await;
            self.once().await;
            if looked.elapsed() >= UNUSED_PERIOD {
                self.drop_unused().await;
                looked = Instant::now();
            }
            sleep(PAUSE).await;
        }
    }

    /// What is to be done now and then.
    pub async fn once(&self) {
        self.flush().await;
        self.catalog.tidy_up().await;
    }

    /// What is to be done after a request, where nothing runs until the next one. What plugins did is written once a
    /// minute, and at once when one has failed: a rollout may have to step back.
    pub async fn between_requests(&self) {
        if self.health.is_urgent() || self.between.is_over(jiff::Timestamp::now().into()) {
            self.flush().await;
        }
        self.catalog.tidy_up().await;
    }

    /// Lets go of the code of releases that no key uses. It stays in the cache of the catalog.
    async fn drop_unused(&self) {
        // Without knowing what is used, all is kept.
        let (Ok(keys), Ok(rollouts)) = (self.store.list().await, self.store.rollouts().await) else { return };
        let enabled = keys.into_iter().filter(|key| key.revoked.is_none()).flat_map(|key| key.plugins);
        let pinned = enabled.filter_map(|plugin| plugin.release);
        let running = rollouts.into_iter().filter(|rollout| rollout.stepped_back.is_none());
        let tried = running.map(|rollout| rollout.release);
        let used: HashSet<_> = pinned.chain(tried).map(|release| release.digest).collect();
        let dropped = self.catalog.keep_only(&used);
        if dropped > 0 {
            tracing::info!(dropped, "releases that no key uses are no longer in memory");
        }
    }

    /// Writes what the plugins did.
    pub async fn flush(&self) {
        match self.health.flush(&*self.store, &self.process).await {
            Err(fault) => tracing::warn!(%fault, "what the plugins did cannot be written; it is tried again"),
            Ok(stepped_back) => {
                for rollout in stepped_back {
                    let (plugin, version) = (rollout.plugin.as_str(), rollout.release.version);
                    let failures = rollout.failures;
                    tracing::error!(plugin, %version, failures, "the rollout has stepped back: every key has its own release");
                }
            }
        }
    }
}

impl Pause {
    /// Whether [`WRITING_PERIOD`] has passed. Whoever is told so begins the next one.
    fn is_over(&self, now: SystemTime) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Of a clock that was set back nothing can be said.
        let passed = last.map(|last| now.duration_since(last).unwrap_or(WRITING_PERIOD));
        let is_over = passed.is_none_or(|passed| passed >= WRITING_PERIOD);
        if is_over {
            *last = Some(now);
        }
        is_over
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_over_at_first_and_then_once_a_minute() {
        let pause = Pause::default();
        let at = |seconds| pause.is_over(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        let told = [100, 100, 159, 160, 161, 219, 500, 10, 11, 70];
        assert_eq!(told.map(at), [true, false, false, true, false, false, true, true, false, true]);
    }
}
