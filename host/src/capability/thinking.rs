//! How a model is told to think, and how much.

use serde::Deserialize;

use crate::chat;

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

/// How hard a model shall think, in OpenAI's words. OpenAI's `none` is no effort: it switches thinking off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// `minimal`
    Minimal,
    /// `low`
    Low,
    /// `medium`
    Medium,
    /// `high`
    High,
    /// `xhigh`
    Xhigh,
    /// `max`
    Max,
}

impl Effort {
    /// All, the least first.
    pub const ALL: [Self; 6] = [Self::Minimal, Self::Low, Self::Medium, Self::High, Self::Xhigh, Self::Max];

    /// From OpenAI's word for it, which is Bedrock's word too.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|effort| effort.as_str() == word)
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minimal => "minimal",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Xhigh => "xhigh",
            Self::Max => "max",
        }
    }
}

impl From<chat::Effort> for Effort {
    fn from(effort: chat::Effort) -> Self {
        match effort {
            chat::Effort::Minimal => Self::Minimal,
            chat::Effort::Low => Self::Low,
            chat::Effort::Medium => Self::Medium,
            chat::Effort::High => Self::High,
            chat::Effort::Xhigh => Self::Xhigh,
            chat::Effort::Max => Self::Max,
        }
    }
}

/// The efforts that a model knows: at least one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<Effort>")]
pub struct Efforts(Vec<Effort>);

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
