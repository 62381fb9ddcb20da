//! What the plugins did with a request, for somebody who asks.

use std::time::{Duration, Instant};

use super::hook::{Origin, Role};
use crate::ids::PluginName;

/// Notes what plugins do, if anybody asked. A request on its way to a model notes nothing.
#[derive(Debug, Default)]
pub(super) enum Trace {
    /// Nobody asked.
    #[default]
    Off,
    /// In order.
    On(Vec<Step>),
}

/// One hook that ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whose.
    pub plugin: PluginName,
    /// Which.
    pub hook: &'static str,
    /// How long it took, its start included if this was its first hook.
    pub took: Duration,
    /// What came of it.
    pub effect: Effect,
}

/// What came of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Nothing changed.
    Kept,
    /// The model changed.
    Routed {
        /// The model before.
        from: String,
        /// The model after.
        to: String,
    },
    /// The whole request changed.
    Replaced,
    /// Texts changed.
    Edited(Vec<Change>),
    /// The plugin answered in the model's place.
    Answered,
    /// The plugin wrote what the model is asked.
    Encoded,
    /// The plugin failed, and the request goes on without it.
    Skipped,
}

/// A text that changed. What it was and is now is nobody's business here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where it stands.
    pub origin: Origin,
    /// Who wrote it.
    pub role: Role,
    /// Its length before, in bytes.
    pub bytes_before: usize,
    /// Its length after, in bytes.
    pub bytes_after: usize,
}

impl Trace {
    /// The time before a hook.
    pub(super) fn start(&self) -> Option<Instant> {
        match self {
            Self::Off => None,
            Self::On(_) => Some(Instant::now()),
        }
    }

    /// Notes a hook that began at `start`.
    pub(super) fn note(
        &mut self,
        start: Option<Instant>,
        plugin: &PluginName,
        hook: &'static str,
        effect: impl FnOnce() -> Effect,
    ) {
        if let (Self::On(steps), Some(start)) = (self, start) {
            let took = start.elapsed();
            steps.push(Step { plugin: plugin.clone(), hook, took, effect: effect() });
        }
    }

    /// All that was noted.
    pub(super) fn into_steps(self) -> Vec<Step> {
        match self {
            Self::Off => Vec::new(),
            Self::On(steps) => steps,
        }
    }
}
