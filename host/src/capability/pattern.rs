//! Which model ids an entry speaks of.

use serde::Deserialize;

use super::bare::has_geography;
use crate::ids;

/// A model id in which `*` stands for any text, also for none.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Pattern(String);

impl TryFrom<String> for Pattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let allowed = |character: char| character.is_ascii_alphanumeric() || "*.:-_/".contains(character);
        if text.is_empty() {
            Err("a pattern may not be empty; `*` fits every model".to_owned())
        } else if let Some(character) = text.chars().find(|character| !allowed(*character)) {
            Err(format!("`{text}` is no pattern: `{character}` is in no model id, and only `*` is special"))
        } else if text.contains("**") {
            Err(format!("`{text}` is no pattern: one `*` stands for any text, two say nothing more"))
        } else if text.starts_with("arn:") {
            Err(format!(
                "`{text}` fits nothing: patterns are compared with model ids, not ARNs; see `[profiles]`"
            ))
        } else if has_geography(&text) {
            Err(format!(
                "`{text}` fits nothing: patterns are compared with model ids without their geography"
            ))
        } else {
            Ok(Self(text))
        }
    }
}

impl Pattern {
    /// Whether an id, as [`bare`](super::bare) gives it, fits.
    pub(super) fn fits(&self, id: &str) -> bool {
        ids::fits(&self.0, id)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn fits_what_it_says() {
        let table = [
            ("*", "", true),
            ("*", "anything", true),
            ("a.b", "a.b", true),
            ("a.b", "a.bc", false),
            ("a.b*", "a.b", true),
            ("a.*-4-5*", "a.claude-4-5-20250929-v1:0", true),
            ("a.*-4-5*", "a.claude-4-6", false),
            ("a.*x", "a.x-y", false),
            ("*aba", "aba", true),
            ("ab*ba", "aba", false),
            ("a*b*c", "a1b2b3c", true),
            ("a*b*c", "acb", false),
        ];
        for (pattern, id, expected) in table {
            let pattern = Pattern::try_from(pattern.to_owned()).unwrap();
            assert_eq!(pattern.fits(id), expected, "{pattern:?} {id}");
        }
    }

    #[test]
    fn is_refused_when_it_could_fit_nothing() {
        for text in ["", "a b", "a?", "claude-[34]", "a**", "us.anthropic.*", "arn:aws:bedrock:*"] {
            assert!(Pattern::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
