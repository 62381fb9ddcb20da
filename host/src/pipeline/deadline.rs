use std::time::Duration;

use tokio::time::Instant;

/// When an answer has to be complete.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deadline {
    /// Whenever it is.
    #[default]
    Never,
    /// By then.
    At {
        /// When the request arrived.
        arrived: Instant,
        /// When its time is over.
        end: Instant,
    },
}

impl Deadline {
    /// So long from now, the arrival of the request.
    pub fn after(time: Duration) -> Self {
        let arrived = Instant::now();
        arrived.checked_add(time).map_or(Self::Never, |end| Self::At { arrived, end })
    }

    /// When the request arrived; now, without an end to its time.
    pub(super) fn arrived(self) -> Instant {
        match self {
            Self::Never => Instant::now(),
            Self::At { arrived, .. } => arrived,
        }
    }

    /// The time left; none without an end to it.
    pub fn left(self) -> Option<Duration> {
        match self {
            Self::Never => None,
            Self::At { end, .. } => Some(end.saturating_duration_since(Instant::now())),
        }
    }
}
