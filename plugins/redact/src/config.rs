//! The operator's options.

use std::collections::BTreeSet;

use adit_plugin::{Config, ConfigError, json_config};
use regex_lite::RegexBuilder;
use serde::Deserialize;

use crate::detect::Kind;
use crate::detect::custom::Pattern;
use crate::placeholder::LONGEST_LABEL;

/// Most patterns of an operator: each one reads every text once more.
const MOST_PATTERNS: usize = 32;
/// Bytes that a compiled pattern may take.
const PATTERN_SIZE: usize = 256 * 1024;
const BUILT_IN: [&str; 6] = ["credential", "iban", "card", "email", "ip", "phone"];

/// The plugin's options, checked.
#[derive(Debug)]
pub struct Settings {
    pub(crate) mode: Mode,
    pub(crate) kinds: Kinds,
    pub(crate) patterns: Vec<Pattern>,
    allowed: BTreeSet<String>,
    allowed_endings: Vec<String>,
}

/// What happens to a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// The answer gets the value back.
    #[default]
    Reversible,
    /// The value is gone.
    Irreversible,
    /// A request with any value is refused.
    Block,
}

/// Which detectors run.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "switches that are independent, as the operator writes them"
)]
pub(crate) struct Kinds {
    pub(crate) credential: bool,
    pub(crate) iban: bool,
    pub(crate) card: bool,
    pub(crate) email: bool,
    pub(crate) ip: bool,
    pub(crate) phone: bool,
}

impl Default for Kinds {
    fn default() -> Self {
        Self { credential: true, iban: true, card: true, email: true, ip: true, phone: true }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawSettings {
    mode: Mode,
    kinds: Kinds,
    patterns: Vec<RawPattern>,
    allow: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPattern {
    name: String,
    pattern: String,
}

impl Config for Settings {
    fn parse(json: &str) -> Result<Self, Vec<ConfigError>> {
        let raw: RawSettings = match json.trim() {
            "" | "null" => RawSettings::default(),
            _ => json_config(json)?,
        };
        let mut faults = Vec::new();
        if raw.patterns.len() > MOST_PATTERNS {
            faults.push(ConfigError::new("/patterns", format!("at most {MOST_PATTERNS} patterns")));
        }
        let patterns = patterns(raw.patterns, &mut faults);
        let (allowed_endings, allowed) = allow(raw.allow, &mut faults);
        if faults.is_empty() {
            Ok(Self { mode: raw.mode, kinds: raw.kinds, patterns, allowed, allowed_endings })
        } else {
            Err(faults)
        }
    }
}

impl Settings {
    /// What names the kind in a placeholder, and in the message of a refusal.
    pub(crate) fn label(&self, kind: Kind) -> &str {
        match kind {
            Kind::Custom(index) => self.patterns.get(index).map_or("CUSTOM", |pattern| &pattern.label),
            Kind::Credential => "CREDENTIAL",
            Kind::Iban => "IBAN",
            Kind::Card => "CARD",
            Kind::Email => "EMAIL",
            Kind::Ip => "IP",
            Kind::Phone => "PHONE",
        }
    }

    /// Whether the operator lets this value pass.
    pub(crate) fn allows(&self, value: &str) -> bool {
        if self.allowed.is_empty() && self.allowed_endings.is_empty() {
            return false;
        }
        let value = value.to_lowercase();
        self.allowed.contains(&value) || self.allowed_endings.iter().any(|ending| value.ends_with(ending))
    }
}

fn patterns(raw: Vec<RawPattern>, faults: &mut Vec<ConfigError>) -> Vec<Pattern> {
    let mut names: BTreeSet<String> = BUILT_IN.iter().map(ToString::to_string).collect();
    let mut patterns = Vec::new();
    for (index, RawPattern { name, pattern }) in raw.into_iter().enumerate().take(MOST_PATTERNS) {
        if let Some(fault) = name_fault(&name, &names) {
            faults.push(ConfigError::new(format!("/patterns/{index}/name"), fault));
        }
        let label = name.to_ascii_uppercase();
        names.insert(name);
        match RegexBuilder::new(&pattern).size_limit(PATTERN_SIZE).build() {
            Ok(regex) if regex.is_match("") => {
                let fault = "matches the empty text, so it would match everywhere";
                faults.push(ConfigError::new(format!("/patterns/{index}/pattern"), fault));
            }
            Ok(regex) => patterns.push(Pattern { label, regex }),
            Err(error) => {
                let fault = format!("not a regular expression: {error}");
                faults.push(ConfigError::new(format!("/patterns/{index}/pattern"), fault));
            }
        }
    }
    patterns
}

fn name_fault(name: &str, taken: &BTreeSet<String>) -> Option<String> {
    let fits = name.len() <= LONGEST_LABEL
        && name.starts_with(|ch: char| ch.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !fits {
        return Some(format!(
            "`{name}` is not a name: a lower-case letter, then up to {} lower-case letters, digits and `_`",
            LONGEST_LABEL - 1
        ));
    }
    taken.contains(name).then(|| format!("`{name}` is taken"))
}

/// The endings and the whole values, in lower case.
fn allow(entries: Vec<String>, faults: &mut Vec<ConfigError>) -> (Vec<String>, BTreeSet<String>) {
    let mut endings = Vec::new();
    let mut values = BTreeSet::new();
    for (index, entry) in entries.into_iter().enumerate() {
        let (starred, value) = match entry.strip_prefix('*') {
            Some(ending) => (true, ending),
            None => (false, entry.as_str()),
        };
        if value.is_empty() || value.contains('*') {
            let fault = "expected a value, or `*` and an ending such as `*@example.com`";
            faults.push(ConfigError::new(format!("/allow/{index}"), fault));
        } else if starred {
            endings.push(value.to_lowercase());
        } else {
            values.insert(value.to_lowercase());
        }
    }
    (endings, values)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn paths(json: &str) -> Vec<String> {
        Settings::parse(json).unwrap_err().into_iter().map(|fault| fault.path).collect()
    }

    #[test]
    fn the_empty_config_finds_everything_and_is_reversible() {
        let settings = Settings::parse("{}").unwrap();
        assert_eq!(settings.mode, Mode::Reversible);
        assert!(settings.kinds.email && settings.kinds.phone && settings.kinds.credential);
    }

    #[test]
    fn names_the_place_of_each_fault() {
        for (json, expected) in [
            (r#"{"mod":"block"}"#, "/mod"),
            (r#"{"mode":"loud"}"#, "/mode"),
            (r#"["block"]"#, ""),
            ("[]", ""),
            (r#"{"kinds":[false]}"#, "/kinds"),
            (r#"{"patterns":[["a","b"]]}"#, "/patterns/0"),
            (r#"{"kinds":{"emial":false}}"#, "/kinds/emial"),
            (r#"{"kinds":{"email":"no"}}"#, "/kinds/email"),
            (r#"{"patterns":[{"name":"a","pattern":"x","flags":"i"}]}"#, "/patterns/0/flags"),
            (r#"{"patterns":[{"name":"a","pattern":"(x"}]}"#, "/patterns/0/pattern"),
            (r#"{"patterns":[{"name":"a","pattern":"x*"}]}"#, "/patterns/0/pattern"),
            (r#"{"patterns":[{"name":"Big One","pattern":"x"}]}"#, "/patterns/0/name"),
            (r#"{"patterns":[{"name":"email","pattern":"x"}]}"#, "/patterns/0/name"),
            (r#"{"allow":["a@b.org","*"]}"#, "/allow/1"),
            (r#"{"allow":["a*b"]}"#, "/allow/0"),
        ] {
            assert_eq!(paths(json), [expected], "{json}");
        }
    }

    #[test]
    fn reports_every_fault_at_once() {
        let json =
            r#"{"patterns":[{"name":"a","pattern":"("},{"name":"a","pattern":"[0-9]{6}"}],"allow":[""]}"#;
        assert_eq!(paths(json), ["/patterns/0/pattern", "/patterns/1/name", "/allow/0"]);
    }

    #[test]
    fn allows_values_and_endings_in_any_case() {
        let settings = Settings::parse(r#"{"allow":["ops@corp.org","*@Example.com"]}"#).unwrap();
        for allowed in ["ops@corp.org", "Ops@Corp.org", "anyone@example.com"] {
            assert!(settings.allows(allowed), "{allowed}");
        }
        for other in ["devops@corp.org", "a@sub.example.com.org", "a@example.co"] {
            assert!(!settings.allows(other), "{other}");
        }
    }
}
