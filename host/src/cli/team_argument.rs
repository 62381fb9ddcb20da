//! Which team is meant, and which a key belongs to.

use crate::ids::TeamName;
use crate::store::{Key, Store, StoreError, Team};

/// The team of this name.
pub(super) async fn find(store: &dyn Store, name: &TeamName) -> Result<Team, StoreError> {
    let found = store.teams().await?.into_iter().find(|team| team.name == *name);
    found.ok_or_else(|| StoreError::UnknownTeam(name.clone()))
}

/// The team of a key.
pub(super) async fn of(store: &dyn Store, key: &Key) -> Result<Option<Team>, StoreError> {
    match &key.team {
        Some(name) => find(store, name).await.map(Some),
        None => Ok(None),
    }
}
