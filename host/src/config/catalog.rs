//! Where published plugins come from, and whose word counts.

use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use super::raw;

/// The catalog of published plugins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    /// Where it lies.
    pub location: Location,
    /// Whose signatures count. With none, nothing is loaded.
    pub trusted_keys: Vec<PublicKey>,
    /// How S3 is reached.
    pub s3: S3Access,
}

/// Where what was fetched of a catalog is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CatalogCache {
    /// In this folder.
    Folder(PathBuf),
    /// In the memory of this process: the next one fetches it again.
    Memory,
}

/// How S3 is reached, where it is not Amazon's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct S3Access {
    /// Another address than Amazon's. The AWS environment (`AWS_ENDPOINT_URL_S3`) can name one too.
    pub endpoint: Option<String>,
    /// Name the bucket in the path of a URL, and not in its host.
    pub path_style: bool,
}

/// Where a catalog lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A part of a bucket.
    S3 {
        /// The bucket.
        bucket: String,
        /// What the names of all objects begin with: nothing, or a text that ends in `/`.
        prefix: String,
    },
}

impl Location {
    /// Reads `s3://bucket/prefix`, or a path that is relative to `base`.
    pub fn parse(text: &str, base: &Path) -> Result<Self, InvalidLocation> {
        let wrong = || InvalidLocation(text.to_owned());
        let Some(rest) = text.strip_prefix("s3://") else {
            let is_path = !text.trim().is_empty() && !text.contains("://");
            return is_path.then(|| Self::Folder(base.join(text))).ok_or_else(wrong);
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_matches('/');
        if bucket.is_empty() || prefix.split('/').any(|part| part == "." || part == "..") {
            return Err(wrong());
        }
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(Self::S3 { bucket: bucket.to_owned(), prefix })
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
        }
    }
}

/// Why a text is no place for a catalog.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no place for a catalog: expected `s3://bucket/prefix` or a folder")]
pub struct InvalidLocation(String);

/// The public half of a publisher's key (Ed25519, RFC 8032), as `ed25519:` and base64.
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// From its bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl TryFrom<String> for PublicKey {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.strip_prefix("ed25519:")
            .and_then(|key| STANDARD.decode(key).ok())
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| "is no public key: expected `ed25519:` and 32 bytes in base64".to_owned())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ed25519:{}", STANDARD.encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Catalog {
    pub(super) fn of(raw: raw::Catalog, base: &Path) -> Result<Self, InvalidLocation> {
        Ok(Self {
            location: Location::parse(&raw.location.0, base)?,
            trusted_keys: raw.trusted_keys,
            s3: S3Access { endpoint: raw.endpoint.map(|text| text.0), path_style: raw.path_style },
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn location(text: &str) -> Result<String, InvalidLocation> {
        Location::parse(text, Path::new("/etc/adit")).map(|location| location.to_string())
    }

    #[test]
    fn a_catalog_lies_in_a_bucket_or_a_folder() {
        for (text, expected) in [
            ("s3://plugins", "s3://plugins/"),
            ("s3://plugins/team/", "s3://plugins/team/"),
            ("s3://plugins/team/a", "s3://plugins/team/a/"),
            ("catalog", "/etc/adit/catalog"),
            ("/srv/catalog", "/srv/catalog"),
        ] {
            assert_eq!(location(text).unwrap(), expected);
        }
        for text in ["", " ", "s3://", "s3:///x", "s3://a/../b", "https://example.com/catalog"] {
            assert!(location(text).is_err(), "`{text}` was taken");
        }
    }

    #[test]
    fn a_key_comes_back_as_it_was_written() {
        let text = PublicKey::from_bytes([7; 32]).to_string();
        assert_eq!(PublicKey::try_from(text.clone()).unwrap().to_string(), text);
        for text in ["", "ed25519:", "ed25519:AAAA", &text[8..], &text.replace("ed25519", "rsa")] {
            assert!(PublicKey::try_from(text.to_owned()).is_err(), "`{text}` was taken");
        }
    }
}
