use std::time::Duration;

use crate::config::PluginLimits;

/// What one plugin may use for one key; what is not said here is as the settings say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory, in bytes.
    pub memory_bytes: Option<usize>,
    /// `init`.
    pub init: Option<Duration>,
    /// A hook that runs once a request.
    pub request_hook: Option<Duration>,
    /// A hook that runs many times a request.
    pub stream_hook: Option<Duration>,
    /// All calls of one request together.
    pub request_total: Option<Duration>,
}

impl Limits {
    /// The limits that hold.
    #[must_use]
    pub fn over(&self, settings: &PluginLimits) -> PluginLimits {
        PluginLimits {
            memory_bytes: self.memory_bytes.unwrap_or(settings.memory_bytes),
            init: self.init.unwrap_or(settings.init),
            request_hook: self.request_hook.unwrap_or(settings.request_hook),
            stream_hook: self.stream_hook.unwrap_or(settings.stream_hook),
            request_total: self.request_total.unwrap_or(settings.request_total),
            ..settings.clone()
        }
    }
}
