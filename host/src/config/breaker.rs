use std::time::Duration;

use super::raw;

/// When a plugin that fails again and again is left alone for a while.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerSettings {
    /// Failures in a row, of one release for one key, after which it is not run. Default: 5. With 0
    /// it is always run.
    pub failures: u32,
    /// For how long. Then one request tries it. Default: 10 s.
    pub pause: Duration,
}

impl Default for BreakerSettings {
    fn default() -> Self {
        Self { failures: 5, pause: Duration::from_secs(10) }
    }
}

impl BreakerSettings {
    pub(super) fn from_raw(raw: &raw::Breaker) -> Self {
        let defaults = Self::default();
        Self {
            failures: raw.failures.unwrap_or(defaults.failures),
            pause: super::millis(raw.pause_ms, defaults.pause),
        }
    }
}
