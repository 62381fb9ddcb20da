//! How a catalog fails.

use crate::config::PublicKey;
use crate::enabled::{Digest, Version};
use crate::ids::PluginName;

/// Why something of a catalog is not to be had.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The catalog cannot be reached, read or written.
    #[error("cannot {action} `{object}`: {reason}")]
    Unavailable {
        /// What was tried, such as `read`.
        action: &'static str,
        /// The object or its folder.
        object: String,
        /// What the operating system or S3 says.
        reason: String,
    },
    /// It is not there.
    #[error("`{0}` does not exist")]
    Missing(String),
    /// No release of the plugin is there.
    #[error("the catalog `{1}` has no release of `{0}`")]
    NoRelease(PluginName, String),
    /// It is there, but not what was asked for or signed.
    #[error("`{object}` is refused: {refusal}")]
    Refused {
        /// The object.
        object: String,
        /// Why.
        refusal: Refusal,
    },
    /// What was fetched cannot be kept.
    #[error("cannot use the catalog's cache `{folder}`: {source}")]
    Cache {
        /// The cache.
        folder: String,
        /// Why.
        source: std::io::Error,
    },
    /// What was fetched cannot be put into memory.
    #[error("cannot make a file in memory: {0}")]
    Memory(#[source] std::io::Error),
}

/// Why something of a catalog is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It cannot be read as a signed statement.
    #[error("it is not a signed statement: {0}")]
    Malformed(String),
    /// Nobody has signed it.
    #[error("nobody has signed it")]
    Unsigned,
    /// Somebody else has signed it.
    #[error("it is signed by `{0}`, whom `[catalog] trusted_keys` does not name")]
    Untrusted(PublicKey),
    /// It was changed after it was signed.
    #[error("its signature does not fit: it was changed after it was signed")]
    Changed,
    /// It is not what its digest says.
    #[error("it has the SHA-256 `{found}`, not `{expected}`")]
    Digest {
        /// What it should be.
        expected: Digest,
        /// What it is.
        found: Digest,
    },
    /// It has more bytes than its statement says, or than such a thing can have.
    #[error("it has more than {0} bytes")]
    TooLarge(u64),
    /// The statement is that of another release.
    #[error("it states `{0}` {1}")]
    OtherRelease(PluginName, Version),
    /// The statement is that of another artifact.
    #[error("it states an artifact for another component, machine or engine")]
    OtherArtifact,
}
