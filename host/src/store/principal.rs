//! Callers that AWS has authenticated.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use super::{Key, Verification};
use crate::ids::{KeyId, fits};

/// A pattern of principal ARNs, such as `arn:aws:sts::123456789012:assumed-role/app-*/*`; `*` stands for any
/// characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Principal(String);

/// Why a text is no pattern of principals.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a pattern of principals: expected an ARN with its account, such as \
     `arn:aws:sts::123456789012:assumed-role/app/*`"
)]
pub struct InvalidPrincipal(String);

impl Principal {
    /// Takes an ARN of IAM or STS in which the account is written out, so that no pattern opens a key to
    /// strangers.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidPrincipal> {
        let text = text.into();
        let mut parts = text.splitn(6, ':');
        let named = parts.next() == Some("arn")
            && parts.next().is_some_and(|partition| partition.starts_with("aws") && !partition.contains('*'))
            && parts.next().is_some_and(|service| matches!(service, "iam" | "sts"))
            && parts.next() == Some("")
            && parts.next().is_some_and(|account| {
                account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())
            })
            && parts.next().is_some_and(|resource| !resource.is_empty() && resource != "*");
        let plain = text.len() <= 2048 && text.bytes().all(|byte| byte.is_ascii_graphic());
        if named && plain { Ok(Self(text)) } else { Err(InvalidPrincipal(text.chars().take(200).collect())) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether an ARN is meant.
    pub fn matches(&self, arn: &str) -> bool {
        fits(&self.0, arn)
    }
}

/// The patterns of all keys.
pub(super) struct Principals(Vec<(Principal, Key)>);

impl Principals {
    pub(super) fn of(keys: impl Iterator<Item = Key>) -> Self {
        let mut all: Vec<_> = keys
            .filter(|key| key.revoked.is_none())
            .flat_map(|key| key.principals.clone().into_iter().map(move |pattern| (pattern, key.clone())))
            .collect();
        // The longest says the most. The sort keeps the order of the keys, the oldest first.
        all.sort_by_key(|(pattern, _)| std::cmp::Reverse(pattern.as_str().len()));
        Self(all)
    }

    pub(super) fn find(&self, arn: &str, now: Timestamp) -> Option<&KeyId> {
        let mut meant = self.0.iter().filter(|(pattern, _)| pattern.matches(arn)).map(|(_, key)| key);
        meant.find(|key| key.validity(now) == Verification::Verified).map(|key| &key.id)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Principal {
    type Err = InvalidPrincipal;

    fn from_str(text: &str) -> Result<Self, InvalidPrincipal> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn means_arns_of_its_account_alone() {
        let pattern = Principal::parse("arn:aws:sts::123456789012:assumed-role/app-*/*").unwrap();
        assert!(pattern.matches("arn:aws:sts::123456789012:assumed-role/app-search/i-0abc"));
        assert!(!pattern.matches("arn:aws:sts::210987654321:assumed-role/app-search/i-0abc"));
        assert!(!pattern.matches("arn:aws:sts::123456789012:assumed-role/other/i-0abc"));
        for text in [
            "*",
            "arn:aws:iam::*:user/x",
            "arn:*:iam::123456789012:user/x",
            "arn:aws:iam::123456789012:*",
            "arn:aws:s3::123456789012:x",
            "",
        ] {
            assert!(Principal::parse(text).is_err(), "{text}");
        }
    }
}
