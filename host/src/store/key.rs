//! A key as the store knows it: never its secret.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use super::{ApiKey, Effective, Policy, Principal, SecretHash, Team};
use crate::enabled::{EnabledPlugin, Rollout};
use crate::ids::{KeyId, PluginName, TeamName};

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
    /// The team that it belongs to.
    pub team: Option<TeamName>,
    /// When it was made, to the millisecond.
    pub created: Timestamp,
    /// Until when it is valid, to the millisecond.
    pub expires: Option<Timestamp>,
    /// Since when it is invalid, to the millisecond.
    pub revoked: Option<Timestamp>,
    /// The plugins that run for it beside its team's, in their order, and those of the team's that run
    /// with a config of its own.
    pub plugins: Vec<EnabledPlugin>,
    /// The plugins of its team that do not run for it.
    pub switched_off: BTreeSet<PluginName>,
    /// Callers that AWS has authenticated and that count as this key.
    pub principals: Vec<Principal>,
    /// On which terms it is served, where they are not its team's.
    pub policy: Policy,
}

impl Key {
    /// A key with nothing but a name.
    pub fn new(id: KeyId, name: KeyName, created: Timestamp) -> Self {
        Self {
            id,
            name,
            labels: Vec::new(),
            team: None,
            created,
            expires: None,
            revoked: None,
            plugins: Vec::new(),
            switched_off: BTreeSet::new(),
            principals: Vec::new(),
            policy: Policy::default(),
        }
    }

    /// Whether it is of use at a time.
    pub fn validity(&self, now: Timestamp) -> Verification {
        if self.revoked.is_some() {
            Verification::Revoked
        } else if self.expires.is_some_and(|expires| expires <= now) {
            Verification::Expired
        } else {
            Verification::Verified
        }
    }
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
    /// It is this key, whose time is over, or one of its former secrets.
    Expired,
}

/// The secrets of a key.
#[derive(Debug, Clone)]
pub struct Secrets {
    pub(super) current: SecretHash,
    /// The one before it, and until when it is good.
    pub(super) former: Option<(SecretHash, Timestamp)>,
}

/// A key as it is kept.
#[derive(Debug, Clone)]
pub struct KeyRecord {
    /// The key.
    pub key: Key,
    pub(super) secrets: Secrets,
}

impl KeyRecord {
    /// A new key.
    pub(super) fn new(key: Key, secret_hash: SecretHash) -> Self {
        Self { key, secrets: Secrets { current: secret_hash, former: None } }
    }

    /// Gives it another secret. The one that it has is good until a time; one before that no more.
    pub(super) fn rotate(&mut self, secret_hash: SecretHash, until: Timestamp) {
        let former = std::mem::replace(&mut self.secrets.current, secret_hash);
        self.secrets.former = Some((former, until));
    }
}

/// A key as it is served: with what proves it, and on its terms.
#[derive(Debug, Clone)]
pub struct StoredKey {
    /// The key.
    pub key: Key,
    /// On which terms it is served. Its plugins have the releases that are rolled out to it.
    pub terms: Effective,
    secrets: Secrets,
}

impl StoredKey {
    pub(super) fn new(record: KeyRecord, team: Option<&Team>, rollouts: &[Rollout]) -> Self {
        let KeyRecord { key, secrets } = record;
        let mut terms = Effective::of(&key, team);
        for rollout in rollouts {
            rollout.apply(&key.id, &mut terms.plugins);
        }
        Self { key, terms, secrets }
    }

    /// Holds a presented key against this one, in constant time. That a key is revoked or expired is said
    /// only to who knows its secret.
    pub fn verify(&self, presented: &ApiKey, now: Timestamp) -> Verification {
        let same_id = *presented.id() == self.key.id;
        if same_id && presented.secret_hash().equals(&self.secrets.current) {
            return self.key.validity(now);
        }
        match &self.secrets.former {
            Some((former, until)) if same_id && presented.secret_hash().equals(former) => {
                if *until <= now {
                    Verification::Expired
                } else {
                    self.key.validity(now)
                }
            }
            _ => Verification::WrongSecret,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn record(api_key: &ApiKey) -> KeyRecord {
        let name = KeyName::parse("laptop").unwrap();
        KeyRecord::new(
            Key::new(api_key.id().clone(), name, Timestamp::UNIX_EPOCH),
            api_key.secret_hash().clone(),
        )
    }

    fn verify(record: &KeyRecord, presented: &ApiKey, second: i64) -> Verification {
        let now = Timestamp::from_second(second).unwrap();
        StoredKey::new(record.clone(), None, &[]).verify(presented, now)
    }

    #[test]
    fn verifies_only_the_right_secret() {
        let (mine, other) = (ApiKey::generate().unwrap(), ApiKey::generate().unwrap());
        assert_eq!(verify(&record(&mine), &mine, 1), Verification::Verified);
        assert_eq!(verify(&record(&mine), &other, 1), Verification::WrongSecret);

        let id_of_mine = KeyRecord::new(record(&mine).key, other.secret_hash().clone());
        assert_eq!(verify(&id_of_mine, &mine, 1), Verification::WrongSecret);
    }

    #[test]
    fn says_revoked_and_expired_only_to_who_knows_the_secret() {
        let (mine, other) = (ApiKey::generate().unwrap(), ApiKey::generate().unwrap());
        let mut record = record(&mine);
        record.key.expires = Some(Timestamp::from_second(5).unwrap());
        for (second, expected) in [(4, Verification::Verified), (5, Verification::Expired)] {
            assert_eq!(verify(&record, &mine, second), expected);
            assert_eq!(verify(&record, &other, second), Verification::WrongSecret);
        }
        record.key.revoked = Some(Timestamp::UNIX_EPOCH);
        assert_eq!(verify(&record, &mine, 1), Verification::Revoked);
        assert_eq!(verify(&record, &other, 1), Verification::WrongSecret);
    }

    #[test]
    fn a_former_secret_is_good_for_as_long_as_the_operator_said() {
        let first = ApiKey::generate().unwrap();
        let second = ApiKey::generate_for(first.id()).unwrap();
        let third = ApiKey::generate_for(first.id()).unwrap();
        let mut record = record(&first);
        record.rotate(second.secret_hash().clone(), Timestamp::from_second(5).unwrap());
        for (second_of_time, of_first) in [(4, Verification::Verified), (5, Verification::Expired)] {
            assert_eq!(verify(&record, &first, second_of_time), of_first);
            assert_eq!(verify(&record, &second, second_of_time), Verification::Verified);
            assert_eq!(verify(&record, &third, second_of_time), Verification::WrongSecret);
        }
        record.rotate(third.secret_hash().clone(), Timestamp::from_second(5).unwrap());
        assert_eq!(verify(&record, &first, 1), Verification::WrongSecret);
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
