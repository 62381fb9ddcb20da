//! Secrets that the host puts into headers for plugins, which never see them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::env;

/// The name of a secret: 1 to 64 letters, digits, `-`, `_` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct SecretName(String);

impl SecretName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for SecretName {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let valid = (1..=64).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if valid {
            Ok(Self(text))
        } else {
            Err(format!(
                "`{text}` is no name of a secret: expected 1 to 64 letters, digits, `-`, `_` and `.`"
            ))
        }
    }
}

/// Where a secret is kept: `{ env = "VARIABLE" }` or `{ file = "path" }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SecretSource {
    /// In a variable of the server's environment.
    Env(String),
    /// In a file, whose last line break does not count.
    File(PathBuf),
}

/// Why a secret cannot be used. Never says what it is.
#[derive(Debug, thiserror::Error)]
#[error("the secret `{name}` cannot be used: {reason}")]
pub struct SecretError {
    name: String,
    reason: String,
}

/// The secrets that there are, and where each is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Secrets(BTreeMap<SecretName, SecretSource>);

/// The secrets themselves, which cannot be printed.
#[derive(Debug, Default)]
pub struct SecretValues(BTreeMap<SecretName, SecretString>);

impl Secrets {
    /// Paths are relative to `base`.
    pub(super) fn of(raw: BTreeMap<SecretName, SecretSource>, base: &Path) -> Self {
        let absolute = |source| match source {
            SecretSource::File(path) => SecretSource::File(base.join(path)),
            env @ SecretSource::Env(_) => env,
        };
        Self(raw.into_iter().map(|(name, source)| (name, absolute(source))).collect())
    }

    /// Whether there is one of this name.
    pub fn has(&self, name: &SecretName) -> bool {
        self.0.contains_key(name)
    }

    /// Reads all of them. Fails if one is not there, or cannot stand in a header.
    pub fn read(&self) -> Result<SecretValues, SecretError> {
        let read = |(name, source): (&SecretName, &SecretSource)| {
            let value = value(source).and_then(fit_for_a_header);
            let value = value.map_err(|reason| SecretError { name: name.0.clone(), reason })?;
            Ok((name.clone(), value))
        };
        self.0.iter().map(read).collect::<Result<_, _>>().map(SecretValues)
    }
}

impl SecretError {
    /// Which secret.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Why it cannot be used.
    pub(super) fn reason(&self) -> &str {
        &self.reason
    }
}

impl SecretValues {
    /// Secrets that were kept elsewhere. Fails if one cannot stand in a header.
    pub(super) fn of(secrets: Vec<(SecretName, SecretString)>) -> Result<Self, SecretError> {
        let checked = secrets.into_iter().map(|(name, value)| match fit_for_a_header(value) {
            Ok(value) => Ok((name, value)),
            Err(reason) => Err(SecretError { name: name.0, reason }),
        });
        checked.collect::<Result<_, _>>().map(Self)
    }

    /// These, and others, which count where both have one of a name.
    #[must_use]
    pub fn with(mut self, others: Self) -> Self {
        self.0.extend(others.0);
        self
    }

    /// The secret of this name.
    pub fn find(&self, name: &SecretName) -> Option<&SecretString> {
        self.0.get(name)
    }
}

fn value(source: &SecretSource) -> Result<SecretString, String> {
    match source {
        SecretSource::Env(variable) => env::read(variable)
            .map(Into::into)
            .ok_or_else(|| format!("the environment variable `{variable}` is not set")),
        SecretSource::File(path) => {
            let text = fs::read_to_string(path)
                .map(SecretString::from)
                .map_err(|error| format!("`{}` cannot be read: {}", path.display(), error.kind()))?;
            let line = text.expose_secret();
            let line = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
            Ok(SecretString::from(line))
        }
    }
}

fn fit_for_a_header(value: SecretString) -> Result<SecretString, String> {
    let bytes = value.expose_secret().as_bytes();
    if bytes.is_empty() {
        Err("it is empty".to_owned())
    } else if bytes.len() > 8 << 10 {
        Err("it is longer than 8 KiB".to_owned())
    } else if !bytes.iter().all(|byte| (0x20..0x7f).contains(byte)) {
        Err("it holds more than the printable characters of ASCII".to_owned())
    } else {
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn secrets(text: &str, base: &Path) -> Result<Secrets, toml::de::Error> {
        toml::from_str(text).map(|raw| Secrets::of(raw, base))
    }

    #[test]
    fn reads_a_file_beside_the_settings_without_its_line_break() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("token"), "marzipan\n").unwrap();
        let secrets = secrets("api-key = { file = 'token' }", folder.path()).unwrap();
        let name = SecretName::try_from("api-key".to_owned()).unwrap();
        assert!(secrets.has(&name));
        let values = secrets.read().unwrap();
        assert_eq!(values.find(&name).unwrap().expose_secret(), "marzipan");
        assert!(!format!("{values:?}").contains("marzipan"));
    }

    #[test]
    fn refuses_what_is_not_there_and_what_no_header_can_hold_without_repeating_it() {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in [("empty", "\n"), ("lines", "mar\nzipan"), ("accents", "märzipan")] {
            fs::write(folder.path().join(file), text).unwrap();
        }
        for (source, expected) in [
            ("{ file = 'empty' }", "it is empty"),
            ("{ file = 'lines' }", "printable"),
            ("{ file = 'accents' }", "printable"),
            ("{ file = 'missing' }", "cannot be read"),
            ("{ env = 'ADIT_NOT_SET' }", "`ADIT_NOT_SET` is not set"),
        ] {
            let secrets = secrets(&format!("s = {source}"), folder.path()).unwrap();
            let fault = secrets.read().unwrap_err().to_string();
            assert!(fault.starts_with("the secret `s` cannot be used: "), "{fault}");
            assert!(fault.contains(expected) && !fault.contains("zipan"), "{fault}");
        }
    }

    #[test]
    fn refuses_a_table_that_says_nothing_or_too_much() {
        for text in ["s = 'marzipan'", "s = {}", "s = { env = 'A', file = 'b' }", "s = { vault = 'x' }"] {
            assert!(secrets(text, Path::new("")).is_err(), "{text}");
        }
        assert!(secrets("'a b' = { env = 'A' }", Path::new("")).is_err());
    }
}
