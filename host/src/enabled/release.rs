use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// Why a text names no release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a {kind}: {expected}")]
pub struct InvalidRelease {
    kind: &'static str,
    text: String,
    expected: &'static str,
}

/// A published version of a plugin, by the digest of what its publisher signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// As the publisher numbers it.
    pub version: Version,
    /// SHA-256 of the signed statement. Nothing else runs, whatever stands under the version.
    pub digest: Digest,
}

/// SHA-256, as 64 hexadecimal digits in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

impl Digest {
    /// The digest of bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        use std::fmt::Write as _;
        let mut text = String::with_capacity(64);
        for byte in sha2::Sha256::digest(bytes) {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{byte:02x}");
        }
        Self(text)
    }

    /// Takes 64 hexadecimal digits in lower case.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidRelease> {
        let text = text.into();
        let valid = text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if valid {
            Ok(Self(text))
        } else {
            let expected = "64 hexadecimal digits in lower case";
            Err(InvalidRelease { kind: "digest", text: text.chars().take(80).collect(), expected })
        }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Digest {
    type Err = InvalidRelease;

    fn from_str(text: &str) -> Result<Self, InvalidRelease> {
        Self::parse(text)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The version of a plugin: three numbers, such as `1.4.0` (<https://semver.org>, without
/// pre-releases and build metadata).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version {
    numbers: [u32; 3],
}

impl Version {
    /// Takes three numbers with dots between.
    pub fn parse(text: &str) -> Result<Self, InvalidRelease> {
        let wrong = || InvalidRelease {
            kind: "version",
            text: text.chars().take(80).collect(),
            expected: "three numbers, such as `1.4.0`",
        };
        let mut numbers = [0; 3];
        let mut parts = text.split('.');
        for number in &mut numbers {
            let part = parts.next().ok_or_else(wrong)?;
            let plain =
                part == "0" || (!part.starts_with('0') && part.bytes().all(|byte| byte.is_ascii_digit()));
            *number = part.parse().ok().filter(|_| plain).ok_or_else(wrong)?;
        }
        if parts.next().is_some() { Err(wrong()) } else { Ok(Self { numbers }) }
    }

    /// Whether what has this version can be used where `newer` is spoken: the first number that is
    /// not 0 is the same, and the rest is not greater (<https://semver.org>).
    pub fn is_compatible_with(self, newer: Self) -> bool {
        let same = match (self.numbers, newer.numbers) {
            ([0, 0, patch], theirs) => theirs == [0, 0, patch],
            ([0, minor, _], [major, newer_minor, _]) => major == 0 && newer_minor == minor,
            ([major, _, _], [newer_major, _, _]) => newer_major == major,
        };
        same && self <= newer
    }
}

impl FromStr for Version {
    type Err = InvalidRelease;

    fn from_str(text: &str) -> Result<Self, InvalidRelease> {
        Self::parse(text)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [major, minor, patch] = self.numbers;
        write!(f, "{major}.{minor}.{patch}")
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        let version = |text| Version::parse(text).unwrap();
        assert!(version("1.10.0") > version("1.9.9"));
        assert_eq!(version("1.4.0").to_string(), "1.4.0");
        for text in ["", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "1.2.3-rc.1", "+1.2.3", "1..3"] {
            assert!(Version::parse(text).is_err(), "`{text}` was taken");
        }
    }

    #[test]
    fn compatible_is_what_cargo_takes_for_compatible() {
        let compatible =
            |this, newer| Version::parse(this).unwrap().is_compatible_with(Version::parse(newer).unwrap());
        for (this, newer) in [("0.1.0", "0.1.1"), ("0.1.1", "0.1.1"), ("1.0.0", "1.7.2"), ("0.0.3", "0.0.3")]
        {
            assert!(compatible(this, newer), "{this} {newer}");
        }
        for (this, newer) in [("0.1.2", "0.1.1"), ("0.1.0", "0.2.0"), ("1.0.0", "2.0.0"), ("0.0.1", "0.0.2")]
        {
            assert!(!compatible(this, newer), "{this} {newer}");
        }
    }

    #[test]
    fn a_digest_is_the_sha_256_of_bytes() {
        let empty = Digest::of(b"");
        assert_eq!(empty.as_str(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assert_eq!(Digest::parse(empty.as_str()).unwrap(), empty);
        assert!(Digest::parse("E3").is_err());
    }
}
