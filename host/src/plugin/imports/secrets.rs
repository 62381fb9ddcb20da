//! `secrets`: texts that stand for secrets. The host puts the secret in their place when a request
//! leaves, and the text in the secret's place when an answer comes.

use std::fmt::Write;

use secrecy::{ExposeSecret, SecretString};

use super::super::bindings::adit::plugin::secrets::Host;
use super::super::instance::Guest;
use crate::config::SecretName;

/// What an instance was given for secrets: unguessable, and of no use to another instance.
#[derive(Default)]
pub(super) struct References(Vec<Reference>);

struct Reference {
    name: SecretName,
    token: String,
    value: SecretString,
}

impl Host for Guest {
    fn reference(&mut self, name: String) -> Option<String> {
        let name = SecretName::try_from(name).ok()?;
        let imports = &mut self.imports;
        if !imports.grants.secrets.contains(&name) {
            return None;
        }
        let Some(value) = imports.services.secrets.find(&name) else {
            tracing::warn!(plugin = %imports.plugin, "the secret `{}` is granted, but not in `[secrets]`", name.as_str());
            return None;
        };
        imports.secrets.token(name, value)
    }
}

impl References {
    /// The text for a secret, the same each time.
    fn token(&mut self, name: SecretName, value: &SecretString) -> Option<String> {
        if let Some(known) = self.0.iter().find(|reference| reference.name == name) {
            return Some(known.token.clone());
        }
        let mut random = [0_u8; 16];
        getrandom::fill(&mut random).ok()?;
        let mut token = String::from("adit-secret-");
        for byte in random {
            // Writing to a `String` cannot fail.
            let _ = write!(token, "{byte:02x}");
        }
        self.0.push(Reference { name, token: token.clone(), value: value.clone() });
        Some(token)
    }

    /// Whether a text stands for a secret somewhere.
    pub(super) fn stand_in(&self, text: &str) -> bool {
        self.0.iter().any(|reference| text.contains(&reference.token))
    }

    /// The text with the secrets in their places.
    pub(super) fn fill(&self, text: &str) -> SecretString {
        let filled = self.0.iter().fold(text.to_owned(), |text, reference| {
            text.replace(&reference.token, reference.value.expose_secret())
        });
        filled.into()
    }

    /// Bytes with the texts in the places of secrets: a server may repeat what it was sent.
    pub(super) fn hide(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        for reference in &self.0 {
            bytes = replaced(bytes, reference.value.expose_secret().as_bytes(), reference.token.as_bytes());
        }
        bytes
    }
}

fn replaced(bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut output = Vec::new();
    let mut rest = bytes.as_slice();
    while let Some(at) = rest.windows(from.len().max(1)).position(|window| window == from) {
        let (before, found) = rest.split_at(at);
        output.extend_from_slice(before);
        output.extend_from_slice(to);
        rest = found.get(from.len()..).unwrap_or_default();
    }
    if output.is_empty() && rest.len() == bytes.len() {
        return bytes;
    }
    output.extend_from_slice(rest);
    output
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn name(text: &str) -> SecretName {
        SecretName::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_token_stands_for_a_secret_in_one_instance() {
        let (mut one, mut other) = (References::default(), References::default());
        let secret = SecretString::from("marzipan");
        let token = one.token(name("a"), &secret).unwrap();
        assert_eq!(one.token(name("a"), &secret).unwrap(), token);
        assert_ne!(one.token(name("b"), &secret).unwrap(), token);
        assert_ne!(other.token(name("a"), &secret).unwrap(), token);
        assert!(!token.contains("marzipan") && token.len() == "adit-secret-".len() + 32, "{token}");
        let header = format!("Bearer {token}");
        assert!(one.stand_in(&header) && !other.stand_in(&header));
        assert_eq!(one.fill(&header).expose_secret(), "Bearer marzipan");
        assert_eq!(other.fill(&header).expose_secret(), &header);
    }

    #[test]
    fn what_a_server_repeats_is_hidden_again() {
        let mut references = References::default();
        let token = references.token(name("a"), &SecretString::from("marzipan")).unwrap();
        let hidden = references.hide(b"marzipan, marzipan and marzi".to_vec());
        assert_eq!(String::from_utf8(hidden).unwrap(), format!("{token}, {token} and marzi"));
        assert_eq!(references.hide(b"nothing".to_vec()), b"nothing");
        assert_eq!(references.hide(Vec::new()), b"");
        assert_eq!(references.hide(b"marzipan".to_vec()), token.as_bytes());
    }
}
