use std::time::Duration;

use super::{millis, raw};

/// How long an answer may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// All of it, from the request's arrival to the last byte from Bedrock. Default: 1 h, AWS's own
    /// limit for a model (user guide, "Inference request parameters for Anthropic Claude").
    pub total: Duration,
    /// The longest silence within a streamed answer. Default: 15 min: models that think are silent
    /// for minutes; a connection that was lost on the way is silent for ever.
    pub idle: Duration,
    /// From one attempt of a streamed call to its first event. None: as `total`, and `idle` once
    /// Bedrock has taken the call.
    pub first_event: Option<Duration>,
    /// After how much silence the client of a stream is told that the answer still comes. None:
    /// never. Default: 15 s.
    pub keep_alive: Option<Duration>,
    /// How long after `total` what a request has taken of its key's limits counts, if nobody settles it:
    /// the process may have died. Default: 1 min.
    pub settle: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            total: Duration::from_hours(1),
            idle: Duration::from_mins(15),
            first_event: None,
            keep_alive: Some(Duration::from_secs(15)),
            settle: Duration::from_mins(1),
        }
    }
}

impl Timeouts {
    pub(super) fn of(raw: &raw::Timeouts) -> Self {
        let defaults = Self::default();
        Self {
            total: millis(raw.total_ms, defaults.total),
            idle: millis(raw.idle_ms, defaults.idle),
            first_event: raw.first_event_ms.map(|ms| Duration::from_millis(ms.get())),
            keep_alive: match raw.keep_alive_ms {
                None => defaults.keep_alive,
                Some(0) => None,
                Some(ms) => Some(Duration::from_millis(ms)),
            },
            settle: millis(raw.settle_ms, defaults.settle),
        }
    }
}
