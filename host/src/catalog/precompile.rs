//! Adding code to a release that is published already: for an engine that came later.

use super::error::CatalogError;
use super::layout::{self, Target};
use super::publish::{Artifact, PublishError, Publisher};
use super::reader::content_of;
use super::signed::{self, Signed};
use super::signing_key::SigningKey;
use super::statement::{ArtifactStatement, ReleaseStatement};
use crate::config::PublicKey;
use crate::enabled::{Digest, Version};
use crate::ids::PluginName;

/// Whether there is code for a component, a kind of machine and an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// It is there.
    There,
    /// It is not.
    Missing,
}

impl Publisher {
    /// The component of a release that one of these keys has signed, with its digest.
    pub async fn component(
        &self,
        name: &PluginName,
        version: Version,
        trusted: &[PublicKey],
    ) -> Result<(Digest, Vec<u8>), PublishError> {
        let path = layout::release(name, version);
        let refused = |refusal| CatalogError::Refused { object: path.clone(), refusal };
        let bytes = self.objects.read(&path, signed::MAX_BYTES).await?;
        let bytes = bytes.ok_or_else(|| CatalogError::Missing(path.clone()))?;
        let signed = Signed::parse(&bytes).map_err(refused)?;
        let statement: ReleaseStatement = signed.verified(trusted).map_err(refused)?;
        if (&statement.name, statement.version) != (name, version) {
            return Err(refused(super::Refusal::OtherRelease(statement.name, statement.version)).into());
        }
        let wasm = content_of(self.objects.as_ref(), &statement.wasm).await?;
        Ok((statement.wasm.digest, wasm))
    }

    /// Whether one of these keys has signed code for this component, kind of machine and engine. What
    /// stands in its place and is signed by nobody of these is an error: it cannot be replaced.
    pub async fn code(
        &self,
        wasm: &Digest,
        target: Target,
        compatibility: &Digest,
        trusted: &[PublicKey],
    ) -> Result<Code, PublishError> {
        let path = layout::artifact(target, compatibility, wasm);
        let Some(bytes) = self.objects.read(&path, signed::MAX_BYTES).await? else {
            return Ok(Code::Missing);
        };
        let there = Signed::parse(&bytes).and_then(|signed| signed.verified::<ArtifactStatement>(trusted));
        match there {
            Ok(there)
                if (&there.wasm, there.target, &there.compatibility) == (wasm, target, compatibility) =>
            {
                Ok(Code::There)
            }
            _ => Err(PublishError::Foreign(path)),
        }
    }

    /// Adds code of a component. Nothing is overwritten.
    pub async fn add_code(
        &self,
        wasm: &Digest,
        artifact: Artifact,
        key: &SigningKey,
    ) -> Result<(), PublishError> {
        self.write_artifact(wasm, artifact, key).await
    }
}
