//! What plugins may use.

use std::collections::BTreeMap;
use std::time::Duration;

use super::raw;
use crate::ids::PluginName;

/// What plugins may use: each of them by itself, and all together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PluginLimits {
    /// What a plugin may use that nothing else is said of.
    pub usual: Allowance,
    /// The most that any plugin may be given for a key.
    pub most: Allowance,
    /// What is said of single plugins.
    pub of: BTreeMap<PluginName, Allowance>,
    /// What one call may hand back, in bytes, or twice its input if that is more. Default: 8 MiB for
    /// a request, 256 KiB for a stream.
    pub request_output_bytes: usize,
    /// See `request_output_bytes`.
    pub stream_output_bytes: usize,
    /// The most text that a text hook may hold back, in bytes. Default: 4 KiB.
    pub window_bytes: usize,
    /// Instances that live at the same time, in the whole process. Default: 1000.
    pub instances: u32,
    /// How many of them one key may have. Default: half.
    pub instances_per_key: u32,
}

/// What one plugin instance may use. Times are time spent running the guest, not waiting for a core.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Linear memory, in bytes. Default: 32 MiB, at most 128 MiB.
    pub memory_bytes: usize,
    /// `init`. Default: 100 ms, at most 5 s.
    pub init: Duration,
    /// A hook that runs once a request, and as much again for each MiB of prompt. Default: 50 ms, at
    /// most 5 s.
    pub request_hook: Duration,
    /// A hook that runs many times a request, and as much again for each 64 KiB of text. Default:
    /// 5 ms, at most 500 ms.
    pub stream_hook: Duration,
    /// All calls of one request together, and what its hooks get beyond their time for long prompts.
    /// Default: 250 ms, at most 30 s.
    pub request_total: Duration,
}

const USUAL: Allowance = Allowance {
    memory_bytes: 32 << 20,
    init: Duration::from_millis(100),
    request_hook: Duration::from_millis(50),
    stream_hook: Duration::from_millis(5),
    request_total: Duration::from_millis(250),
};

const MOST: Allowance = Allowance {
    memory_bytes: 128 << 20,
    init: Duration::from_secs(5),
    request_hook: Duration::from_secs(5),
    stream_hook: Duration::from_millis(500),
    request_total: Duration::from_secs(30),
};

impl Default for PluginLimits {
    fn default() -> Self {
        Self {
            usual: USUAL,
            most: MOST,
            of: BTreeMap::new(),
            request_output_bytes: 8 << 20,
            stream_output_bytes: 256 << 10,
            window_bytes: 4 << 10,
            instances: 1000,
            instances_per_key: 500,
        }
    }
}

impl PluginLimits {
    /// What a plugin may use, whatever key it runs for.
    pub fn of(&self, plugin: &PluginName) -> &Allowance {
        self.of.get(plugin).unwrap_or(&self.usual)
    }

    pub(super) fn from_raw(raw: raw::PluginLimits) -> Self {
        let defaults = Self::default();
        let bytes = |value: Option<std::num::NonZeroUsize>, default: usize| value.map_or(default, Into::into);
        let usual = Allowance {
            memory_bytes: bytes(raw.memory_bytes, USUAL.memory_bytes),
            init: super::millis(raw.init_ms, USUAL.init),
            request_hook: super::millis(raw.request_hook_ms, USUAL.request_hook),
            stream_hook: super::millis(raw.stream_hook_ms, USUAL.stream_hook),
            request_total: super::millis(raw.request_total_ms, USUAL.request_total),
        };
        let instances = raw.instances.map_or(defaults.instances, Into::into);
        let of: BTreeMap<_, _> = raw.of.into_iter().map(|(name, said)| (name.0, said.over(&usual))).collect();
        let most = Allowance {
            memory_bytes: bytes(raw.max_memory_bytes, MOST.memory_bytes),
            init: super::millis(raw.max_init_ms, MOST.init),
            request_hook: super::millis(raw.max_request_hook_ms, MOST.request_hook),
            stream_hook: super::millis(raw.max_stream_hook_ms, MOST.stream_hook),
            request_total: super::millis(raw.max_request_total_ms, MOST.request_total),
        };
        Self {
            // What these settings give by themselves is never more than may be given.
            most: of.values().chain([&usual]).fold(most, Allowance::larger),
            usual,
            of,
            request_output_bytes: bytes(raw.request_output_bytes, defaults.request_output_bytes),
            stream_output_bytes: bytes(raw.stream_output_bytes, defaults.stream_output_bytes),
            window_bytes: bytes(raw.window_bytes, defaults.window_bytes),
            instances,
            instances_per_key: raw.instances_per_key.map_or(instances.div_ceil(2), Into::into),
        }
    }
}

impl Allowance {
    fn larger(self, other: &Self) -> Self {
        Self {
            memory_bytes: self.memory_bytes.max(other.memory_bytes),
            init: self.init.max(other.init),
            request_hook: self.request_hook.max(other.request_hook),
            stream_hook: self.stream_hook.max(other.stream_hook),
            request_total: self.request_total.max(other.request_total),
        }
    }
}

impl raw::Allowance {
    fn over(&self, usual: &Allowance) -> Allowance {
        Allowance {
            memory_bytes: self.memory_bytes.map_or(usual.memory_bytes, Into::into),
            init: super::millis(self.init_ms, usual.init),
            request_hook: super::millis(self.request_hook_ms, usual.request_hook),
            stream_hook: super::millis(self.stream_hook_ms, usual.stream_hook),
            request_total: super::millis(self.request_total_ms, usual.request_total),
        }
    }
}
