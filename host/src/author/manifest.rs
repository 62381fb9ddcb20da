//! `plugin.toml`: what a plugin says of itself before anybody runs it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::enabled::{Capability, Grants, Limits, Version};
use crate::ids::PluginName;

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ManifestFault {
    /// It cannot be read.
    #[error("cannot read `{file}`: {fault}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        fault: std::io::Error,
    },
    /// It is not TOML, or says what cannot be.
    #[error("`{file}` is not a valid manifest: {fault}")]
    Invalid {
        /// The file.
        file: PathBuf,
        /// Why.
        fault: String,
    },
}

/// What an author says of a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Its name.
    pub name: PluginName,
    /// Its version.
    pub version: Version,
    /// What it asks an operator to grant.
    pub grants: Grants,
    /// What it asks for where the usual limits are too tight.
    pub limits: Limits,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    version: String,
    #[serde(default, rename = "description")]
    _description: String,
    #[serde(default, rename = "config")]
    _config: toml::Table,
    #[serde(default)]
    grants: RawGrants,
    #[serde(default)]
    limits: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawGrants {
    kv: bool,
    blobs: bool,
    http: Vec<String>,
    secrets: Vec<String>,
}

impl Manifest {
    /// Reads a file.
    pub fn load(file: &Path) -> Result<Self, ManifestFault> {
        let text = std::fs::read_to_string(file)
            .map_err(|fault| ManifestFault::Unreadable { file: file.to_owned(), fault })?;
        Self::parse(&text).map_err(|fault| ManifestFault::Invalid { file: file.to_owned(), fault })
    }

    fn parse(text: &str) -> Result<Self, String> {
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let raw: Raw = toml::from_str(text).map_err(|fault| one_line(fault.message()))?;
        let mut grants = Grants::default();
        let plain = [(raw.grants.kv, Capability::Kv), (raw.grants.blobs, Capability::Blobs)];
        let plain =
            plain.into_iter().filter(|(asked, _)| *asked).map(|(_, capability)| capability.to_string());
        let http = raw.grants.http.iter().map(|host| format!("http={host}"));
        let secrets = raw.grants.secrets.iter().map(|name| format!("secret={name}"));
        for grant in plain.chain(http).chain(secrets) {
            grants.add(&grant).map_err(|fault| format!("grants: {fault}"))?;
        }
        let mut limits = Limits::default();
        for (name, value) in &raw.limits {
            limits.add(&format!("{name}={value}")).map_err(|fault| format!("limits: {fault}"))?;
        }
        Ok(Self {
            name: PluginName::parse(raw.name).map_err(|fault| fault.to_string())?,
            version: Version::parse(&raw.version).map_err(|fault| fault.to_string())?,
            grants,
            limits,
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn reads_what_an_author_says() {
        let text = "name = 'rename'\nversion = '1.2.3'\n[config]\nschema = 'config.schema.json'\n\
                    [grants]\nkv = true\nhttp = ['api.example.com']\nsecrets = ['key']\n[limits]\nmemory = '64MiB'";
        let manifest = Manifest::parse(text).unwrap();
        assert_eq!((manifest.name.as_str(), manifest.version.to_string().as_str()), ("rename", "1.2.3"));
        assert_eq!(manifest.grants.texts(), ["kv", "http=api.example.com", "secret=key"]);
        assert_eq!(manifest.limits.memory_bytes, Some(64 << 20));
    }

    #[test]
    fn refuses_what_cannot_be() {
        for (text, why) in [
            ("name = 'a'", "version"),
            ("name = 'A'\nversion = '1.0.0'", "plugin name"),
            ("name = 'a'\nversion = '1'", "three numbers"),
            ("name = 'a'\nversion = '1.0.0'\nhooks = []", "unknown field `hooks`"),
            ("name = 'a'\nversion = '1.0.0'\n[limits]\nmemory = '64'", "`memory=64`"),
        ] {
            let fault = Manifest::parse(text).unwrap_err();
            assert!(fault.contains(why), "{fault}");
        }
    }
}
