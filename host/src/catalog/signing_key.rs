//! The secret half of a publisher's key, in a file.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};

use crate::config::PublicKey;

/// Signs statements (Ed25519, RFC 8032).
pub struct SigningKey(Ed25519KeyPair);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// The file cannot be read or made. A key that is there is not overwritten.
    #[error("cannot {action} the key file `{file}`: {source}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        file: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is something else.
    #[error("`{0}` is not a key file: make one with `adit plugin keygen`")]
    NotAKey(PathBuf),
    /// A key cannot be drawn.
    #[error("the operating system gives no random numbers")]
    Randomness,
}

impl SigningKey {
    /// Makes a key and keeps it in a new file that only this user can read: PKCS #8 (RFC 5958) in
    /// base64.
    pub fn create(file: &Path) -> Result<Self, KeyFileError> {
        let document =
            Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| KeyFileError::Randomness)?;
        let key = Self::from_pkcs8(document.as_ref()).ok_or(KeyFileError::Randomness)?;
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(file)
            .and_then(|mut open| {
                open.write_all(format!("{}\n", STANDARD.encode(document)).as_bytes())?;
                open.sync_all()
            })
            .map_err(|source| KeyFileError::Io { action: "make", file: file.to_owned(), source })?;
        Ok(key)
    }

    /// Reads a key.
    pub fn read(file: &Path) -> Result<Self, KeyFileError> {
        let text = std::fs::read_to_string(file).map_err(|source| KeyFileError::Io {
            action: "read",
            file: file.to_owned(),
            source,
        })?;
        let document = STANDARD.decode(text.trim()).ok();
        document
            .and_then(|document| Self::from_pkcs8(&document))
            .ok_or_else(|| KeyFileError::NotAKey(file.to_owned()))
    }

    fn from_pkcs8(document: &[u8]) -> Option<Self> {
        Ed25519KeyPair::from_pkcs8(document).ok().map(Self)
    }

    /// What operators name in `[catalog] trusted_keys`.
    pub fn public(&self) -> PublicKey {
        let mut bytes = [0; 32];
        for (byte, of_key) in bytes.iter_mut().zip(self.0.public_key().as_ref()) {
            *byte = *of_key;
        }
        PublicKey::from_bytes(bytes)
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_key_is_kept_for_its_owner_alone_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        let public = SigningKey::create(&file).unwrap().public();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(matches!(SigningKey::create(&file), Err(KeyFileError::Io { .. })));
        assert_eq!(SigningKey::read(&file).unwrap().public(), public);
        std::fs::write(&file, "c2VjcmV0").unwrap();
        let fault = SigningKey::read(&file).err().unwrap().to_string();
        assert!(fault.contains("is not a key file") && !fault.contains("c2VjcmV0"), "{fault}");
    }
}
