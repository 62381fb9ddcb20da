//! A statement with its signature: the form in which statements lie in a catalog.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use super::error::Refusal;
use super::signing_key::SigningKey;
use super::statement::Statement;
use crate::config::PublicKey;
use crate::enabled::Digest;

/// No statement is longer, in bytes.
pub(super) const MAX_BYTES: u64 = 64 << 10;

/// A statement and who signed it. Nothing of the statement is looked at before its signature.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Signed {
    /// JSON inside JSON, because the signature is over these very bytes.
    statement: String,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    signature: Option<String>,
}

impl Signed {
    pub(super) fn sign<S: Statement>(statement: &S, key: &SigningKey) -> Result<Self, Refusal> {
        let statement =
            serde_json::to_string(statement).map_err(|fault| Refusal::Malformed(fault.to_string()))?;
        let signature = key.sign(&message::<S>(&statement));
        Ok(Self {
            statement,
            key: Some(key.public().to_string()),
            signature: Some(STANDARD.encode(signature)),
        })
    }

    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Refusal> {
        serde_json::from_slice(bytes).map_err(|fault| Refusal::Malformed(fault.to_string()))
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, Refusal> {
        serde_json::to_vec(self).map_err(|fault| Refusal::Malformed(fault.to_string()))
    }

    /// SHA-256 of what is signed: what operators pin.
    pub(super) fn digest(&self) -> Digest {
        Digest::of(self.statement.as_bytes())
    }

    /// The statement, if one of these keys has signed it.
    pub(super) fn verified<S: Statement>(&self, trusted: &[PublicKey]) -> Result<S, Refusal> {
        let (Some(key), Some(signature)) = (&self.key, &self.signature) else {
            return Err(Refusal::Unsigned);
        };
        let key = PublicKey::try_from(key.clone())
            .map_err(|fault| Refusal::Malformed(format!("the key {fault}")))?;
        if !trusted.contains(&key) {
            return Err(Refusal::Untrusted(key));
        }
        let signature = STANDARD.decode(signature).map_err(|_| Refusal::Changed)?;
        UnparsedPublicKey::new(&ED25519, key.as_bytes())
            .verify(&message::<S>(&self.statement), &signature)
            .map_err(|_| Refusal::Changed)?;
        serde_json::from_str(&self.statement).map_err(|fault| Refusal::Malformed(fault.to_string()))
    }
}

fn message<S: Statement>(statement: &str) -> Vec<u8> {
    [S::CONTEXT.as_bytes(), statement.as_bytes()].concat()
}
