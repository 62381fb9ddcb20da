//! Budgets: so much of a unit for so long.

use std::fmt;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// Nanodollars.
    Money,
    /// Tokens of all kinds.
    Tokens,
}

/// How long it is counted. Both begin at midnight UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Period {
    /// A day.
    Day,
    /// A calendar month.
    Month,
}

/// A kind of budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Budget {
    /// What is counted.
    pub unit: Unit,
    /// How long.
    pub period: Period,
}

impl Budget {
    /// All kinds.
    pub const ALL: [Self; 4] = [
        Self { unit: Unit::Money, period: Period::Day },
        Self { unit: Unit::Money, period: Period::Month },
        Self { unit: Unit::Tokens, period: Period::Day },
        Self { unit: Unit::Tokens, period: Period::Month },
    ];

    /// What it is called, such as `money_per_day`.
    pub fn name(self) -> &'static str {
        match (self.unit, self.period) {
            (Unit::Money, Period::Day) => "money_per_day",
            (Unit::Money, Period::Month) => "money_per_month",
            (Unit::Tokens, Period::Day) => "tokens_per_day",
            (Unit::Tokens, Period::Month) => "tokens_per_month",
        }
    }

    /// The account that counts it at a time.
    pub fn account(self, at: Timestamp) -> Account {
        let unit = match self.unit {
            Unit::Money => "money",
            Unit::Tokens => "tokens",
        };
        Account(format!("{unit}:{}", self.period.of(at)))
    }
}

impl Period {
    /// The period in which a time lies: `2026-11-23`, or `2026-11`.
    pub fn of(self, at: Timestamp) -> String {
        let day = at.to_zoned(TimeZone::UTC).date();
        match self {
            Self::Day => day.to_string(),
            Self::Month => day.strftime("%Y-%m").to_string(),
        }
    }

    /// How long the period of a time still takes.
    pub fn left(self, at: Timestamp) -> SignedDuration {
        let day = at.to_zoned(TimeZone::UTC).date();
        let next = match self {
            Self::Day => day.tomorrow(),
            Self::Month => day.last_of_month().tomorrow(),
        };
        let end = next.and_then(|day| day.to_zoned(TimeZone::UTC)).map(|end| end.timestamp());
        end.unwrap_or(Timestamp::MAX).duration_since(at)
    }
}

/// Counts one unit over one period: `money:2026-11-23`, `tokens:2026-11`. A day after the last of a month
/// has another account, so nothing is ever set back to zero, and a wrong clock harms its own days alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Account(String);

impl Account {
    /// Takes what [`Account::as_str`] gave.
    pub fn parse(text: &str) -> Option<Self> {
        let (unit, period) = text.split_once(':')?;
        let dated = matches!(period.len(), 7 | 10)
            && period.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        (matches!(unit, "money" | "tokens") && dated).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is of no use any more: of a month that ended some weeks ago, or a day of last week.
    pub fn is_over(&self, now: Timestamp) -> bool {
        let Some((_, period)) = self.0.split_once(':') else { return true };
        let (same, ago) = match period.len() {
            7 => (Period::Month, 24 * 40),
            _ => (Period::Day, 24 * 7),
        };
        let oldest = now.saturating_sub(SignedDuration::from_hours(ago)).unwrap_or(Timestamp::MIN);
        period < same.of(oldest).as_str()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn each_period_has_an_account_of_its_own() {
        let at: Timestamp = "2026-12-31T23:59:30Z".parse().unwrap();
        let names = Budget::ALL.map(|budget| budget.account(at).to_string());
        assert_eq!(names, ["money:2026-12-31", "money:2026-12", "tokens:2026-12-31", "tokens:2026-12"]);
        assert_eq!(Period::Day.left(at), SignedDuration::from_secs(30));
        assert_eq!(Period::Month.left(at), SignedDuration::from_secs(30));
        assert_eq!(Period::Month.left("2026-02-01T00:00:00Z".parse().unwrap()).as_hours(), 28 * 24);
    }

    #[test]
    fn an_account_is_of_use_for_a_while_after_its_end() {
        let now: Timestamp = "2026-12-10T00:00:00Z".parse().unwrap();
        for (account, is_over) in [
            ("money:2026-12", false),
            ("money:2026-11", false),
            ("money:2026-09", true),
            ("tokens:2026-12-10", false),
            ("tokens:2026-12-03", false),
            ("tokens:2026-12-02", true),
            ("tokens:2099-01-01", false),
        ] {
            assert_eq!(Account::parse(account).unwrap().is_over(now), is_over, "{account}");
        }
        for text in ["", "money", "gold:2026-12", "money:soon", "l:2026-12"] {
            assert_eq!(Account::parse(text), None);
        }
    }
}
