//! What was fetched of a catalog, on this machine: it runs on when the catalog is out of reach.

use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use super::error::CatalogError;
use super::layout;
use super::statement::Content;
use crate::config::CatalogCache;
use crate::enabled::Digest;

/// Keeps what was fetched, or nothing. Files get into its folder by renaming, so that one that is mapped never changes.
#[derive(Debug, Clone)]
pub(super) struct Cache(CatalogCache);

/// Content that was verified, in a file that is never written to again. It is there for as long as this is.
#[derive(Debug)]
pub struct ContentFile {
    path: PathBuf,
    /// What has no name but that of an open file.
    _open: Option<File>,
}

impl ContentFile {
    /// Where it can be opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn named(path: PathBuf) -> Self {
        Self { path, _open: None }
    }

    /// In memory: nothing of it is left when it is closed, and nobody else can open it.
    fn in_memory(bytes: &[u8]) -> io::Result<Self> {
        let mut open = memory()?;
        open.write_all(bytes)?;
        Ok(Self { path: format!("/proc/self/fd/{}", open.as_raw_fd()).into(), _open: Some(open) })
    }
}

#[cfg(target_os = "linux")]
fn memory() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    Ok(memfd_create("adit-content", MemfdFlags::CLOEXEC)?.into())
}

#[cfg(not(target_os = "linux"))]
fn memory() -> io::Result<File> {
    Err(ErrorKind::Unsupported.into())
}

impl Cache {
    /// A cache in a folder, which is made when it is first written to, or none.
    pub(super) fn new(cache: CatalogCache) -> Self {
        Self(cache)
    }

    /// Whether there may be content that was kept. Asks no more than the file's name.
    pub(super) fn has(&self, content: &Content) -> bool {
        self.content(content).is_some_and(|file| file.exists())
    }

    /// Content that was kept, and its file, if it still is what it was.
    pub(super) fn find(&self, content: &Content) -> Option<(ContentFile, Vec<u8>)> {
        let file = self.content(content)?;
        // Whatever is wrong with the file, fetching mends it.
        let bytes = fs::read(&file).ok().filter(|bytes| Content::of(bytes) == *content)?;
        Some((ContentFile::named(file), bytes))
    }

    /// Puts content that was verified into a file, and keeps it.
    pub(super) fn keep(&self, content: &Content, bytes: &[u8]) -> Result<ContentFile, CatalogError> {
        match self.content(content) {
            Some(file) => {
                self.write(Some(&file), bytes)?;
                Ok(ContentFile::named(file))
            }
            None => ContentFile::in_memory(bytes).map_err(CatalogError::Memory),
        }
    }

    /// A statement that was kept, with its signature. Whether it still counts is the caller's to say.
    pub(super) fn find_release(&self, digest: &Digest) -> Option<Vec<u8>> {
        fs::read(self.release(digest)?).ok()
    }

    pub(super) fn keep_release(&self, digest: &Digest, signed: &[u8]) -> Result<(), CatalogError> {
        self.write(self.release(digest).as_deref(), signed)
    }

    /// A statement that was kept, by its name in the catalog.
    pub(super) fn find_statement(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.file(path)?).ok()
    }

    pub(super) fn keep_statement(&self, path: &str, signed: &[u8]) -> Result<(), CatalogError> {
        self.write(self.file(path).as_deref(), signed)
    }

    fn content(&self, content: &Content) -> Option<PathBuf> {
        self.file(&layout::content(&content.digest))
    }

    fn release(&self, digest: &Digest) -> Option<PathBuf> {
        self.file(&format!("pinned/{digest}.json"))
    }

    fn file(&self, path: &str) -> Option<PathBuf> {
        match &self.0 {
            CatalogCache::Folder(folder) => Some(folder.join(path)),
            CatalogCache::Off => None,
        }
    }

    fn write(&self, file: Option<&Path>, bytes: &[u8]) -> Result<(), CatalogError> {
        let (CatalogCache::Folder(folder), Some(file)) = (&self.0, file) else { return Ok(()) };
        write(file, bytes)
            .map_err(|source| CatalogError::Cache { folder: folder.display().to_string(), source })
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
        let cache = Cache::new(CatalogCache::Folder(folder.path().join("cache")));
        let content = Content::of(b"component");
        assert!(cache.find(&content).is_none());
        let kept = cache.keep(&content, b"component").unwrap();
        let (found, bytes) = cache.find(&content).unwrap();
        assert_eq!((found.path(), bytes), (kept.path(), b"component".to_vec()));
        assert_eq!(fs::metadata(kept.path()).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(kept.path().parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        fs::write(kept.path(), b"componenX").unwrap();
        assert!(cache.find(&content).is_none());
        cache.keep(&content, b"component").unwrap();
        assert!(cache.find(&content).is_some());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn keeps_nothing_where_it_is_off_and_gives_a_file_all_the_same() {
        let cache = Cache::new(CatalogCache::Off);
        let content = Content::of(b"component");
        let file = cache.keep(&content, b"component").unwrap();
        assert_eq!(fs::read(file.path()).unwrap(), b"component");
        assert!(!cache.has(&content) && cache.find(&content).is_none());
        cache.keep_statement("artifacts/a", b"signed").unwrap();
        assert!(cache.find_statement("artifacts/a").is_none());
        let path = file.path().to_owned();
        drop(file);
        assert!(fs::read_link(path).is_err());
    }
}
