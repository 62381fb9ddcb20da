//! `plugin.toml`: what an author says about a plugin.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path, PathBuf};

use serde::Deserialize;

use crate::enabled::{Capability, Grants, Limits, Version};
use crate::ids::PluginName;
use crate::toml_text;

/// The name of the file in the folder of a plugin.
pub const MANIFEST: &str = "plugin.toml";

/// The folder below it that holds what was built.
pub const DIST: &str = "dist";

/// What an author says about a plugin. Hooks, and the version of the contract, are the component's
/// to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The name by which operators know it.
    pub name: PluginName,
    /// Its version.
    pub version: Version,
    /// What it does, in a line.
    pub description: String,
    /// The JSON Schema of its config: a file beside the manifest.
    pub schema: Option<PathBuf>,
    /// What it asks the operator for.
    pub grants: Grants,
    /// What it asks the operator for, where the usual limits are too tight.
    pub limits: Limits,
}

/// Why a manifest cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidManifest {
    /// A file cannot be read.
    #[error("cannot read `{file}`: {source}")]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not TOML, or has a member that is unknown or wrong.
    #[error("`{file}` is not a valid manifest: {reason}")]
    Malformed {
        /// The file.
        file: PathBuf,
        /// Where, and what.
        reason: String,
    },
    /// There is no component.
    #[error("`{folder}` holds neither `{DIST}/{file}` nor `{file}`: run `adit plugin build` first")]
    NoComponent {
        /// The folder.
        folder: PathBuf,
        /// The name of the file that was looked for.
        file: String,
    },
    /// There is no manifest.
    #[error("`{0}` has no manifest: expected `{1}` beside it, or `plugin.toml`")]
    NoManifest(PathBuf, String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    name: String,
    version: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    config: RawConfig,
    #[serde(default)]
    grants: RawGrants,
    #[serde(default)]
    limits: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct RawConfig {
    schema: Option<PathBuf>,
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
    pub fn load(file: &Path) -> Result<Self, InvalidManifest> {
        Self::named(&text(file)?, file)
    }

    /// Reads the text of a file.
    fn named(text: &str, file: &Path) -> Result<Self, InvalidManifest> {
        Self::parse(text).map_err(|reason| InvalidManifest::Malformed { file: file.to_owned(), reason })
    }

    /// Reads the text of a manifest. An error says where, and what.
    pub fn parse(text: &str) -> Result<Self, String> {
        let raw: Raw = toml_text::read(text).map_err(|fault| fault.to_string())?;
        Ok(Self {
            name: PluginName::parse(raw.name).map_err(|fault| fault.to_string())?,
            version: Version::parse(&raw.version).map_err(|fault| fault.to_string())?,
            description: raw.description,
            schema: raw.config.schema.map(beside).transpose()?,
            grants: grants(&raw.grants)?,
            limits: limits(&raw.limits)?,
        })
    }
}

/// A file beside the manifest or below, and nothing else: a manifest comes from anywhere.
fn beside(path: PathBuf) -> Result<PathBuf, String> {
    let plain = path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
    if plain { Ok(path) } else { Err(format!("`{}` is not a file beside the manifest", path.display())) }
}

fn grants(raw: &RawGrants) -> Result<Grants, String> {
    let mut grants = Grants::default();
    let plain = [(raw.kv, Capability::Kv), (raw.blobs, Capability::Blobs)];
    grants.plain.extend(plain.into_iter().filter(|(asked, _)| *asked).map(|(_, capability)| capability));
    let http = raw.http.iter().map(|host| format!("http={host}"));
    let secrets = raw.secrets.iter().map(|name| format!("secret={name}"));
    for text in http.chain(secrets) {
        grants.add(&text).map_err(|fault| fault.to_string())?;
    }
    Ok(grants)
}

fn limits(raw: &BTreeMap<String, String>) -> Result<Limits, String> {
    let mut limits = Limits::default();
    for (name, value) in raw {
        limits.add(&format!("{name}={value}")).map_err(|fault| fault.to_string())?;
    }
    Ok(limits)
}

/// The files of a plugin.
#[derive(Debug, Clone)]
pub struct Package {
    /// What `manifest_text` says.
    pub manifest: Manifest,
    /// `plugin.toml`, as it is.
    pub manifest_text: String,
    /// The schema of its config, as it is.
    pub schema: Option<Vec<u8>>,
    /// The component.
    pub wasm: Vec<u8>,
}

impl Package {
    /// Reads a folder with `plugin.toml` and what was built there, in `dist` or beside it, or a
    /// component with its manifest: `NAME.toml` or `plugin.toml`.
    pub fn read(path: &Path) -> Result<Self, InvalidManifest> {
        let file = if path.is_dir() {
            path.join(MANIFEST)
        } else {
            let expected =
                || path.with_extension("toml").file_name().unwrap_or_default().display().to_string();
            manifest_of(path).ok_or_else(|| InvalidManifest::NoManifest(path.to_owned(), expected()))?
        };
        let manifest_text = text(&file)?;
        let manifest = Manifest::named(&manifest_text, &file)?;
        let component = if path.is_dir() {
            let name = format!("{}.wasm", manifest.name);
            let places = [path.join(DIST).join(&name), path.join(&name)];
            let missing = || InvalidManifest::NoComponent { folder: path.to_owned(), file: name };
            places.into_iter().find(|place| place.is_file()).ok_or_else(missing)?
        } else {
            path.to_owned()
        };
        let schema = manifest.schema.as_ref().map(|schema| read(&file.with_file_name(schema))).transpose()?;
        Ok(Self { wasm: read(&component)?, manifest, manifest_text, schema })
    }
}

/// The manifest of a component: `NAME.toml` or `plugin.toml` beside it, or `plugin.toml` of the
/// folder that it was built in.
pub fn manifest_of(component: &Path) -> Option<PathBuf> {
    let folder = component.parent()?;
    let above = folder.ends_with(DIST).then(|| folder.with_file_name(MANIFEST));
    let places = [Some(component.with_extension("toml")), Some(folder.join(MANIFEST)), above];
    places.into_iter().flatten().find(|file| file.is_file())
}

fn text(file: &Path) -> Result<String, InvalidManifest> {
    Ok(String::from_utf8_lossy(&read(file)?).into_owned())
}

fn read(file: &Path) -> Result<Vec<u8>, InvalidManifest> {
    std::fs::read(file).map_err(|source| InvalidManifest::Unreadable { file: file.to_owned(), source })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn reads_each_member() {
        let text = "name = 'guard'\nversion = '1.4.0'\ndescription = 'Refuses.'\n\
            [config]\nschema = 'config.schema.json'\n\
            [grants]\nkv = true\nhttp = ['api.example.com']\nsecrets = ['token']\n[limits]\nmemory = '64MiB'";
        let manifest = Manifest::parse(text).unwrap();
        assert_eq!((manifest.name.as_str(), manifest.version.to_string().as_str()), ("guard", "1.4.0"));
        assert_eq!(manifest.schema, Some(PathBuf::from("config.schema.json")));
        assert_eq!(manifest.grants.texts(), ["kv", "http=api.example.com", "secret=token"]);
        assert_eq!(manifest.limits.memory_bytes, Some(64 << 20));
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let valid = "name = 'a'\nversion = '1.0.0'\n";
        for (text, expected) in [
            ("version = '1.0.0'", "missing field `name`"),
            ("name = 'a'", "missing field `version`"),
            ("name = 'A'\nversion = '1.0.0'", "`A` is not a plugin name"),
            ("name = 'a'\nversion = '1.0'", "`1.0` is not a version"),
            ("name = 'a'\nversion = '1'", "three numbers"),
            (&format!("{valid}hooks = []"), "unknown field `hooks`"),
            (&format!("{valid}[limits]\nmemory = '64'"), "`memory=64`"),
            (&format!("{valid}nmae = 1"), "line 3: unknown field `nmae`"),
            (&format!("{valid}[grants]\nfiles = true"), "unknown field `files`"),
            (&format!("{valid}[grants]\nhttp = ['https://x']"), "`http=https://x` is not a grant"),
            (&format!("{valid}[limits]\nmemory = 'all'"), "`memory=all` is not a limit"),
            (&format!("{valid}[config]\nschema = '../secret'"), "is not a file beside the manifest"),
            (&format!("{valid}[config]\nschema = '/etc/passwd'"), "is not a file beside the manifest"),
        ] {
            let fault = Manifest::parse(text).unwrap_err();
            assert!(fault.contains(expected), "{text}: {fault}");
        }
    }
}
