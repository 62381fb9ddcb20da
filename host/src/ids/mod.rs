//! The names that other modules pass around. A value of these types is valid by construction.

mod model_pattern;

use std::fmt;

pub use model_pattern::{InvalidPattern, ModelPattern, fits};

/// Why a text is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {kind}: {expected}")]
pub struct InvalidId {
    kind: &'static str,
    text: String,
    expected: &'static str,
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $expected:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes a text that has the right form.
            pub fn parse(text: impl Into<String>) -> Result<Self, InvalidId> {
                let text = text.into();
                let valid: fn(&str) -> bool = $valid;
                if valid(&text) {
                    Ok(Self(text))
                } else {
                    Err(InvalidId { kind: $kind, text: shortened(&text), expected: $expected })
                }
            }

            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }
    };
}

id!(
    /// The public part of an API key: it names the key in listings and logs.
    KeyId,
    "key id",
    "10 lower-case letters and digits",
    |text| text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
);

id!(
    /// The name of a plugin: the stem of its file in the plugin folder.
    PluginName,
    "plugin name",
    "1 to 64 lower-case letters, digits, `-` and `_`",
    |text| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
    }
);

id!(
    /// The name of a team: keys that belong together.
    TeamName,
    "team name",
    "1 to 64 lower-case letters, digits, `-` and `_`",
    |text| {
        (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte))
    }
);

id!(
    /// The id under which one request is logged and answered (`x-request-id`).
    RequestId,
    "request id",
    "1 to 128 visible ASCII characters",
    |text| (1..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
);

/// An error message repeats a wrong text, but not a whole wrong file.
fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn takes_only_texts_of_the_right_form() {
        assert_eq!(KeyId::parse("k3j9x2m4ab").unwrap().as_str(), "k3j9x2m4ab");
        assert!(KeyId::parse("K3J9X2M4AB").is_err());
        assert!(PluginName::parse("redact-2").is_ok());
        assert!(PluginName::parse("../redact").is_err());
        assert!(RequestId::parse("with space").is_err());
    }

    #[test]
    fn says_what_was_expected() {
        assert_eq!(
            PluginName::parse("No!").unwrap_err().to_string(),
            "`No!` is not a plugin name: 1 to 64 lower-case letters, digits, `-` and `_`"
        );
    }
}
