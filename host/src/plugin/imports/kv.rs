//! `kv`: values that outlive a request. So many operations a request, and so long.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::super::bindings::adit::plugin::kv::{Fault, Host};
use super::super::instance::Guest;
use crate::pipeline::{Deadline, Space, ValueFault, Values};

/// The most operations of one request.
const OPERATIONS: u32 = 64;

/// How long all of them together may make a request wait.
const TIME: Duration = Duration::from_secs(1);

/// The operations that a request has left.
#[derive(Default)]
pub(super) struct Turns {
    store: Option<Arc<Store>>,
    left: u32,
    time_left: Duration,
    deadline: Option<Deadline>,
}

struct Store {
    values: Arc<dyn Values>,
    space: Space,
}

impl Turns {
    pub(super) fn new(values: Option<Arc<dyn Values>>, space: Space, deadline: Deadline) -> Self {
        let store = values.map(|values| Arc::new(Store { values, space }));
        Self { store, left: OPERATIONS, time_left: TIME, deadline: Some(deadline) }
    }

    pub(super) fn may_wait(&self) -> Duration {
        if self.left == 0 { Duration::ZERO } else { self.time_left }
    }

    /// Takes one operation.
    fn take(&mut self, key: &str) -> Result<Arc<Store>, Fault> {
        let store = self.store.clone().ok_or(Fault::Unavailable)?;
        if key.is_empty() || key.len() > Space::MAX_KEY_BYTES {
            return Err(Fault::Quota(format!("a key has 1 to {} bytes", Space::MAX_KEY_BYTES)));
        }
        self.left = self
            .left
            .checked_sub(1)
            .ok_or_else(|| Fault::Quota(format!("a request has {OPERATIONS} operations")))?;
        Ok(store)
    }

    /// Waits for an operation, as long as there is time.
    async fn wait<T>(
        &mut self,
        work: impl Future<Output = Result<T, ValueFault>> + Send,
    ) -> Result<T, Fault> {
        let time =
            self.deadline.and_then(Deadline::left).map_or(self.time_left, |left| left.min(self.time_left));
        let begun = Instant::now();
        let answer = timeout(time, work).await;
        self.time_left = self.time_left.saturating_sub(begun.elapsed());
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(ValueFault::Quota(why))) => Err(Fault::Quota(why)),
            Ok(Err(ValueFault::Unavailable(why))) => {
                tracing::warn!("a plugin could not use its values: {why}");
                Err(Fault::Unavailable)
            }
            Err(_) => Err(Fault::Unavailable),
        }
    }
}

fn lifetime(seconds: u32) -> Option<Duration> {
    (seconds > 0).then(|| Duration::from_secs(seconds.into()))
}

impl Host for Guest {
    async fn find(&mut self, key: String) -> Result<Option<Vec<u8>>, Fault> {
        let turns = &mut self.imports.kv;
        let store = turns.take(&key)?;
        turns.wait(store.values.find(&store.space, &key)).await
    }

    async fn set(&mut self, key: String, value: Vec<u8>, ttl_seconds: u32) -> Result<(), Fault> {
        let turns = &mut self.imports.kv;
        let store = turns.take(&key)?;
        if value.len() > Space::MAX_VALUE_BYTES {
            return Err(Fault::Quota(format!("a value has at most {} bytes", Space::MAX_VALUE_BYTES)));
        }
        turns.wait(store.values.set(&store.space, &key, value, lifetime(ttl_seconds))).await
    }

    async fn delete(&mut self, key: String) -> Result<(), Fault> {
        let turns = &mut self.imports.kv;
        let store = turns.take(&key)?;
        turns.wait(store.values.delete(&store.space, &key)).await
    }

    async fn increment(&mut self, key: String, by: i64, ttl_seconds: u32) -> Result<i64, Fault> {
        let turns = &mut self.imports.kv;
        let store = turns.take(&key)?;
        turns.wait(store.values.increment(&store.space, &key, by, lifetime(ttl_seconds))).await
    }
}
