//! A thought as the id of a call, which nobody else can read or make. What a plugin takes out of a
//! model's thinking must not reach the client by way of an id.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;

use super::thought::Thought;
use crate::ids::KeyId;

/// Ids of ours begin so. The number is the version of what follows.
const PREFIX: &str = "adit1_";

/// A longer id is not made: some clients keep ids in columns and headers. 64 KiB of thinking are
/// some 16,000 tokens.
const MAX_ID_BYTES: usize = 96 << 10;

/// Seals for one API key. A capsule that another key was given does not open.
pub(super) struct Seal(Box<Keys>);

struct Keys {
    cipher: LessSafeKey,
    nonces: Hmac<Sha256>,
}

impl Seal {
    pub(super) fn new(secret: &[u8; 32], key: &KeyId) -> Self {
        let derived = |purpose: &[u8]| {
            let mut mac = keyed(secret);
            mac.update(purpose);
            mac.update(key.as_str().as_bytes());
            mac.finalize().into_bytes()
        };
        Self(Box::new(Keys {
            cipher: LessSafeKey::new(cipher(&derived(b"thinking in ids, 1: cipher\0"))),
            nonces: keyed(&derived(b"thinking in ids, 1: nonces\0")),
        }))
    }

    /// The id that carries a thought; none if it would be too long.
    pub(super) fn close(&self, thought: &Thought) -> Option<String> {
        let mut sealed = thought.write();
        let nonce = self.nonce(&sealed)?;
        let unique = Nonce::assume_unique_for_key(nonce);
        self.0.cipher.seal_in_place_append_tag(unique, Aad::empty(), &mut sealed).ok()?;
        let id = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()));
        (id.len() <= MAX_ID_BYTES).then_some(id)
    }

    /// Of what is sealed, so that two thoughts never share one, and the same answer has the same id
    /// however its bytes arrived.
    fn nonce(&self, thought: &[u8]) -> Option<[u8; NONCE_LEN]> {
        let mut mac = self.0.nonces.clone();
        mac.update(thought);
        mac.finalize().into_bytes().first_chunk().copied()
    }

    /// The thought in an id of ours.
    pub(super) fn open(&self, id: &str) -> Option<Thought> {
        let bytes = URL_SAFE_NO_PAD.decode(id.strip_prefix(PREFIX)?).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        Thought::read(self.0.cipher.open_in_place(nonce, Aad::empty(), &mut sealed).ok()?)
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}

#[expect(clippy::expect_used, reason = "a SHA-256 is as long as the key")]
fn cipher(key: &[u8]) -> UnboundKey {
    UnboundKey::new(&CHACHA20_POLY1305, key).expect("32 bytes are a key")
}
