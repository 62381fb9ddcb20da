//! A rule: which requests, and what with them.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Deserialize;

use super::action::Action;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    #[serde(default, rename = "match")]
    condition: Condition,
    pub(super) action: Action,
    /// How many requests met the condition so far, `nth` aside.
    #[serde(skip)]
    met: AtomicU64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Condition {
    /// `*` stands for any characters.
    model: Option<String>,
    operation: Option<Operation>,
    /// Of the credential scope, as it is.
    region: Option<String>,
    /// In the text of the last user turn.
    text_contains: Option<String>,
    /// Counted from 1.
    nth: Option<u64>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
enum Operation {
    Converse,
    ConverseStream,
    InvokeModel,
    InvokeModelWithResponseStream,
    ChatCompletions,
    ListFoundationModels,
    ListInferenceProfiles,
    GetInferenceProfile,
}

/// What a rule can ask of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts<'a> {
    pub(crate) operation: &'a str,
    pub(crate) model: &'a str,
    pub(crate) region: Option<&'a str>,
    pub(crate) text: &'a str,
}

impl Rule {
    pub(super) fn applies(&self, facts: &Facts<'_>) -> bool {
        let condition = &self.condition;
        let meets = condition.model.as_ref().is_none_or(|pattern| glob(pattern, facts.model))
            && condition.operation.is_none_or(|operation| operation.name() == facts.operation)
            && condition.region.as_ref().is_none_or(|region| Some(region.as_str()) == facts.region)
            && condition.text_contains.as_ref().is_none_or(|part| facts.text.contains(part.as_str()));
        meets && {
            let count = self.met.fetch_add(1, Ordering::Relaxed) + 1;
            condition.nth.is_none_or(|nth| nth == count)
        }
    }
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Converse => "Converse",
            Self::ConverseStream => "ConverseStream",
            Self::InvokeModel => "InvokeModel",
            Self::InvokeModelWithResponseStream => "InvokeModelWithResponseStream",
            Self::ChatCompletions => "ChatCompletions",
            Self::ListFoundationModels => "ListFoundationModels",
            Self::ListInferenceProfiles => "ListInferenceProfiles",
            Self::GetInferenceProfile => "GetInferenceProfile",
        }
    }
}

fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, tail)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut rest) = text.strip_prefix(head) else { return false };
    let mut parts: Vec<&str> = tail.split('*').collect();
    let last = parts.pop().unwrap_or_default();
    for part in parts {
        match rest.split_once(part) {
            Some((_, after)) => rest = after,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_characters() {
        let cases = [
            ("*", "", true),
            ("a", "a", true),
            ("a", "ab", false),
            ("us.*", "us.amazon.nova", true),
            ("*claude*haiku*", "us.anthropic.claude-haiku-4-5", true),
            ("*claude*haiku*", "us.anthropic.claude-sonnet-4-5", false),
            ("ab*b", "ab", false),
            ("*-v1:0", "x-v1:0", true),
        ];
        for (pattern, text, expected) in cases {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }
}
