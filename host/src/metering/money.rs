//! Money, exactly.

use std::fmt;
use std::str::FromStr;

/// US dollars in whole nanodollars, 10⁻⁹ USD: up to nine thousand million dollars, so that every store
/// has a number for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Money(u64);

/// Why a text is no amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no amount of US dollars: write `20` or `12.50`, with up to nine decimals")]
pub struct InvalidMoney(String);

const A_DOLLAR: u64 = 1_000_000_000;

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// The most there is.
    pub const MAX: Self = Self(i64::MAX.cast_unsigned());

    /// From nanodollars.
    pub fn from_nanodollars(nanodollars: u64) -> Self {
        Self(nanodollars).min(Self::MAX)
    }

    /// From picodollars, 10⁻¹² USD, in which prices are. A begun nanodollar is a whole one.
    pub fn from_picodollars(picodollars: u64) -> Self {
        Self::from_nanodollars(picodollars.div_ceil(1000))
    }

    /// In nanodollars.
    pub fn nanodollars(self) -> u64 {
        self.0
    }

    /// In dollars, for people and programs that only read.
    #[expect(clippy::cast_precision_loss, reason = "for who only reads")]
    pub fn dollars(self) -> f64 {
        self.0 as f64 / A_DOLLAR as f64
    }

    /// Takes `20`, `12.50`, `$0.000001`.
    pub fn parse(text: &str) -> Result<Self, InvalidMoney> {
        Self::read(text.strip_prefix('$').unwrap_or(text)).ok_or_else(|| InvalidMoney(text.to_owned()))
    }

    fn read(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if decimals.len() > 9 || !digits(whole) || !digits(decimals) {
            return None;
        }
        let whole: u64 = whole.parse().ok()?;
        let decimals: u64 = format!("{decimals:0<9}").parse().ok()?;
        let all = whole.checked_mul(A_DOLLAR)?.checked_add(decimals)?;
        (all <= Self::MAX.0).then_some(Self(all))
    }
}

impl fmt::Display for Money {
    /// With the decimals that it has, and at least two.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = format!("{:09}", self.0 % A_DOLLAR);
        let shown = decimals.trim_end_matches('0').len().max(2);
        write!(f, "{}.{}", self.0 / A_DOLLAR, decimals.get(..shown).unwrap_or_default())
    }
}

impl FromStr for Money {
    type Err = InvalidMoney;

    fn from_str(text: &str) -> Result<Self, InvalidMoney> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn is_read_and_written_exactly() {
        for (text, nanodollars, shown) in [
            ("20", 20_000_000_000, "20.00"),
            ("$12.5", 12_500_000_000, "12.50"),
            ("0.000000001", 1, "0.000000001"),
            ("0", 0, "0.00"),
            ("9223372036.854775807", i64::MAX.cast_unsigned(), "9223372036.854775807"),
        ] {
            let money = Money::parse(text).unwrap();
            assert_eq!((money.nanodollars(), money.to_string().as_str()), (nanodollars, shown));
        }
        for text in ["", ".5", "1.", "-1", "1e3", "1,5", "0.0000000001", "9223372036.854775808", "$", "$$1"] {
            assert!(Money::parse(text).is_err(), "`{text}`");
        }
    }

    #[test]
    fn a_begun_nanodollar_is_a_whole_one() {
        assert_eq!(Money::from_picodollars(1), Money(1));
        assert_eq!(Money::from_picodollars(3_000_000), Money(3000));
        assert_eq!(Money::from_picodollars(u64::MAX), Money(18_446_744_073_709_552));
    }
}
