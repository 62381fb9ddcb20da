//! A plugin as an operator has switched it on for a key.

mod grants;
mod limits;
mod release;
mod rollout;

use std::sync::Arc;

use crate::ids::PluginName;

pub use crate::config::SecretName;
pub use grants::{Capability, Grants, InvalidGrant};
pub use limits::{InvalidLimit, Limits};
pub use release::{Digest, InvalidRelease, Release, Version};
pub use rollout::{Percent, Rollout};

/// A plugin that is switched on for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnabledPlugin {
    /// Which one.
    pub name: PluginName,
    /// What it is set to: a JSON text.
    pub config: Arc<str>,
    /// The release that runs; none takes the file of this name in the plugin folder, as it is now.
    pub release: Option<Release>,
    /// On which terms it runs.
    pub terms: Terms,
}

impl EnabledPlugin {
    /// A plugin of the plugin folder, on the usual terms.
    pub fn new(name: PluginName, config: impl Into<Arc<str>>) -> Self {
        Self { name, config: config.into(), release: None, terms: Terms::default() }
    }
}

/// On which terms a plugin runs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Terms {
    /// What it may import beside its memory and its clock.
    pub grants: Grants,
    /// Whether the operator has been told what such grants could leak.
    pub acknowledged: Acknowledged,
    /// What becomes of a request when the plugin fails.
    pub on_failure: OnFailure,
    /// How long an instance lives.
    pub reuse: Reuse,
    /// What it may use, where that is not what the settings say.
    pub limits: Limits,
}

/// Whether an operator accepts that a plugin which reads prompts or answers can also keep or send them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Acknowledged {
    /// Not said. Such a plugin does not run.
    #[default]
    Nothing,
    /// It may.
    Leaks,
}

/// What becomes of a request when a plugin cannot be had, or fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// The request fails too.
    #[default]
    Closed,
    /// It goes on without the plugin, and says so.
    Open,
}

/// How long an instance of a plugin lives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reuse {
    /// For one request.
    #[default]
    Never,
    /// For many requests of one key, one after the other.
    PerKey,
}
