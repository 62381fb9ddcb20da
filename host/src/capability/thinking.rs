//! How a model is told to think, and how much.

use serde::Deserialize;
use serde::de::{Deserializer, Error};

use super::words;
use crate::chat::Effort;

/// How a model is told to think before it answers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(tag = "style", rename_all = "snake_case")]
pub enum Thinking {
    /// Nothing can be said about it: the model never thinks, or always does.
    #[default]
    None,
    /// Claude up to 4.5: `thinking {type: enabled, budget_tokens}` in `additionalModelRequestFields`
    /// (Bedrock User Guide, "Extended thinking").
    Budget(Budgets),
    /// Claude from 4.6: `thinking {type: adaptive}` and `output_config {effort}` in
    /// `additionalModelRequestFields` (Bedrock User Guide, "Adaptive thinking").
    Adaptive {
        /// The efforts that the model knows.
        efforts: Efforts,
    },
    /// Nova 2: `reasoningConfig {type: enabled, maxReasoningEffort}` in `additionalModelRequestFields`
    /// (Nova User Guide, "Extended thinking").
    Nova {
        /// The efforts that the model knows.
        efforts: Efforts,
    },
    /// Models with open weights: `reasoning_effort`, a string in `additionalModelRequestFields`.
    Effort {
        /// The efforts that the model knows.
        efforts: Efforts,
    },
}

/// The efforts that a model knows: at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Efforts(Vec<Effort>);

impl<'de> Deserialize<'de> for Efforts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        words::list(deserializer)?.try_into().map_err(D::Error::custom)
    }
}

impl TryFrom<Vec<Effort>> for Efforts {
    type Error = &'static str;

    fn try_from(mut efforts: Vec<Effort>) -> Result<Self, Self::Error> {
        if efforts.is_empty() {
            return Err("a model that thinks by effort knows at least one");
        }
        efforts.sort_unstable();
        efforts.dedup();
        Ok(Self(efforts))
    }
}

impl Efforts {
    /// The effort to ask for: the one that is wanted, or the greatest below it, or the least there is.
    pub fn nearest(&self, wanted: Effort) -> Effort {
        let below = self.0.iter().rev().find(|effort| **effort <= wanted);
        below.or_else(|| self.0.first()).copied().unwrap_or(wanted)
    }

    /// All, the least first.
    pub fn iter(&self) -> impl Iterator<Item = Effort> {
        self.0.iter().copied()
    }
}

/// How many tokens a model may think for each effort.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budgets {
    minimal: u32,
    low: u32,
    medium: u32,
    high: u32,
    xhigh: u32,
    max: u32,
}

impl Budgets {
    /// The least that Claude takes, in tokens (Bedrock User Guide, "Extended thinking").
    pub const MINIMUM: u32 = 1024;
    /// What `maxTokens` has to exceed a budget by, so that there is room for an answer, in tokens.
    pub const ROOM: u32 = 256;

    /// The budget in tokens: never below [`Budgets::MINIMUM`].
    pub fn tokens(self, effort: Effort) -> u32 {
        match effort {
            Effort::Minimal => self.minimal,
            Effort::Low => self.low,
            Effort::Medium => self.medium,
            Effort::High => self.high,
            Effort::Xhigh => self.xhigh,
            Effort::Max => self.max,
        }
        .max(Self::MINIMUM)
    }

    /// The same, but no budget leaves less than [`Budgets::ROOM`] of a model's longest answer.
    pub(super) fn within(self, max_output_tokens: u32) -> Self {
        let most = max_output_tokens.saturating_sub(Self::ROOM);
        Self {
            minimal: self.minimal.min(most),
            low: self.low.min(most),
            medium: self.medium.min(most),
            high: self.high.min(most),
            xhigh: self.xhigh.min(most),
            max: self.max.min(most),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn an_effort_that_a_model_does_not_know_becomes_the_next_lower_one() {
        use Effort::{High, Low, Max, Medium, Minimal, Xhigh};
        let efforts = Efforts::try_from(vec![High, Low, Medium, High]).unwrap();
        let table = [(Minimal, Low), (Low, Low), (Medium, Medium), (High, High), (Xhigh, High), (Max, High)];
        for (wanted, expected) in table {
            assert_eq!(efforts.nearest(wanted), expected);
        }
        assert!(Efforts::try_from(Vec::new()).is_err());
    }

    #[test]
    fn every_effort_has_its_word() {
        for effort in Effort::ALL {
            assert_eq!(Effort::parse(effort.as_str()), Some(effort));
        }
        assert_eq!(Effort::parse("none"), None);
    }

    #[test]
    fn a_budget_leaves_room_for_an_answer() {
        let budgets =
            Budgets { minimal: 1024, low: 2048, medium: 8192, high: 16384, xhigh: 32000, max: 64000 };
        assert_eq!(budgets.within(32_000).tokens(Effort::Max), 31_744);
        assert_eq!(budgets.within(32_000).tokens(Effort::Low), 2048);
        assert_eq!(budgets.within(1000).tokens(Effort::Low), 1024);
    }
}
