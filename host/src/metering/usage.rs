//! What was used, added up.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::ids::{KeyId, TeamName};

/// Whose usage, and of what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The day, in UTC.
    pub day: Date,
    /// The key.
    pub key: KeyId,
    /// The team that the key belonged to then.
    pub team: Option<TeamName>,
    /// The model id or ARN that was asked, after routing.
    pub model: String,
}

/// Counts of requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Tally {
    /// All, those that failed included.
    pub requests: u64,
    /// Those that failed.
    pub errors: u64,
    /// Those that were answered from the response cache.
    pub cache_hits: u64,
    /// Those whose tokens are an estimate: nobody was there any more when Bedrock would have said them.
    pub estimated: u64,
    /// Tokens that were read from the prompt, without what the prompt cache gave.
    pub input_tokens: u64,
    /// Tokens that were written.
    pub output_tokens: u64,
    /// Tokens that were read from the prompt cache.
    pub cache_read_tokens: u64,
    /// Tokens that were written to the prompt cache.
    pub cache_write_tokens: u64,
    /// What they cost by the price data, in nanodollars.
    pub cost_nanodollars: u64,
}

impl Tally {
    /// Adds another one.
    pub fn add(&mut self, other: &Self) {
        for (mine, other) in self.counts_mut().into_iter().zip(other.counts()) {
            *mine = mine.saturating_add(other.1);
        }
    }

    /// Every count with its name.
    pub fn counts(&self) -> [(&'static str, u64); 9] {
        [
            ("requests", self.requests),
            ("errors", self.errors),
            ("cache_hits", self.cache_hits),
            ("estimated", self.estimated),
            ("input_tokens", self.input_tokens),
            ("output_tokens", self.output_tokens),
            ("cache_read_tokens", self.cache_read_tokens),
            ("cache_write_tokens", self.cache_write_tokens),
            ("cost_nanodollars", self.cost_nanodollars),
        ]
    }

    /// From the counts, in the order of [`Tally::counts`].
    pub fn from_counts(counts: [u64; 9]) -> Self {
        let mut tally = Self::default();
        for (mine, count) in tally.counts_mut().into_iter().zip(counts) {
            *mine = count;
        }
        tally
    }

    fn counts_mut(&mut self) -> [&mut u64; 9] {
        [
            &mut self.requests,
            &mut self.errors,
            &mut self.cache_hits,
            &mut self.estimated,
            &mut self.input_tokens,
            &mut self.output_tokens,
            &mut self.cache_read_tokens,
            &mut self.cache_write_tokens,
            &mut self.cost_nanodollars,
        ]
    }
}

/// What was used in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where.
    pub place: Place,
    /// How much.
    pub tally: Tally,
}

/// Which usage is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The first day.
    pub since: Date,
    /// The last day.
    pub until: Date,
    /// Of one key alone.
    pub key: Option<KeyId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_added_one_by_one_and_come_back_in_their_order() {
        let counts = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        let mut tally = Tally::from_counts(counts);
        assert_eq!(tally.counts().map(|(_, count)| count), counts);
        tally.add(&Tally::from_counts([10; 9]));
        assert_eq!(tally.counts().map(|(_, count)| count), [11, 12, 13, 14, 15, 16, 17, 18, 19]);
        tally.add(&Tally { requests: u64::MAX, ..Tally::default() });
        assert_eq!(tally.requests, u64::MAX);
    }
}
