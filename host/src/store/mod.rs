//! What outlives a request: keys, and which plugins run for them.
//!
//! The trait says what the rest of Adit may rely on; SQLite is one implementation of it.

mod api_key;
mod error;
mod key;
mod policy;
mod seed_root;
mod sqlite;

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use crate::enabled::{EnabledPlugin, Release, Rollout};
use crate::health::Counts;
use crate::ids::{KeyId, PluginName};

pub use api_key::{ApiKey, MalformedKey, SecretHash};
pub use error::StoreError;
pub use key::{InvalidName, Key, KeyName, Label, StoredKey, Verification};
pub use policy::{OnLoss, Policy};
pub use seed_root::SeedRoot;
pub use sqlite::Sqlite;

/// Where a plugin stands in the chain of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// After all others. A plugin that is enabled already keeps its place.
    Last,
    /// Right before this one. A plugin that is enabled already moves there.
    Before(PluginName),
}

/// The keys and their plugin chains.
///
/// A change is seen by the next [`Keys::find`], whichever process made it.
#[async_trait]
pub trait Keys: Send + Sync {
    /// The key with this id as it is served, revoked ones included: its plugins have the releases that
    /// are rolled out to it. Called on every request: it is fast.
    async fn find(&self, id: &KeyId) -> Result<Option<Arc<StoredKey>>, StoreError>;

    /// Makes a key without plugins. The [`ApiKey`] is the only place that ever holds its secret.
    async fn create(&self, name: KeyName, labels: Vec<Label>) -> Result<(ApiKey, Key), StoreError>;

    /// All keys, revoked ones included, the oldest first, with the releases that are pinned for them.
    async fn list(&self) -> Result<Vec<Key>, StoreError>;

    /// Makes a key invalid for good. A key that is revoked already keeps its first time.
    async fn revoke(&self, id: &KeyId, at: Timestamp) -> Result<(), StoreError>;

    /// Gives a key other terms.
    async fn set_policy(&self, id: &KeyId, policy: Policy) -> Result<(), StoreError>;

    /// Puts a plugin into the chain of a key. If it is there already, its config is replaced.
    async fn enable_plugin(
        &self,
        id: &KeyId,
        plugin: EnabledPlugin,
        position: Position,
    ) -> Result<(), StoreError>;

    /// Takes a plugin out of the chain of a key.
    async fn disable_plugin(&self, id: &KeyId, plugin: &PluginName) -> Result<(), StoreError>;

    /// The secret from which the seeds of plugins are derived: made at the first start, the same
    /// ever after.
    fn seed_root(&self) -> &SeedRoot;
}

/// Releases that run for some of the keys that have a plugin: at most one for each plugin.
///
/// [`Keys::find`] goes by them at once, whichever process changed one.
#[async_trait]
pub trait Rollouts: Send + Sync {
    /// All, by the names of the plugins, also those that ended by themselves.
    async fn rollouts(&self) -> Result<Vec<Rollout>, StoreError>;

    /// Begins one, or changes the one that the plugin has.
    async fn start_rollout(&self, rollout: Rollout) -> Result<(), StoreError>;

    /// Ends one: every key has its own release again.
    async fn stop_rollout(&self, plugin: &PluginName) -> Result<(), StoreError>;

    /// Makes the release of one the own release of every key that has the plugin. It has to be one
    /// for all keys.
    async fn finish_rollout(&self, plugin: &PluginName) -> Result<Release, StoreError>;
}

/// What a release of a plugin did.
#[derive(Debug, Clone, PartialEq)]
pub struct PluginStatus {
    /// The plugin.
    pub plugin: PluginName,
    /// The release; none is the file in the plugin folder.
    pub release: Option<Release>,
    /// What was counted, in all processes together.
    pub counts: Counts,
    /// How many processes counted.
    pub processes: u32,
    /// When one of them last wrote.
    pub written: Timestamp,
}
