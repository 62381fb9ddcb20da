//! Writing a release into a catalog.

use jiff::Timestamp;

use super::error::{CatalogError, Refusal};
use super::layout::{self, Target};
use super::manifest::Package;
use super::objects::{self, Created, Objects};
use super::reader::{Listed, content_of, list};
use super::signed::{self, Signed};
use super::signing_key::SigningKey;
use super::statement::{ArtifactStatement, Content, ReleaseStatement, Statement};
use crate::config::{Location, S3Access};
use crate::enabled::{Capability, Digest, Release, Version};
use crate::ids::PluginName;

/// A catalog, as a publisher sees it.
pub struct Publisher {
    pub(super) objects: Box<dyn Objects>,
}

/// What is to be published.
#[derive(Debug, Clone)]
pub struct Publication {
    /// The files of the plugin.
    pub package: Package,
    /// The version of the contract that the component was built for.
    pub contract: Version,
    /// The hooks that it exports.
    pub hooks: Vec<String>,
    /// The capabilities that it imports.
    pub imports: Vec<Capability>,
    /// What it was compiled to.
    pub artifacts: Vec<Artifact>,
}

/// A component that was compiled ahead of time.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// For which machines.
    pub target: Target,
    /// For which engine.
    pub compatibility: Digest,
    /// The code.
    pub code: Vec<u8>,
}

/// Why nothing was published.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The version is taken.
    #[error("`{0}` {1} is published already: a release never changes, so give it another version")]
    Taken(PluginName, Version),
    /// The catalog fails, or holds what should not be there.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// Somebody else has signed an artifact of the same component.
    #[error("`{0}` bears the signature of another key: have it removed")]
    Foreign(String),
    /// A statement cannot be written.
    #[error("cannot sign: {0}")]
    Sign(Refusal),
}

impl Publisher {
    /// A catalog, and how S3 is reached if it lies there. Nothing is read yet.
    pub async fn open(location: &Location, access: &S3Access) -> Self {
        Self { objects: objects::open(location, access).await }
    }

    #[cfg(test)]
    pub(super) fn of(objects: Box<dyn Objects>) -> Self {
        Self { objects }
    }

    /// The releases of a plugin, or of all, by name and version.
    pub async fn list(&self, name: Option<&PluginName>) -> Result<Vec<Listed>, CatalogError> {
        list(self.objects.as_ref(), name).await
    }

    /// Whether a version is still free. Somebody else may take it before it is published.
    pub async fn check_free(&self, name: &PluginName, version: Version) -> Result<(), PublishError> {
        match self.objects.read(&layout::release(name, version), signed::MAX_BYTES).await? {
            Some(_) => Err(PublishError::Taken(name.clone(), version)),
            None => Ok(()),
        }
    }

    /// Writes everything that belongs to a release, and at last the statement that makes it one.
    pub async fn publish(
        &self,
        publication: Publication,
        key: &SigningKey,
        now: Timestamp,
    ) -> Result<Release, PublishError> {
        let Publication { package, contract, hooks, imports, artifacts } = publication;
        let Package { manifest, manifest_text, schema, wasm } = package;
        let schema = match schema {
            Some(schema) => Some(self.write_content(schema).await?),
            None => None,
        };
        let statement = ReleaseStatement {
            name: manifest.name.clone(),
            version: manifest.version,
            contract,
            hooks,
            imports: imports.iter().map(ToString::to_string).collect(),
            wasm: self.write_content(wasm).await?,
            manifest: self.write_content(manifest_text.into_bytes()).await?,
            schema,
            published: now,
        };
        for artifact in artifacts {
            self.write_artifact(&statement.wasm.digest, artifact, key).await?;
        }
        let signed = sign(&statement, key)?;
        let release = Release { version: manifest.version, digest: signed.digest() };
        let path = layout::release(&manifest.name, manifest.version);
        let bytes = signed.to_bytes().map_err(PublishError::Sign)?;
        match self.objects.create(&path, bytes.clone()).await? {
            Created::New => Ok(release),
            // A write whose answer was lost is repeated, and then meets itself.
            Created::Existed if self.objects.read(&path, signed::MAX_BYTES).await? == Some(bytes) => {
                Ok(release)
            }
            Created::Existed => Err(PublishError::Taken(manifest.name, manifest.version)),
        }
    }

    /// Adds what a component was compiled to.
    pub(super) async fn write_artifact(
        &self,
        wasm: &Digest,
        artifact: Artifact,
        key: &SigningKey,
    ) -> Result<(), PublishError> {
        let Artifact { target, compatibility, code } = artifact;
        let path = layout::artifact(target, &compatibility, wasm);
        let content = self.write_content(code).await?;
        let statement = ArtifactStatement { wasm: wasm.clone(), target, compatibility, artifact: content };
        let bytes = sign(&statement, key)?.to_bytes().map_err(PublishError::Sign)?;
        if self.objects.create(&path, bytes).await? == Created::New {
            return Ok(());
        }
        // An earlier release has the same component, or an earlier try came as far as here.
        let there = self.objects.read(&path, signed::MAX_BYTES).await?.unwrap_or_default();
        let ours =
            Signed::parse(&there).and_then(|signed| signed.verified::<ArtifactStatement>(&[key.public()]));
        match ours {
            Ok(there) if there == statement => Ok(()),
            _ => Err(PublishError::Foreign(path)),
        }
    }

    async fn write_content(&self, bytes: Vec<u8>) -> Result<Content, PublishError> {
        let content = Content::of(&bytes);
        if self.objects.create(&layout::content(&content.digest), bytes).await? == Created::Existed {
            content_of(self.objects.as_ref(), &content).await?;
        }
        Ok(content)
    }
}

fn sign<S: Statement>(statement: &S, key: &SigningKey) -> Result<Signed, PublishError> {
    Signed::sign(statement, key).map_err(PublishError::Sign)
}
