//! What publishers sign.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::layout::Target;
use crate::enabled::{Digest, Version};
use crate::ids::PluginName;

/// Something that can be signed.
pub(super) trait Statement: Serialize + DeserializeOwned {
    /// Signed in front of the statement, so that no statement can pass for one of another kind.
    const CONTEXT: &'static str;
}

/// Bytes, by what cannot be forged of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// SHA-256.
    #[serde(with = "as_text")]
    pub digest: Digest,
    /// How many.
    pub bytes: u64,
}

impl Content {
    /// Describes bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self { digest: Digest::of(bytes), bytes: bytes.len() as u64 }
    }
}

/// A release of a plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReleaseStatement {
    /// The plugin.
    #[serde(with = "as_text")]
    pub name: PluginName,
    /// Its version.
    #[serde(with = "as_text")]
    pub version: Version,
    /// The version of the contract that it was built for.
    #[serde(with = "as_text")]
    pub contract: Version,
    /// Its hooks.
    pub hooks: Vec<String>,
    /// The capabilities that it imports.
    pub imports: Vec<String>,
    /// The component.
    pub wasm: Content,
    /// Its `plugin.toml`.
    pub manifest: Content,
    /// The JSON Schema of its config.
    pub schema: Option<Content>,
    /// When it was signed.
    #[serde(with = "as_text")]
    pub published: Timestamp,
}

impl Statement for ReleaseStatement {
    const CONTEXT: &'static str = "adit plugin release 1\n";
}

/// What a component became for a kind of machine and an engine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArtifactStatement {
    /// SHA-256 of the component.
    #[serde(with = "as_text")]
    pub wasm: Digest,
    /// The kind of machine.
    #[serde(with = "as_text")]
    pub target: Target,
    /// The engine: its full version, and all settings that code depends on.
    #[serde(with = "as_text")]
    pub compatibility: Digest,
    /// The code.
    pub artifact: Content,
}

impl Statement for ArtifactStatement {
    const CONTEXT: &'static str = "adit plugin artifact 1\n";
}

/// Values that JSON has as texts.
mod as_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &impl Display, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, T, D>(deserializer: D) -> Result<T, D::Error>
    where
        T: FromStr<Err: Display>,
        D: Deserializer<'de>,
    {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
