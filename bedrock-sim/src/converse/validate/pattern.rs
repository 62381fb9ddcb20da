//! The character sets of the service's model (botocore 1.43.11), written out.

/// A set of strings.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pattern {
    ToolName,
    ToolUseId,
    Metadata,
    AccountId,
    S3Uri,
    GuardrailVersion,
}

impl Pattern {
    /// The regular expression, as messages show it.
    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::ToolName => "[a-zA-Z0-9_-]+",
            Self::ToolUseId => "[a-zA-Z0-9_.:-]+",
            Self::Metadata => r"[a-zA-Z0-9\s:_@$#=/+,-.]{0,256}",
            Self::AccountId => "[0-9]{12}",
            Self::S3Uri => r"s3://[a-z0-9][\.\-a-z0-9]{1,61}[a-z0-9](/.*)?",
            Self::GuardrailVersion => "(|([1-9][0-9]{0,7})|(DRAFT))",
        }
    }

    pub(super) fn matches(self, value: &str) -> bool {
        let all = |allowed: fn(u8) -> bool| value.bytes().all(allowed);
        match self {
            Self::ToolName => {
                !value.is_empty() && all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
            }
            Self::ToolUseId => {
                !value.is_empty() && all(|byte| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte))
            }
            // `,-.` in the expression is a range, which holds exactly these three.
            Self::Metadata => all(|byte| {
                byte.is_ascii_alphanumeric()
                    || byte.is_ascii_whitespace()
                    || b":_@$#=/+,-.\x0b".contains(&byte)
            }),
            Self::AccountId => value.len() == 12 && all(|byte| byte.is_ascii_digit()),
            Self::S3Uri => value.strip_prefix("s3://").is_some_and(|rest| {
                let bucket = rest.split('/').next().unwrap_or_default();
                let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
                (3..=63).contains(&bucket.len())
                    && bucket.bytes().all(|byte| inner(byte) || b".-".contains(&byte))
                    && bucket.bytes().next().is_some_and(inner)
                    && bucket.bytes().next_back().is_some_and(inner)
            }),
            Self::GuardrailVersion => {
                value.is_empty()
                    || value == "DRAFT"
                    || (value.len() <= 8 && !value.starts_with('0') && all(|byte| byte.is_ascii_digit()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_are_in_their_sets() {
        let cases = [
            (Pattern::ToolName, "get_weather-2", true),
            (Pattern::ToolName, "", false),
            (Pattern::ToolName, "a.b", false),
            (Pattern::ToolUseId, "functions.get_temperature:0", true),
            (Pattern::ToolUseId, "a b", false),
            (Pattern::Metadata, "team a: x@y $1 #2 = /+,-.", true),
            (Pattern::Metadata, "{\"a\"}", false),
            (Pattern::S3Uri, "s3://bucket/a/b.pdf", true),
            (Pattern::S3Uri, "s3://Bucket/a", false),
            (Pattern::S3Uri, "https://bucket/a", false),
            (Pattern::AccountId, "123456789012", true),
            (Pattern::GuardrailVersion, "DRAFT", true),
            (Pattern::GuardrailVersion, "01", false),
        ];
        for (pattern, value, expected) in cases {
            assert_eq!(pattern.matches(value), expected, "{pattern:?} `{value}`");
        }
    }
}
