//! The time of an invocation.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::Instant;

/// The most that is kept back of an invocation's time, so that it ends before the platform ends it.
const RESERVE: Duration = Duration::from_secs(2);

/// For an invocation that brings no deadline. Lambda's own limit is 15 minutes.
const LONGEST: Duration = Duration::from_mins(15);

/// What has to be done by when. Behind the last of it is the moment when Lambda kills the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    /// The answer is complete, or says honestly that the time is over.
    pub(super) answered: Instant,
    /// An answer has begun that does not look at the time itself.
    pub(super) begun: Instant,
    /// The last byte was taken from us.
    pub(super) sent: Instant,
    /// Nothing is left to do.
    pub(super) settled: Instant,
}

impl Budget {
    /// Until `lambda-runtime-deadline-ms`, ms since 1970 by the clock of the machine. The time left counts
    /// from now on by the monotonic clock, which no freeze has moved since.
    pub(super) fn until(deadline_ms: Option<u64>) -> Self {
        let now = SystemTime::from(jiff::Timestamp::now()).duration_since(UNIX_EPOCH).unwrap_or_default();
        let left = deadline_ms.map_or(LONGEST, |ms| Duration::from_millis(ms).saturating_sub(now));
        Self::of(left.min(LONGEST), Instant::now())
    }

    fn of(left: Duration, now: Instant) -> Self {
        let reserve = RESERVE.min(left / 4);
        let end = now + left;
        Self {
            answered: end - reserve,
            begun: end - reserve / 4 * 3,
            sent: end - reserve / 2,
            settled: end - reserve / 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_back_as_much_as_a_short_invocation_can_spare() {
        let now = Instant::now();
        for (left, answered, begun, sent, settled) in
            [(60_000, 58_000, 58_500, 59_000, 59_750), (4_000, 3_000, 3_250, 3_500, 3_875), (0, 0, 0, 0, 0)]
        {
            let budget = Budget::of(Duration::from_millis(left), now);
            let at = |ms| now + Duration::from_millis(ms);
            assert_eq!(
                budget,
                Budget { answered: at(answered), begun: at(begun), sent: at(sent), settled: at(settled) }
            );
        }
    }

    #[test]
    fn a_deadline_that_has_passed_leaves_no_time() {
        let budget = Budget::until(Some(1));
        assert!(budget.settled <= Instant::now());
    }
}
