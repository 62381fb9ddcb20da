//! What a tool leaves with a client until it goes on: the client can neither read nor change it, and nobody else can
//! use it (2026-07-28, "Multi Round-Trip Requests": `requestState` is untrusted).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use sha2::Sha256;

use crate::ids::KeyId;

/// How long a client may take to answer, in seconds.
const LIFETIME: i64 = 60 * 60;

/// Seals for one key.
pub(super) struct Seal(LessSafeKey);

impl Seal {
    pub(super) fn new(secret: &[u8; 32], key: &KeyId) -> Self {
        let mut mac = keyed(secret);
        mac.update(b"states of tools, 1\0");
        mac.update(key.as_str().as_bytes());
        Self(LessSafeKey::new(cipher(&mac.finalize().into_bytes())))
    }

    /// Closes a state of a tool. None if the operating system gives no random numbers.
    pub(super) fn close(&self, tool: &str, state: &str, now: i64) -> Option<String> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).ok()?;
        let mut sealed = [&now.saturating_add(LIFETIME).to_be_bytes()[..], state.as_bytes()].concat();
        let unique = Nonce::assume_unique_for_key(nonce);
        self.0.seal_in_place_append_tag(unique, Aad::from(tool.as_bytes()), &mut sealed).ok()?;
        Some(URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
    }

    /// The state of a tool, if it was closed for it and is not too old.
    pub(super) fn open(&self, tool: &str, sealed: &str, now: i64) -> Option<String> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let opened = self.0.open_in_place(nonce, Aad::from(tool.as_bytes()), &mut sealed).ok()?;
        let (end, state) = opened.split_first_chunk()?;
        (i64::from_be_bytes(*end) > now).then(|| String::from_utf8(state.to_vec()).ok()).flatten()
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_state_opens_for_its_tool_and_key_in_its_time_alone() {
        let seal = |key: &str| Seal::new(&[7; 32], &KeyId::parse(key).unwrap());
        let (mine, other) = (seal("k3j9x2m4ab"), seal("k3j9x2m4ac"));
        let sealed = mine.close("test_ask", "round 1", 1000).unwrap();
        assert!(!sealed.contains("round"));
        assert_eq!(mine.open("test_ask", &sealed, 1000).as_deref(), Some("round 1"));
        assert_eq!(mine.open("test_ask", &sealed, 1000 + LIFETIME), None);
        assert_eq!(mine.open("test_other", &sealed, 1000), None);
        assert_eq!(other.open("test_ask", &sealed, 1000), None);
        for wrong in ["", "x", "AAAA", &sealed[1..], &format!("{sealed}A")] {
            assert_eq!(mine.open("test_ask", wrong, 1000), None, "{wrong}");
        }
        assert_ne!(mine.close("test_ask", "round 1", 1000).unwrap(), sealed);
    }
}
