//! Patterns with `*` for any run of characters, also an empty one.

/// A pattern that covers the whole of a text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Glob {
    /// What stands before the first star; all of it if there is none.
    prefix: String,
    /// What stands after each star.
    after_stars: Vec<String>,
}

impl Glob {
    /// Fails on an empty pattern, and on signs of other pattern languages, which would match
    /// nothing and surprise their author.
    pub(crate) fn parse(pattern: &str) -> Result<Self, String> {
        if pattern.is_empty() {
            return Err("a pattern may not be empty; `*` matches everything".to_owned());
        }
        if let Some(sign) = pattern.chars().find(|sign| "?[]{}\\".contains(*sign)) {
            return Err(format!("`{sign}` has no place in a pattern: only `*` is special"));
        }
        let mut parts = pattern.split('*').map(str::to_owned);
        Ok(Self { prefix: parts.next().unwrap_or_default(), after_stars: parts.collect() })
    }

    /// Greater for a pattern without stars, then for one that fixes more bytes.
    pub(crate) fn closeness(&self) -> (bool, usize) {
        let fixed = self.after_stars.iter().map(String::len).sum::<usize>();
        (self.after_stars.is_empty(), self.prefix.len() + fixed)
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let Some((suffix, middle)) = self.after_stars.split_last() else {
            return text == self.prefix;
        };
        let inner = text.strip_prefix(self.prefix.as_str());
        let Some(mut rest) = inner.and_then(|rest| rest.strip_suffix(suffix.as_str())) else {
            return false;
        };
        for part in middle {
            // The first place is the best one: it leaves most to the parts that follow.
            let Some((_, after)) = rest.split_once(part.as_str()) else {
                return false;
            };
            rest = after;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn stars_stand_for_any_run_of_characters() {
        let cases = [
            ("gpt-4o", "gpt-4o", true),
            ("gpt-4o", "gpt-4o-mini", false),
            ("gpt-*", "gpt-", true),
            ("gpt-*", "gpt", false),
            ("*-mini", "gpt-4o-mini", true),
            ("*", "", true),
            ("**", "é", true),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("*.nova-*-v1:*", "us.amazon.nova-lite-v1:0", true),
            ("*.nova-*-v1:*", "us.amazon.nova-lite-v2:0", false),
            ("a*b*c", "a-c-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*ab*ab", "ab", false),
            ("GPT", "gpt", false),
        ];
        for (pattern, text, expected) in cases {
            let glob = Glob::parse(pattern).unwrap();
            assert_eq!(glob.matches(text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn refuses_what_looks_like_another_pattern_language() {
        for pattern in ["", "gpt-?", "gpt-[34]", "{a,b}", "a\\*"] {
            assert!(Glob::parse(pattern).is_err(), "{pattern}");
        }
    }
}
