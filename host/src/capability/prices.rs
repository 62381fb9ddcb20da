//! What tokens cost.

use serde::Deserialize;

/// The price of one token. A whole number inside, so that a bill adds up exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "f64")]
pub struct Price {
    picodollars: u64,
}

impl Price {
    /// The price of one token in picodollars, 10⁻¹² USD. 3 USD per million tokens are 3,000,000.
    pub fn picodollars(self) -> u64 {
        self.picodollars
    }

    /// The price of so many tokens in picodollars, the greatest number there is if it is more.
    pub fn of(self, tokens: u64) -> u64 {
        self.picodollars.saturating_mul(tokens)
    }
}

impl TryFrom<f64> for Price {
    type Error = String;

    /// From USD per million tokens, the way AWS states prices.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the number was just found to be between 0 and 10,000,000,000"
    )]
    fn try_from(usd_per_million: f64) -> Result<Self, Self::Error> {
        if !(0.0..=10_000.0).contains(&usd_per_million) {
            return Err(format!("`{usd_per_million}` is no price: USD per million tokens, from 0 to 10000"));
        }
        Ok(Self { picodollars: (usd_per_million * 1e6).round() as u64 })
    }
}

/// What the tokens of a model cost: on demand, default service tier, `us-east-1` or the global
/// profile (Amazon Bedrock pricing page).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// A token that is read.
    pub input: Price,
    /// A token that is written; none are by a model of embeddings.
    pub output: Price,
    /// A token that comes from the prompt cache. None: not known, or there is no cache.
    pub cache_read: Option<Price>,
    /// A token that goes into the prompt cache for five minutes.
    pub cache_write: Option<Price>,
    /// A token that goes into the prompt cache for an hour.
    pub cache_write_hour: Option<Price>,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn are_exact() {
        let table = [(3.0, 3_000_000), (0.035, 35_000), (0.008_75, 8_750), (0.0, 0), (75.0, 75_000_000)];
        for (usd_per_million, picodollars) in table {
            assert_eq!(Price::try_from(usd_per_million).unwrap().picodollars(), picodollars);
        }
        assert_eq!(Price::try_from(3.0).unwrap().of(1_000_000), 3_000_000_000_000);
        assert_eq!(Price::try_from(3.0).unwrap().of(u64::MAX), u64::MAX);
    }

    #[test]
    fn are_neither_negative_nor_absurd() {
        for number in [-1.0, f64::NAN, f64::INFINITY, 10_001.0] {
            assert!(Price::try_from(number).is_err(), "{number}");
        }
    }
}
