//! Whether, and from where, Adit fetches what a request names by URL.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use url::Host;

use super::raw;

/// How files are fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// The largest file, in bytes. Default: 5 MiB.
    pub max_bytes: usize,
    /// For the whole of a file, from the look-up of its host to the last byte. Default: 10 s.
    pub timeout: Duration,
    /// Redirects that are followed for one file. Default: 3.
    pub max_redirects: u32,
    /// Which hosts are asked. A host that is allowed must have public addresses all the same.
    pub hosts: Hosts,
}

/// Which hosts are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hosts {
    /// Every one.
    Any,
    /// Those that a pattern names; with no pattern none.
    Listed(Vec<HostPattern>),
}

/// A host, or all hosts below one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum HostPattern {
    /// `images.example.com`: this host alone. An address stands
    /// here without brackets: `10.0.0.1`, `fd00::1`.
    Exactly(String),
    /// `*.example.org`: every host whose name ends in `.example.org`, but not `example.org`.
    Below(String),
}

impl Default for Fetch {
    fn default() -> Self {
        Self { max_bytes: 5 << 20, timeout: Duration::from_secs(10), max_redirects: 3, hosts: Hosts::Any }
    }
}

impl Fetch {
    pub(super) fn of(raw: raw::Fetch) -> Option<Self> {
        let defaults = Self::default();
        raw.enabled.then(|| Self {
            max_bytes: raw.max_bytes.map_or(defaults.max_bytes, Into::into),
            timeout: raw.timeout_ms.map_or(defaults.timeout, |ms| Duration::from_millis(ms.get())),
            max_redirects: raw.max_redirects.unwrap_or(defaults.max_redirects),
            hosts: raw.allow_hosts.map_or(Hosts::Any, Hosts::Listed),
        })
    }
}

impl Hosts {
    /// Whether a host, as a parsed URL spells it, may be asked.
    pub fn allow(&self, host: &str) -> bool {
        // `example.com.` is the same host, said from the root of the name system.
        let host = host.strip_suffix('.').unwrap_or(host);
        match self {
            Self::Any => true,
            Self::Listed(patterns) => patterns.iter().any(|pattern| pattern.matches(host)),
        }
    }
}

impl HostPattern {
    /// Whether every host of another pattern is one of this.
    pub fn covers(&self, other: &Self) -> bool {
        match other {
            Self::Exactly(name) => self.matches(name),
            Self::Below(name) => self == other || matches!(self, Self::Below(_)) && self.matches(name),
        }
    }

    fn matches(&self, host: &str) -> bool {
        match self {
            Self::Exactly(name) => host == name,
            Self::Below(name) => host.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with('.')),
        }
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // Only an address of version 6 has colons, and stands in brackets.
            Self::Exactly(name) if name.contains(':') => write!(f, "[{name}]"),
            Self::Exactly(name) => f.write_str(name),
            Self::Below(name) => write!(f, "*.{name}"),
        }
    }
}

impl TryFrom<String> for HostPattern {
    type Error = String;

    /// Spells the host as a URL would: lower case, and Punycode for what is not ASCII; but addresses as
    /// they are spelled for [`Hosts::allow`].
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let (name, below) = text.strip_prefix("*.").map_or((text.as_str(), false), |name| (name, true));
        match Host::parse(name) {
            Ok(Host::Domain(name)) if below && !name.contains('*') => Ok(Self::Below(name)),
            Ok(Host::Domain(name)) if !below && !name.contains('*') => Ok(Self::Exactly(name)),
            Ok(Host::Ipv4(address)) if !below => Ok(Self::Exactly(address.to_string())),
            Ok(Host::Ipv6(address)) if !below => Ok(Self::Exactly(address.to_string())),
            _ => Err(format!("`{text}` is no host: expected `images.example.com` or `*.example.org`")),
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn of(text: &str) -> Result<Option<Fetch>, toml::de::Error> {
        toml::from_str(text).map(Fetch::of)
    }

    #[test]
    fn a_pattern_covers_what_has_no_host_beside_its_own() {
        let pattern = |text: &str| HostPattern::try_from(text.to_owned()).unwrap();
        for (wide, narrow, covers) in [
            ("a.test", "a.test", true),
            ("*.a.test", "b.a.test", true),
            ("*.a.test", "*.a.test", true),
            ("*.a.test", "*.b.a.test", true),
            ("*.a.test", "a.test", false),
            ("a.test", "*.a.test", false),
            ("b.a.test", "*.b.a.test", false),
        ] {
            assert_eq!(pattern(wide).covers(&pattern(narrow)), covers, "{wide} {narrow}");
        }
    }

    #[test]
    fn is_off_unless_switched_on() {
        assert_eq!(of("").unwrap(), None);
        assert_eq!(of("max_bytes = 1").unwrap(), None);
        assert_eq!(of("enabled = true").unwrap(), Some(Fetch::default()));
    }

    #[test]
    fn reads_each_setting() {
        let text = "enabled = true\nmax_bytes = 7\ntimeout_ms = 8\nmax_redirects = 0\nallow_hosts = []";
        let expected = Fetch {
            max_bytes: 7,
            timeout: Duration::from_millis(8),
            max_redirects: 0,
            hosts: Hosts::Listed(Vec::new()),
        };
        assert_eq!(of(text).unwrap(), Some(expected));
    }

    #[test]
    fn a_pattern_names_one_host_or_those_below_it() {
        let text = "enabled = true\nallow_hosts = ['Images.Example.com', '*.example.org', 'bücher.example']";
        let hosts = of(text).unwrap().unwrap().hosts;
        for host in [
            "images.example.com",
            "images.example.com.",
            "a.example.org",
            "a.b.example.org",
            "xn--bcher-kva.example",
        ] {
            assert!(hosts.allow(host), "{host}");
        }
        for host in [
            "example.com",
            "x.images.example.com",
            "example.org",
            "badexample.org",
            "example.org.evil.com",
            "",
        ] {
            assert!(!hosts.allow(host), "{host}");
        }
        assert!(!Hosts::Listed(Vec::new()).allow("example.com"));
        assert!(Hosts::Any.allow("example.com"));
    }

    #[test]
    fn an_address_is_one_host_in_every_spelling() {
        for (written, host, shown) in [
            ("[::1]", "::1", "[::1]"),
            ("[FD00:0:0:0::1]", "fd00::1", "[fd00::1]"),
            ("[::ffff:10.0.0.1]", "::ffff:10.0.0.1", "[::ffff:10.0.0.1]"),
            ("10.0.0.1", "10.0.0.1", "10.0.0.1"),
            ("0x0a000001", "10.0.0.1", "10.0.0.1"),
        ] {
            let pattern = HostPattern::try_from(written.to_owned()).unwrap();
            assert_eq!(pattern.to_string(), shown);
            assert_eq!(HostPattern::try_from(shown.to_owned()).unwrap(), pattern);
            assert!(Hosts::Listed(vec![pattern]).allow(host), "{written}");
        }
    }

    #[test]
    fn refuses_what_is_no_host() {
        for text in [
            "",
            "*",
            "*.",
            "*.*.example.org",
            "a*.example.org",
            "https://example.org",
            "example.org:443",
            "*.10.0.0.1",
            "*.[::1]",
            "::1",
        ] {
            let fault = of(&format!("allow_hosts = ['{text}']")).unwrap_err().to_string();
            assert!(fault.contains("is no host"), "{text}: {fault}");
        }
    }
}
