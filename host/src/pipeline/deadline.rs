use std::time::Duration;

use tokio::time::Instant;

/// When an answer has to be complete.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deadline {
    /// Whenever it is.
    Never,
    /// By then.
    At(Instant),
}

impl Deadline {
    /// So long from now.
    pub fn after(time: Duration) -> Self {
        Instant::now().checked_add(time).map_or(Self::Never, Self::At)
    }

    /// The time left; none without an end to it.
    pub fn left(self) -> Option<Duration> {
        match self {
            Self::Never => None,
            Self::At(end) => Some(end.saturating_duration_since(Instant::now())),
        }
    }
}
