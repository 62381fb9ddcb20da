//! What a plugin's config is read into.

use crate::ConfigError;

/// What a plugin's config is read into.
pub trait Config: Sized {
    /// Reads a config from well-formed JSON. Reports every fault that it finds, not the first
    /// alone: an operator wants to mend them in one go.
    fn parse(json: &str) -> Result<Self, Vec<ConfigError>>;
}

/// The config of a plugin without options: `{}`, `null` or nothing at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoConfig;

impl Config for NoConfig {
    fn parse(json: &str) -> Result<Self, Vec<ConfigError>> {
        let json = json.trim();
        if json.is_empty() || json == "null" {
            return Ok(Self);
        }
        if !json.starts_with('{') {
            return Err(vec![ConfigError::new("", "expected an object without members")]);
        }
        let names = member_names(json);
        if names.is_empty() {
            return Ok(Self);
        }
        let unknown =
            |name: &str| ConfigError::new(pointer("", name), "unknown option: this plugin has none");
        Err(names.into_iter().map(unknown).collect())
    }
}

/// Appends a member's name or an element's index to a JSON Pointer (RFC 6901).
#[must_use]
pub fn pointer(parent: &str, name: &str) -> String {
    let mut path = String::with_capacity(parent.len() + name.len() + 1);
    path.push_str(parent);
    path.push('/');
    for character in name.chars() {
        match character {
            '~' => path.push_str("~0"),
            '/' => path.push_str("~1"),
            other => path.push(other),
        }
    }
    path
}

/// The names of an object's members, as they are written. Needs well-formed JSON, and no library:
/// a plugin without options stays small.
fn member_names(object: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut depth = 0_u32;
    let mut string_start = None;
    let mut last_string = None;
    let mut escaped = false;
    for (at, byte) in object.bytes().enumerate() {
        if let Some(start) = string_start {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    last_string = object.get(start..at);
                    string_start = None;
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => string_start = Some(at + 1),
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b':' if depth == 1 => names.extend(last_string),
            _ => {}
        }
    }
    names
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn no_config_accepts_the_ways_to_say_nothing() {
        for nothing in ["", "  ", "null", "{}", " { } "] {
            assert_eq!(NoConfig::parse(nothing), Ok(NoConfig), "{nothing:?}");
        }
    }

    #[test]
    fn no_config_refuses_members_by_name() {
        let faults = NoConfig::parse(r#"{"a/b": {"x": "}\""}, "c": [{"d": 1}], "e": "f: g"}"#);
        let paths: Vec<_> = faults.unwrap_err().into_iter().map(|fault| fault.path).collect();
        assert_eq!(paths, ["/a~1b", "/c", "/e"]);
    }

    #[test]
    fn no_config_refuses_what_is_no_object() {
        assert!(NoConfig::parse("[]").is_err());
        assert!(NoConfig::parse("\"{}\"").is_err());
    }
}
