//! What a server does beside requests.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use crate::health::Health;
use crate::plugin::Catalog;
use crate::store::{Store, StoreError};

/// How often what plugins did is written, and their files are looked at.
const PERIOD: Duration = Duration::from_secs(2);

/// How often it is looked which releases are in use.
const UNUSED_PERIOD: Duration = Duration::from_mins(1);

/// The pause after each time, however often a release fails.
const PAUSE: Duration = Duration::from_millis(100);

/// Looks after the plugins of a server.
pub struct Housekeeping {
    catalog: Arc<Catalog>,
    health: Arc<Health>,
    store: Arc<dyn Store>,
    /// Tells the counts of this process from those of others.
    process: String,
}

impl Housekeeping {
    pub(super) fn new(
        catalog: Arc<Catalog>,
        health: Arc<Health>,
        store: Arc<dyn Store>,
    ) -> Result<Self, StoreError> {
        let process = format!("{:016x}", getrandom::u64().map_err(StoreError::Randomness)?);
        Ok(Self { catalog, health, store, process })
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

    /// Lets go of the code of releases that no key uses. It stays on the disk.
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
