//! Values that are kept as a server keeps them, and are gone with each conversation.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use async_trait::async_trait;

use crate::pipeline::{Space, Tenant, ValueFault, Values};
use crate::store::Sqlite;

/// Values that begin anew with each round.
pub(super) struct Fresh {
    values: Sqlite,
    round: AtomicU32,
}

impl Fresh {
    pub(super) fn new(values: Sqlite) -> Self {
        Self { values, round: AtomicU32::new(0) }
    }

    /// Nothing is kept any more.
    pub(super) fn begin(&self) {
        self.round.fetch_add(1, Ordering::SeqCst);
    }

    /// The place in this round.
    fn space(&self, space: &Space) -> Space {
        let round = self.round.load(Ordering::SeqCst);
        Space { plugin: space.plugin.clone(), tenant: Tenant::Label(format!("{round} {:?}", space.tenant)) }
    }
}

#[async_trait]
impl Values for Fresh {
    async fn find(&self, space: &Space, key: &str) -> Result<Option<Vec<u8>>, ValueFault> {
        self.values.find(&self.space(space), key).await
    }

    async fn set(
        &self,
        space: &Space,
        key: &str,
        value: Vec<u8>,
        lifetime: Option<Duration>,
    ) -> Result<(), ValueFault> {
        self.values.set(&self.space(space), key, value, lifetime).await
    }

    async fn delete(&self, space: &Space, key: &str) -> Result<(), ValueFault> {
        self.values.delete(&self.space(space), key).await
    }

    async fn increment(
        &self,
        space: &Space,
        key: &str,
        by: i64,
        lifetime: Option<Duration>,
    ) -> Result<i64, ValueFault> {
        self.values.increment(&self.space(space), key, by, lifetime).await
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use crate::ids::PluginName;

    #[tokio::test]
    async fn a_round_knows_nothing_of_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let fresh = Fresh::new(Sqlite::open(folder.path()).unwrap());
        let tenant = Tenant::Label("search".to_owned());
        let space = Space { plugin: PluginName::parse("guard").unwrap(), tenant };
        assert_eq!(fresh.increment(&space, "count", 2, None).await.unwrap(), 2);
        assert_eq!(fresh.increment(&space, "count", 2, None).await.unwrap(), 4);
        fresh.begin();
        assert_eq!(fresh.find(&space, "count").await.unwrap(), None);
    }
}
