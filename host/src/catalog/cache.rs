//! What was fetched of a catalog, on this machine: it runs on when the catalog is out of reach.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::error::CatalogError;
use super::layout;
use super::statement::Content;
use crate::enabled::Digest;

/// A folder that only this user can read and write. Files get into it by renaming, so that one
/// that is mapped never changes.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    folder: PathBuf,
}

impl Cache {
    /// A cache in a folder, which is made when it is first written to.
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    /// Whether there may be content that was kept. Asks no more than the file's name.
    pub(super) fn has(&self, content: &Content) -> bool {
        self.folder.join(layout::content(&content.digest)).exists()
    }

    /// Content that was kept, and its file, if it still is what it was.
    pub(super) fn find(&self, content: &Content) -> Option<(PathBuf, Vec<u8>)> {
        let file = self.folder.join(layout::content(&content.digest));
        // Whatever is wrong with the file, fetching mends it.
        let bytes = fs::read(&file).ok().filter(|bytes| Content::of(bytes) == *content)?;
        Some((file, bytes))
    }

    /// Keeps content that was verified.
    pub(super) fn keep(&self, content: &Content, bytes: &[u8]) -> Result<PathBuf, CatalogError> {
        let file = self.folder.join(layout::content(&content.digest));
        self.write(&file, bytes)?;
        Ok(file)
    }

    /// A statement that was kept, with its signature. Whether it still counts is the caller's to say.
    pub(super) fn find_release(&self, digest: &Digest) -> Option<Vec<u8>> {
        fs::read(self.release(digest)).ok()
    }

    pub(super) fn keep_release(&self, digest: &Digest, signed: &[u8]) -> Result<(), CatalogError> {
        self.write(&self.release(digest), signed)
    }

    /// A statement that was kept, by its name in the catalog.
    pub(super) fn find_statement(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.folder.join(path)).ok()
    }

    pub(super) fn keep_statement(&self, path: &str, signed: &[u8]) -> Result<(), CatalogError> {
        self.write(&self.folder.join(path), signed)
    }

    fn release(&self, digest: &Digest) -> PathBuf {
        self.folder.join(format!("pinned/{digest}.json"))
    }

    fn write(&self, file: &Path, bytes: &[u8]) -> Result<(), CatalogError> {
        write(file, bytes)
            .map_err(|source| CatalogError::Cache { folder: self.folder.display().to_string(), source })
    }
}

fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().ok_or(ErrorKind::InvalidInput)?;
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    // A temporary file has the mode 0600.
    let mut partial = tempfile::NamedTempFile::new_in(folder)?;
    partial.write_all(bytes)?;
    // Nobody waits for the disk: what a power failure leaves half of is no longer what its digest says, and is
    // fetched again.
    partial.persist(file)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn keeps_files_for_its_owner_alone_and_finds_none_that_changed() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path().join("cache"));
        let content = Content::of(b"component");
        assert_eq!(cache.find(&content), None);
        let file = cache.keep(&content, b"component").unwrap();
        assert_eq!(cache.find(&content), Some((file.clone(), b"component".to_vec())));
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(file.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        fs::write(&file, b"componenX").unwrap();
        assert_eq!(cache.find(&content), None);
        cache.keep(&content, b"component").unwrap();
        assert!(cache.find(&content).is_some());
    }
}
