//! Which releases of plugins run, and how they did.

use async_trait::async_trait;
use jiff::Timestamp;

use super::StoreError;
use crate::enabled::{Release, Rollout, Version};
use crate::health::Counts;
use crate::ids::PluginName;

/// Releases that run for some of the keys that have a plugin, at most one for each plugin, and what is
/// remembered of all.
///
/// [`Keys::find`](super::Keys::find) goes by the rollouts, whichever process changed one, after 30 s at the
/// latest.
#[async_trait]
pub trait Releases: Send + Sync {
    /// All rollouts, by the names of the plugins, also those that ended by themselves.
    async fn rollouts(&self) -> Result<Vec<Rollout>, StoreError>;

    /// Begins one, or changes the one that the plugin has.
    async fn start_rollout(&self, rollout: Rollout) -> Result<(), StoreError>;

    /// Ends one: every key has its own release again.
    async fn stop_rollout(&self, plugin: &PluginName) -> Result<(), StoreError>;

    /// Makes the release of one the own release of every key and team that has the plugin. It has to be
    /// one for all keys.
    async fn finish_rollout(&self, plugin: &PluginName) -> Result<Release, StoreError>;

    /// The highest version of a plugin that was ever noted.
    async fn newest_release(&self, plugin: &PluginName) -> Result<Option<Version>, StoreError>;

    /// Notes that a version was switched on. A lower one changes nothing.
    async fn note_release(&self, plugin: &PluginName, version: Version) -> Result<(), StoreError>;

    /// What each release of each plugin did, summed over the processes of the last week.
    async fn plugin_status(&self) -> Result<Vec<PluginStatus>, StoreError>;
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
