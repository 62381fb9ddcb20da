//! The text that a client presents: `adit_<id>_<secret><checksum>`.
//!
//! The id names the key and may be shown. The secret is 256 random bits in 43 base62 characters;
//! the store keeps its SHA-256 alone. (No salt or slow hash: there is nothing to guess in 256
//! random bits.) The checksum is the CRC-32 of everything before it in 6 base62 characters: a
//! typing error, or a text that a secret scanner took for a key, is told apart without the store.

mod base62;
mod crc32;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::ids::KeyId;

const PREFIX: &str = "adit_";
const ID_ALPHABET: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
const SECRET_LENGTH: usize = 43;
const CHECKSUM_LENGTH: usize = 6;

/// Why a text is not an API key. Does not repeat the text, which may be a secret of another kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MalformedKey {
    /// It is a key of something else.
    #[error("not an Adit key: it does not start with `adit_`")]
    Prefix,
    /// A part is too short, too long, or has a character that does not belong there.
    #[error("not an Adit key: the form is `adit_<id>_<secret>`, of 65 characters")]
    Form,
    /// It has the right form, but at least one character is wrong.
    #[error("not an Adit key: the checksum does not match, so it is mistyped or cut")]
    Checksum,
}

/// An API key with its secret, as it is handed out once and presented with each request.
///
/// It cannot be printed by accident: only [`ApiKey::expose`] gives the text.
pub struct ApiKey {
    id: KeyId,
    text: SecretString,
    secret_hash: SecretHash,
}

impl ApiKey {
    /// Makes a new key from the operating system's randomness, and fails if there is none.
    pub fn generate() -> Result<Self, getrandom::Error> {
        Self::with_id(&random_id()?)
    }

    /// Makes another secret for a key that there is.
    pub fn generate_for(id: &KeyId) -> Result<Self, getrandom::Error> {
        Self::with_id(id.as_str())
    }

    fn with_id(id: &str) -> Result<Self, getrandom::Error> {
        let mut random = [0; 32];
        getrandom::fill(&mut random)?;
        let mut body = format!("{PREFIX}{id}_{}", base62::encode(random, SECRET_LENGTH));
        body.push_str(&checksum(&body));
        Self::parse(&body).map_err(|_| getrandom::Error::UNEXPECTED)
    }

    /// Takes the text of a key.
    pub fn parse(text: &str) -> Result<Self, MalformedKey> {
        let rest = text.strip_prefix(PREFIX).ok_or(MalformedKey::Prefix)?;
        let (id, tail) = rest.split_once('_').ok_or(MalformedKey::Form)?;
        let id = KeyId::parse(id).map_err(|_| MalformedKey::Form)?;
        if tail.len() != SECRET_LENGTH + CHECKSUM_LENGTH
            || !tail.bytes().all(|byte| byte.is_ascii_alphanumeric())
        {
            return Err(MalformedKey::Form);
        }
        let (body, claimed) = text.split_at(text.len() - CHECKSUM_LENGTH);
        if checksum(body) != claimed {
            return Err(MalformedKey::Checksum);
        }
        let (secret, _) = tail.split_at(SECRET_LENGTH);
        Ok(Self { id, text: text.into(), secret_hash: SecretHash::of(secret) })
    }

    /// The public part, under which the store finds the key.
    pub fn id(&self) -> &KeyId {
        &self.id
    }

    /// The whole text, secret included: for the one print when it is made.
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }

    pub(super) fn secret_hash(&self) -> &SecretHash {
        &self.secret_hash
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKey(adit_{}_…)", self.id)
    }
}

/// The SHA-256 of a key's secret: what the store keeps.
#[derive(Clone)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret.as_bytes()).into())
    }

    pub(super) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Compares in a time that does not depend on where the two differ.
    pub(super) fn equals(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(…)")
    }
}

fn random_id() -> Result<String, getrandom::Error> {
    let mut id = String::with_capacity(10);
    while id.len() < 10 {
        let mut random = [0; 16];
        getrandom::fill(&mut random)?;
        // Bytes from 252 on are thrown away, so that each character is equally likely.
        let even = random.iter().filter(|byte| **byte < 252);
        id.extend(
            even.filter_map(|byte| ID_ALPHABET.get(usize::from(byte % 36)))
                .map(|byte| char::from(*byte))
                .take(10 - id.len()),
        );
    }
    Ok(id)
}

fn checksum(body: &str) -> String {
    base62::encode(crc32::of(body.as_bytes()).to_be_bytes(), CHECKSUM_LENGTH)
}

#[cfg(test)]
mod tests;
