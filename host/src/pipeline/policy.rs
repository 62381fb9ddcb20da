//! Which models a key may use. Looked at after the plugins, so that a router cannot reach further
//! than the key it works for.

use std::fmt;
use std::str::FromStr;

use super::Upstream;
use crate::chat::Request;
use crate::error::{Failure, Kind};

/// A text is no pattern of model names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a pattern of model names: expected 1 to 256 visible characters, `*` for any others")]
pub struct InvalidPattern;

/// A model's name, id or ARN, with `*` for any characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPattern(String);

impl ModelPattern {
    /// Takes 1 to 256 visible ASCII characters.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidPattern> {
        let text = text.into();
        let valid = (1..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if valid { Ok(Self(text)) } else { Err(InvalidPattern) }
    }

    /// The text of the pattern.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the whole name fits.
    pub fn matches(&self, name: &str) -> bool {
        let mut pieces = self.0.split('*');
        let Some(rest) = pieces.next().and_then(|first| name.strip_prefix(first)) else { return false };
        let mut rest = rest;
        let mut last = None;
        for piece in pieces {
            if let Some(between) = last.replace(piece) {
                match rest.find(between) {
                    Some(place) => rest = rest.get(place + between.len()..).unwrap_or_default(),
                    None => return false,
                }
            }
        }
        last.map_or(rest.is_empty(), |end| rest.ends_with(end))
    }
}

impl fmt::Display for ModelPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ModelPattern {
    type Err = InvalidPattern;

    fn from_str(text: &str) -> Result<Self, InvalidPattern> {
        Self::parse(text)
    }
}

/// Which models a key may use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ModelPolicy {
    /// All.
    #[default]
    Any,
    /// Those that fit one of these, by the name that was asked for or by the id behind it.
    Only(Vec<ModelPattern>),
}

impl ModelPolicy {
    /// Whether a model may be used. `id` is what stands behind `name`.
    pub fn allows(&self, name: &str, id: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Only(patterns) => {
                patterns.iter().any(|pattern| pattern.matches(name) || pattern.matches(id))
            }
        }
    }

    /// Puts the model's id in the place of its name, if the key may use it.
    pub(super) fn admit(&self, request: &mut Request, upstream: &dyn Upstream) -> Result<(), Failure> {
        let id = upstream.resolve(&request.model).into_owned();
        if !self.allows(&request.model, &id) {
            return Err(self.refusal(&id));
        }
        request.model = id;
        Ok(())
    }

    /// What is said of a model that the key may not use.
    pub fn refusal(&self, id: &str) -> Failure {
        let id: String = id.chars().take(200).collect();
        Failure::new(
            Kind::ModelNotAllowed,
            format!("your API key may not use the model `{id}`: `GET /v1/models` lists those it may use"),
        )
        .with_param("model")
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn stars_stand_for_any_characters() {
        for (pattern, name, fits) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "a", true),
            ("*", "", true),
            ("*b", "ab", true),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "abc", true),
            ("a*b*c", "acb", false),
            ("ab*ba", "aba", false),
            ("us.anthropic.*-v1:0", "us.anthropic.claude-v1:0", true),
            ("*claude*claude*", "claude", false),
        ] {
            assert_eq!(ModelPattern::parse(pattern).unwrap().matches(name), fits, "{pattern} {name}");
        }
        assert!(ModelPattern::parse("a b").is_err());
        assert!(ModelPattern::parse("").is_err());
    }

    #[test]
    fn a_model_is_allowed_by_its_name_or_its_id() {
        let policy =
            ModelPolicy::Only(vec![ModelPattern::parse("fast").unwrap(), "amazon.*".parse().unwrap()]);
        assert!(policy.allows("fast", "anthropic.claude"));
        assert!(policy.allows("cheap", "amazon.nova-lite-v1:0"));
        assert!(!policy.allows("cheap", "anthropic.claude"));
        assert!(ModelPolicy::Any.allows("x", "y"));
    }
}
