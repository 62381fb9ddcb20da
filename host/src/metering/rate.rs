//! So many a minute, evenly: the generic cell rate algorithm.
//!
//! One number is kept, the theoretical arrival time: when all that was taken would have been used up at
//! the even rate (<https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm>). It may be up to a minute
//! ahead, so a minute's worth can come at once.

use std::num::NonZeroU32;
use std::time::Duration;

/// A minute in microseconds.
const WINDOW: i64 = 60_000_000;

/// So many a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate(pub NonZeroU32);

/// What is left of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// So many a minute.
    pub limit: u32,
    /// So many at once, now.
    pub remaining: u32,
    /// Until all of it is there again.
    pub reset: Duration,
}

impl Rate {
    /// How far so many move the arrival time, in µs. No request moves it further than a minute: one that
    /// is larger than the rate is let pass alone, and nobody waits longer than that for it.
    pub fn cost(self, units: u64) -> i64 {
        let cost = (i128::from(units) * i128::from(WINDOW)).div_euclid(i128::from(self.0.get()));
        i64::try_from(cost).unwrap_or(WINDOW).min(WINDOW)
    }

    /// The latest arrival time at which something is still let pass.
    pub fn latest(self, now: i64) -> i64 {
        now.saturating_add(WINDOW - self.cost(1))
    }

    /// The latest arrival time that can be true. A later one was written by a clock that was ahead.
    pub fn horizon(now: i64) -> i64 {
        now.saturating_add(2 * WINDOW)
    }

    /// The arrival time as it counts now.
    pub fn standing(arrival: Option<i64>, now: i64) -> i64 {
        arrival.filter(|arrival| (now..=Self::horizon(now)).contains(arrival)).unwrap_or(now)
    }

    /// The new arrival time, or how long to wait. Something is let pass while there is room for one.
    pub fn take(self, arrival: Option<i64>, now: i64, units: u64) -> Result<i64, Duration> {
        let (standing, latest) = (Self::standing(arrival, now), self.latest(now));
        if standing <= latest {
            Ok(standing.saturating_add(self.cost(units)))
        } else {
            Err(Duration::from_micros(standing.abs_diff(latest)))
        }
    }

    /// What is left.
    pub fn room(self, arrival: Option<i64>, now: i64) -> Room {
        let ahead = Self::standing(arrival, now).saturating_sub(now);
        let free = i128::from((WINDOW - ahead).max(0)) * i128::from(self.0.get()) / i128::from(WINDOW);
        Room {
            limit: self.0.get(),
            remaining: u32::try_from(free).unwrap_or(u32::MAX),
            reset: Duration::from_micros(ahead.unsigned_abs()),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    const NOW: i64 = 1_800_000_000_000_000;

    fn rate(per_minute: u32) -> Rate {
        Rate(NonZeroU32::new(per_minute).unwrap())
    }

    #[test]
    fn lets_a_minutes_worth_pass_at_once_and_then_evenly() {
        let (mut arrival, rate) = (None, rate(3));
        for _ in 0..3 {
            arrival = Some(rate.take(arrival, NOW, 1).unwrap());
        }
        assert_eq!(rate.take(arrival, NOW, 1), Err(Duration::from_secs(20)));
        assert_eq!(rate.room(arrival, NOW), Room { limit: 3, remaining: 0, reset: Duration::from_mins(1) });
        arrival = Some(rate.take(arrival, NOW + 20_000_000, 1).unwrap());
        assert!(rate.take(arrival, NOW + 20_000_000, 1).is_err());
    }

    #[test]
    fn one_that_is_larger_than_the_rate_passes_alone() {
        let rate = rate(1000);
        let arrival = Some(rate.take(None, NOW, 1_000_000).unwrap());
        assert_eq!(rate.take(arrival, NOW, 1), Err(Duration::from_millis(60)));
        assert!(rate.take(arrival, NOW + 60_000_000, 1_000_000).is_ok());
    }

    #[test]
    fn a_clock_that_was_ahead_locks_nobody_out() {
        let rate = rate(1);
        assert!(rate.take(Some(NOW + 3_600_000_000), NOW, 1).is_ok());
        assert!(rate.take(Some(NOW - 3_600_000_000), NOW, 1).is_ok());
        assert!(rate.take(Some(NOW + 1), NOW, 1).is_err());
    }
}
