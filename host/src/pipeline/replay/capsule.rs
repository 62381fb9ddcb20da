//! A thought as the id of a call: readable by anybody, made by nobody else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::thought::Thought;
use crate::ids::KeyId;

/// Ids of ours begin so.
const PREFIX: &str = "adit1_";

/// Half of a SHA-256: 2^128 tries to forge one.
const MAC_BYTES: usize = 16;

/// A longer id is not made: some clients keep ids in columns and headers. 64 KiB of thinking are
/// some 16,000 tokens.
const MAX_ID_BYTES: usize = 96 << 10;

/// Seals for one API key. A capsule that another key was given does not open.
#[derive(Clone)]
pub(super) struct Seal(Hmac<Sha256>);

impl Seal {
    pub(super) fn new(secret: &[u8; 32], key: &KeyId) -> Self {
        let mut mac = keyed(secret);
        mac.update(b"thinking in ids, 1\0");
        mac.update(key.as_str().as_bytes());
        Self(keyed(&mac.finalize().into_bytes()))
    }

    /// The id that carries a thought; none if it would be too long.
    pub(super) fn close(&self, thought: &Thought) -> Option<String> {
        let mut bytes = thought.write();
        bytes.extend_from_slice(&self.mac(&bytes));
        let id = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes));
        (id.len() <= MAX_ID_BYTES).then_some(id)
    }

    /// The thought in an id of ours.
    pub(super) fn open(&self, id: &str) -> Option<Thought> {
        let bytes = URL_SAFE_NO_PAD.decode(id.strip_prefix(PREFIX)?).ok()?;
        let (thought, mac) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
        let mut expected = self.0.clone();
        expected.update(thought);
        expected.verify_truncated_left(mac).ok()?;
        Thought::read(thought)
    }

    fn mac(&self, bytes: &[u8]) -> Vec<u8> {
        let mut mac = self.0.clone();
        mac.update(bytes);
        let mut mac = mac.finalize().into_bytes().to_vec();
        mac.truncate(MAC_BYTES);
        mac
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}
