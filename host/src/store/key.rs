//! A key as the store knows it: never its secret.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use super::{ApiKey, Policy, SecretHash};
use crate::enabled::EnabledPlugin;
use crate::ids::KeyId;

/// Why a text is not a name or a label.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {kind}: {expected}")]
pub struct InvalidName {
    kind: &'static str,
    expected: &'static str,
}

/// What the operator calls a key. Several keys may share a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyName(String);

impl KeyName {
    /// Takes 1 to 100 characters on one line, with no space at either end.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidName> {
        let text = text.into();
        if !text.is_empty() && is_line(&text, 100) && text.trim() == text {
            Ok(Self(text))
        } else {
            let expected = "1 to 100 characters on one line, with no space at either end";
            Err(InvalidName { kind: "key name", expected })
        }
    }

    /// The text of the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for KeyName {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::parse(text)
    }
}

/// What the operator notes about a key, such as `team=search`. Plugins can read it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Label {
    /// Unique within a key.
    pub name: String,
    /// May be empty.
    pub value: String,
}

impl Label {
    /// Takes a name of 1 to 64 letters, digits, `-`, `_` and `.`, and a value of up to 256
    /// characters on one line.
    pub fn parse(name: impl Into<String>, value: impl Into<String>) -> Result<Self, InvalidName> {
        let (name, value) = (name.into(), value.into());
        let named = (1..=64).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if named && is_line(&value, 256) {
            Ok(Self { name, value })
        } else {
            let expected =
                "1 to 64 letters, digits, `-`, `_` and `.`, then `=`, then up to 256 characters on one line";
            Err(InvalidName { kind: "label", expected })
        }
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value)
    }
}

impl FromStr for Label {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        // Without a `=` the empty name is refused.
        let (name, value) = text.split_once('=').unwrap_or_default();
        Self::parse(name, value)
    }
}

fn is_line(text: &str, characters: usize) -> bool {
    text.chars().count() <= characters && !text.chars().any(char::is_control)
}

/// A key, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The public part of the API key.
    pub id: KeyId,
    /// What the operator calls it.
    pub name: KeyName,
    /// What the operator notes about it, sorted by name.
    pub labels: Vec<Label>,
    /// When it was made, to the millisecond.
    pub created: Timestamp,
    /// Since when it is invalid, to the millisecond.
    pub revoked: Option<Timestamp>,
    /// The plugins that run for it, in their order.
    pub plugins: Vec<EnabledPlugin>,
    /// On which terms it is served.
    pub policy: Policy,
}

/// What comes of holding a presented key against the stored one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verification {
    /// It is this key.
    Verified,
    /// It has the id of this key, but not its secret.
    WrongSecret,
    /// It is this key, which is not valid any more.
    Revoked,
}

/// A key with what proves it.
#[derive(Debug, Clone)]
pub struct StoredKey {
    /// The key.
    pub key: Key,
    secret_hash: SecretHash,
}

impl StoredKey {
    pub(super) fn new(key: Key, secret_hash: SecretHash) -> Self {
        Self { key, secret_hash }
    }

    pub(super) fn secret_hash(&self) -> &SecretHash {
        &self.secret_hash
    }

    /// Holds a presented key against this one, in constant time. That a key is revoked is said
    /// only to who knows its secret.
    pub fn verify(&self, presented: &ApiKey) -> Verification {
        if *presented.id() != self.key.id || !presented.secret_hash().equals(&self.secret_hash) {
            Verification::WrongSecret
        } else if self.key.revoked.is_some() {
            Verification::Revoked
        } else {
            Verification::Verified
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn stored(api_key: &ApiKey, revoked: Option<Timestamp>) -> StoredKey {
        let key = Key {
            id: api_key.id().clone(),
            name: KeyName::parse("laptop").unwrap(),
            labels: Vec::new(),
            created: Timestamp::UNIX_EPOCH,
            revoked,
            plugins: Vec::new(),
            policy: Policy::default(),
        };
        StoredKey::new(key, api_key.secret_hash().clone())
    }

    #[test]
    fn verifies_only_the_right_secret() {
        let (mine, other) = (ApiKey::generate().unwrap(), ApiKey::generate().unwrap());
        assert_eq!(stored(&mine, None).verify(&mine), Verification::Verified);
        assert_eq!(stored(&mine, None).verify(&other), Verification::WrongSecret);

        let id_of_mine = StoredKey::new(stored(&mine, None).key, other.secret_hash().clone());
        assert_eq!(id_of_mine.verify(&mine), Verification::WrongSecret);
    }

    #[test]
    fn says_revoked_only_to_who_knows_the_secret() {
        let (mine, other) = (ApiKey::generate().unwrap(), ApiKey::generate().unwrap());
        let revoked = stored(&mine, Some(Timestamp::UNIX_EPOCH));
        assert_eq!(revoked.verify(&mine), Verification::Revoked);
        assert_eq!(revoked.verify(&other), Verification::WrongSecret);
    }

    #[test]
    fn takes_only_names_that_fit_on_a_line() {
        for name in ["laptop", "CI of team a", "büro"] {
            assert_eq!(KeyName::parse(name).unwrap().as_str(), name);
        }
        for name in ["", " laptop", "two\nlines", "\u{1b}[31m", &"x".repeat(101)] {
            assert!(KeyName::parse(name).is_err(), "`{name}` was taken");
        }
    }

    #[test]
    fn takes_labels_as_name_and_value() {
        let label: Label = "team=a=b".parse().unwrap();
        assert_eq!((label.name.as_str(), label.value.as_str()), ("team", "a=b"));
        assert_eq!(label.to_string(), "team=a=b");
        assert_eq!("cost.center=".parse::<Label>().unwrap().value, "");
        for text in ["", "team", "=search", "te am=search", "team=two\nlines"] {
            assert!(text.parse::<Label>().is_err(), "`{text}` was taken");
        }
    }
}
