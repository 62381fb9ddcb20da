//! Reading a catalog: nothing comes out of it that its publisher has not signed.

#[cfg(test)]
use std::path::{Path, PathBuf};

use super::cache::{Cache, ContentFile};
use super::error::{CatalogError, Refusal};
use super::layout::{self, Target};
use super::objects::{self, Objects};
use super::signed::{self, Signed};
use super::statement::{ArtifactStatement, Content, ReleaseStatement, Statement};
use crate::config::{self, CatalogCache, Location, PublicKey};
use crate::enabled::{Digest, Release, Version};
use crate::ids::PluginName;

/// A catalog, as a host sees it.
pub struct Catalog {
    location: Location,
    objects: Box<dyn Objects>,
    trusted: Vec<PublicKey>,
    cache: Cache,
}

/// A release that a catalog lists. Nothing of it is verified.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Listed {
    /// The plugin.
    pub name: PluginName,
    /// The version.
    pub version: Version,
}

/// Which release is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// This one.
    Exactly(Version),
    /// The one with the highest version.
    Latest,
}

/// A release that a trusted key has signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// What is pinned of it.
    pub release: Release,
    /// What the publisher says.
    pub statement: ReleaseStatement,
}

impl Catalog {
    /// The catalog of the settings, and where to keep what is fetched of it. Nothing is read yet.
    pub async fn open(settings: &config::Catalog, cache: &CatalogCache) -> Self {
        Self {
            location: settings.location.clone(),
            objects: objects::open(&settings.location, &settings.s3).await,
            trusted: settings.trusted_keys.clone(),
            cache: Cache::new(cache.clone()),
        }
    }

    #[cfg(test)]
    pub(super) fn of(objects: Box<dyn Objects>, trusted: Vec<PublicKey>, cache: &Path) -> Self {
        let location = Location::Folder(PathBuf::from("catalog"));
        Self { location, objects, trusted, cache: Cache::new(CatalogCache::Folder(cache.to_owned())) }
    }

    /// The releases of a plugin, or of all, by name and version.
    pub async fn list(&self, name: Option<&PluginName>) -> Result<Vec<Listed>, CatalogError> {
        list(self.objects.as_ref(), name).await
    }

    /// Finds a release, to pin it.
    pub async fn resolve(&self, name: &PluginName, wanted: Wanted) -> Result<Published, CatalogError> {
        let version = match wanted {
            Wanted::Exactly(version) => version,
            Wanted::Latest => {
                let newest = self.list(Some(name)).await?.into_iter().map(|listed| listed.version).max();
                newest.ok_or_else(|| CatalogError::NoRelease(name.clone(), self.location.to_string()))?
            }
        };
        let path = layout::release(name, version);
        let (signed, bytes) = self.signed(&path).await?;
        let published = self.published(&path, &signed, name, version)?;
        self.cache.keep_release(&published.release.digest, &bytes)?;
        Ok(published)
    }

    /// What the publisher says of a release that was pinned. The statement has to be the pinned one
    /// to the byte, and bear the signature of a key that is trusted now.
    pub async fn pinned(
        &self,
        name: &PluginName,
        release: &Release,
    ) -> Result<ReleaseStatement, CatalogError> {
        let path = layout::release(name, release.version);
        let verify = |signed: &Signed| {
            let (expected, found) = (release.digest.clone(), signed.digest());
            if found != expected {
                return Err(self.refused(&path, Refusal::Digest { expected, found }));
            }
            Ok(self.published(&path, signed, name, release.version)?.statement)
        };
        if let Some(kept) =
            self.cache.find_release(&release.digest).and_then(|kept| Signed::parse(&kept).ok())
        {
            // A key that is no longer trusted takes its releases with it, cached ones too.
            match verify(&kept) {
                Err(CatalogError::Refused { refusal: Refusal::Digest { .. } | Refusal::Changed, .. }) => {}
                verified => return verified,
            }
        }
        let (signed, bytes) = self.signed(&path).await?;
        let statement = verify(&signed)?;
        self.cache.keep_release(&release.digest, &bytes)?;
        Ok(statement)
    }

    /// The bytes of what a statement names.
    pub async fn content(&self, content: &Content) -> Result<Vec<u8>, CatalogError> {
        Ok(self.fetched(content).await?.1)
    }

    /// A verified file with the code that a component became for a kind of machine and an engine.
    pub async fn artifact(
        &self,
        wasm: &Digest,
        target: Target,
        compatibility: &Digest,
    ) -> Result<ContentFile, CatalogError> {
        let path = layout::artifact(target, compatibility, wasm);
        let verify = |signed: &Signed| {
            let statement: ArtifactStatement = self.verified(&path, signed)?;
            let ArtifactStatement { wasm: of, target: machine, compatibility: engine, artifact } = statement;
            if (&of, machine, &engine) == (wasm, target, compatibility) {
                Ok(artifact)
            } else {
                Err(self.refused(&path, Refusal::OtherArtifact))
            }
        };
        let kept = self.cache.find_statement(&path).and_then(|kept| Signed::parse(&kept).ok());
        let artifact = if let Some(Ok(artifact)) = kept.map(|kept| verify(&kept)) {
            artifact
        } else {
            let (signed, bytes) = self.signed(&path).await?;
            let artifact = verify(&signed)?;
            self.cache.keep_statement(&path, &bytes)?;
            artifact
        };
        Ok(self.fetched(&artifact).await?.0)
    }

    async fn signed(&self, path: &str) -> Result<(Signed, Vec<u8>), CatalogError> {
        let bytes = self.objects.read(path, signed::MAX_BYTES).await?;
        let bytes = bytes.ok_or_else(|| CatalogError::Missing(self.full(path)))?;
        let signed = Signed::parse(&bytes).map_err(|refusal| self.refused(path, refusal))?;
        Ok((signed, bytes))
    }

    fn verified<S: Statement>(&self, path: &str, signed: &Signed) -> Result<S, CatalogError> {
        signed.verified(&self.trusted).map_err(|refusal| self.refused(path, refusal))
    }

    fn published(
        &self,
        path: &str,
        signed: &Signed,
        name: &PluginName,
        version: Version,
    ) -> Result<Published, CatalogError> {
        let statement: ReleaseStatement = self.verified(path, signed)?;
        if (&statement.name, statement.version) != (name, version) {
            return Err(self.refused(path, Refusal::OtherRelease(statement.name, statement.version)));
        }
        Ok(Published { release: Release { version, digest: signed.digest() }, statement })
    }

    /// From the cache, or from the catalog into the cache. Verified in both cases.
    async fn fetched(&self, content: &Content) -> Result<(ContentFile, Vec<u8>), CatalogError> {
        if self.cache.has(content) {
            let (cache, wanted) = (self.cache.clone(), content.clone());
            let kept = tokio::task::spawn_blocking(move || cache.find(&wanted)).await;
            if let Ok(Some(kept)) = kept {
                return Ok(kept);
            }
        }
        let bytes = content_of(self.objects.as_ref(), content).await.map_err(|fault| self.in_full(fault))?;
        let file = self.cache.keep(content, &bytes)?;
        Ok((file, bytes))
    }

    fn refused(&self, path: &str, refusal: Refusal) -> CatalogError {
        CatalogError::Refused { object: self.full(path), refusal }
    }

    fn full(&self, path: &str) -> String {
        full(&self.location, path)
    }

    fn in_full(&self, fault: CatalogError) -> CatalogError {
        match fault {
            CatalogError::Missing(path) => CatalogError::Missing(self.full(&path)),
            CatalogError::Refused { object, refusal } if object.starts_with("objects/") => {
                self.refused(&object, refusal)
            }
            other => other,
        }
    }
}

fn full(location: &Location, path: &str) -> String {
    format!("{}/{path}", location.to_string().trim_end_matches('/'))
}

pub(super) async fn list(
    objects: &dyn Objects,
    name: Option<&PluginName>,
) -> Result<Vec<Listed>, CatalogError> {
    let folder =
        name.map_or_else(|| layout::RELEASES.to_owned(), |name| format!("{}{name}/", layout::RELEASES));
    let names = objects.list(&folder).await?;
    let releases = names.iter().filter_map(|path| layout::parse_release(path));
    let mut listed: Vec<_> = releases.map(|(name, version)| Listed { name, version }).collect();
    listed.sort();
    Ok(listed)
}

/// Reads content and verifies it.
pub(super) async fn content_of(objects: &dyn Objects, content: &Content) -> Result<Vec<u8>, CatalogError> {
    let path = layout::content(&content.digest);
    let Some(bytes) = objects.read(&path, content.bytes).await? else {
        return Err(CatalogError::Missing(path));
    };
    let found = Digest::of(&bytes);
    if found == content.digest {
        Ok(bytes)
    } else {
        let refusal = Refusal::Digest { expected: content.digest.clone(), found };
        Err(CatalogError::Refused { object: path, refusal })
    }
}
