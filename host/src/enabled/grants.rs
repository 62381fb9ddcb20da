use std::collections::BTreeSet;
use std::fmt;

use crate::config::{HostPattern, SecretName};

/// What a plugin can import of the contract. What it imports is what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Capability {
    /// Lines in the log. Every plugin has it.
    Log,
    /// Numbers for the operator. Every plugin has it.
    Metrics,
    /// Values that outlive a request.
    Kv,
    /// Secrets in headers of `http`.
    Secrets,
    /// Requests to hosts on a list.
    Http,
    /// The bytes of images and documents.
    Blobs,
    /// Word to the client while a tool is called. Every plugin has it.
    ToolClient,
}

impl Capability {
    /// All, in the order of the contract.
    pub const ALL: [Self; 7] =
        [Self::Log, Self::Metrics, Self::Kv, Self::Secrets, Self::Http, Self::Blobs, Self::ToolClient];

    /// The interface of the contract.
    pub fn interface(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Metrics => "metrics",
            Self::Kv => "kv",
            Self::Secrets => "secrets",
            Self::Http => "http",
            Self::Blobs => "blobs",
            Self::ToolClient => "tool-client",
        }
    }

    /// What to type so that it is granted; nothing for what every plugin has.
    pub fn grant(self) -> Option<&'static str> {
        match self {
            Self::Log | Self::Metrics | Self::ToolClient => None,
            Self::Kv => Some("kv"),
            Self::Secrets => Some("secret=NAME"),
            Self::Http => Some("http=HOST"),
            Self::Blobs => Some("blobs"),
        }
    }

    /// From the interface of the contract.
    pub fn parse(interface: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|capability| capability.interface() == interface)
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.interface())
    }
}

/// Why a text is no grant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a grant: {expected}")]
pub struct InvalidGrant {
    text: String,
    expected: &'static str,
}

/// What a plugin may import for a key. `log`, `metrics` and `tool-client` need no grant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// The capabilities that have no list.
    pub plain: BTreeSet<Capability>,
    /// The hosts of `http`; with none there is no `http`.
    pub http: Vec<HostPattern>,
    /// The secrets of `secrets`; with none there are no `secrets`.
    pub secrets: BTreeSet<SecretName>,
}

impl Grants {
    /// Whether a plugin may import it.
    pub fn allow(&self, capability: Capability) -> bool {
        match capability {
            Capability::Log | Capability::Metrics | Capability::ToolClient => true,
            Capability::Kv | Capability::Blobs => self.plain.contains(&capability),
            Capability::Http => !self.http.is_empty(),
            Capability::Secrets => !self.secrets.is_empty(),
        }
    }

    /// Adds what a text names: `kv`, `blobs`, `http=HOST` or `secret=NAME`.
    pub fn add(&mut self, text: &str) -> Result<(), InvalidGrant> {
        let expected = "write `kv`, `blobs`, `http=HOST` or `secret=NAME`";
        let wrong = || InvalidGrant { text: text.to_owned(), expected };
        match text.split_once('=') {
            None => match Capability::parse(text) {
                Some(capability @ (Capability::Kv | Capability::Blobs)) => {
                    self.plain.insert(capability);
                }
                _ => return Err(wrong()),
            },
            Some(("http", host)) => {
                self.http.push(HostPattern::try_from(host.to_owned()).map_err(|_| wrong())?);
            }
            Some(("secret", name)) => {
                self.secrets.insert(SecretName::try_from(name.to_owned()).map_err(|_| wrong())?);
            }
            Some(_) => return Err(wrong()),
        }
        Ok(())
    }

    /// What of these is not among those.
    #[must_use]
    pub fn without(&self, those: &Self) -> Self {
        let covered = |host: &HostPattern| those.http.iter().any(|other| other.covers(host));
        Self {
            plain: self.plain.difference(&those.plain).copied().collect(),
            http: self.http.iter().filter(|host| !covered(host)).cloned().collect(),
            secrets: self.secrets.difference(&those.secrets).cloned().collect(),
        }
    }

    /// Adds others.
    pub fn extend(&mut self, others: Self) {
        let Self { plain, http, secrets } = others;
        self.plain.extend(plain);
        self.http.extend(http);
        self.secrets.extend(secrets);
    }

    /// As [`Grants::add`] takes them.
    pub fn texts(&self) -> Vec<String> {
        let plain = self.plain.iter().map(ToString::to_string);
        let http = self.http.iter().map(|host| format!("http={host}"));
        let secrets = self.secrets.iter().map(|name| format!("secret={}", name.as_str()));
        plain.chain(http).chain(secrets).collect()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn grants_come_back_as_they_were_written() {
        let texts = ["kv", "blobs", "http=api.example.com", "http=*.example.org", "secret=api-key"];
        let mut grants = Grants::default();
        for text in texts {
            grants.add(text).unwrap();
        }
        assert_eq!(grants.texts(), texts);
        assert!(Capability::ALL.into_iter().all(|capability| grants.allow(capability)));
    }

    #[test]
    fn what_one_set_has_beyond_another_is_what_is_missing() {
        let grants = |texts: &[&str]| {
            let mut grants = Grants::default();
            for text in texts {
                grants.add(text).unwrap();
            }
            grants
        };
        let asked = grants(&["kv", "blobs", "http=a.b.test", "http=c.test", "secret=one", "secret=two"]);
        let mut given = grants(&["blobs", "http=*.b.test", "secret=two"]);
        let missing = asked.without(&given);
        assert_eq!(missing.texts(), ["kv", "http=c.test", "secret=one"]);
        given.extend(missing);
        assert_eq!(asked.without(&given), Grants::default());
    }

    #[test]
    fn nothing_but_words_to_the_operator_and_the_client_is_granted_by_itself() {
        let granted = Capability::ALL.into_iter().filter(|capability| Grants::default().allow(*capability));
        assert_eq!(
            granted.collect::<Vec<_>>(),
            [Capability::Log, Capability::Metrics, Capability::ToolClient]
        );
    }

    #[test]
    fn refuses_what_is_no_grant() {
        for text in ["", "log", "http", "http=", "secret=", "secret=a b", "kv=all", "files"] {
            assert!(Grants::default().add(text).is_err(), "`{text}` was taken");
        }
    }
}
