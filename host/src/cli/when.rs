//! Times and days as people type them.

use std::str::FromStr;
use std::time::Duration;

use anyhow::bail;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// A length of time: `30s`, `15m`, `24h`, `90d` or `2w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Length(Duration);

/// Ten years: a longer one is a typing error.
const MOST: Duration = Duration::from_hours(24 * 3660);

impl Length {
    pub(super) fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Length {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        match length(text) {
            Some(length) if length <= MOST => Ok(Self(length)),
            Some(_) => bail!("`{text}` is longer than ten years"),
            None => bail!("`{text}` is no length of time: write `30s`, `15m`, `24h`, `90d` or `2w`"),
        }
    }
}

fn length(text: &str) -> Option<Duration> {
    let unit = text.chars().next_back()?;
    let digits = text.strip_suffix(unit)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        'w' => 7 * 24 * 3600,
        _ => return None,
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(Duration::from_secs(digits.parse::<u64>().ok()?.checked_mul(seconds)?))
}

/// A length of time in the largest unit that it has no rest of.
pub(super) fn words(length: Duration) -> String {
    let seconds = length.as_secs();
    let unit = [(24 * 3600, "d"), (3600, "h"), (60, "m")]
        .into_iter()
        .find(|(unit, _)| seconds >= *unit && seconds.is_multiple_of(*unit));
    match unit {
        _ if length.subsec_nanos() > 0 => format!("{}ms", length.as_millis()),
        Some((unit, letter)) => format!("{}{letter}", seconds / unit),
        None => format!("{seconds}s"),
    }
}

/// A time to come: a day, at whose beginning in UTC it is, a time with its zone, or a length from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Future {
    At(Timestamp),
    In(Length),
}

impl FromStr for Future {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        if let Ok(day) = text.parse::<Date>()
            && text.len() == 10
        {
            return Ok(Self::At(day.to_zoned(TimeZone::UTC)?.timestamp()));
        }
        if let Ok(time) = text.parse() {
            return Ok(Self::At(time));
        }
        match text.parse() {
            Ok(length) => Ok(Self::In(length)),
            Err(_) => bail!("`{text}` is no time: write `2027-01-01`, `2027-01-01T12:00:00Z` or `90d`"),
        }
    }
}

impl Future {
    /// The time, which has to be after now.
    pub(super) fn after(self, now: Timestamp) -> anyhow::Result<Timestamp> {
        let time = match self {
            Self::At(time) => time,
            Self::In(length) => now.checked_add(SignedDuration::try_from(length.duration())?)?,
        };
        if time <= now {
            bail!("{} is past already", second(time));
        }
        Ok(time)
    }
}

/// A time to the second.
pub(super) fn second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A day: itself, or so many days up to today, such as `7d` or `2w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Day {
    On(Date),
    Last(Length),
}

impl FromStr for Day {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        if let Ok(day) = text.parse::<Date>()
            && text.len() == 10
        {
            return Ok(Self::On(day));
        }
        match text.parse::<Length>() {
            Ok(length) if text.ends_with(['d', 'w']) && !length.duration().is_zero() => {
                Ok(Self::Last(length))
            }
            _ => bail!("`{text}` is no day: write `2026-11-01`, or `7d` for the last seven days"),
        }
    }
}

impl Day {
    /// The day, which of so many days is the first. Today is the last of them.
    pub(super) fn before(self, today: Date) -> Date {
        match self {
            Self::On(day) => day,
            Self::Last(length) => {
                let days = length.duration().as_secs() / (24 * 3600);
                let before = i64::try_from(days).unwrap_or(i64::MAX).saturating_sub(1);
                today.saturating_sub(before.days())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn lengths_are_read_and_written() {
        for (text, seconds, shown) in [
            ("30s", 30, "30s"),
            ("90m", 5400, "90m"),
            ("24h", 86_400, "1d"),
            ("2w", 1_209_600, "14d"),
            ("0s", 0, "0s"),
        ] {
            let length: Length = text.parse().unwrap();
            assert_eq!((length.duration().as_secs(), words(length.duration()).as_str()), (seconds, shown));
        }
        for text in ["", "d", "7", "-7d", "+7d", "1.5h", "7 d", "7y", "99999999999999999999d", "4000d", "7é"]
        {
            assert!(text.parse::<Length>().is_err(), "`{text}`");
        }
    }

    #[test]
    fn a_time_to_come_is_a_day_a_time_or_a_length_and_never_past() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        for (text, time) in [
            ("2027-01-01", "2027-01-01T00:00:00Z"),
            ("2026-11-23T12:00:00+01:00", "2026-11-23T11:00:00Z"),
            ("90d", "2027-02-21T10:00:00Z"),
        ] {
            let future: Future = text.parse().unwrap();
            assert_eq!(second(future.after(now).unwrap()), time, "{text}");
        }
        for text in ["2026-11-23", "2020-01-01", "0s"] {
            let error = text.parse::<Future>().unwrap().after(now).unwrap_err().to_string();
            assert!(error.ends_with("is past already"), "{error}");
        }
        for text in ["", "tomorrow", "2027-13-01", "2027-01-01T12:00:00"] {
            assert!(text.parse::<Future>().is_err(), "`{text}`");
        }
    }

    #[test]
    fn the_last_days_end_with_today() {
        let today: Date = "2026-11-23".parse().unwrap();
        for (text, day) in
            [("2026-11-01", "2026-11-01"), ("1d", "2026-11-23"), ("7d", "2026-11-17"), ("1w", "2026-11-17")]
        {
            assert_eq!(text.parse::<Day>().unwrap().before(today).to_string(), day, "{text}");
        }
        for text in ["", "7h", "0d", "20261101", "yesterday"] {
            assert!(text.parse::<Day>().is_err(), "`{text}`");
        }
    }
}
