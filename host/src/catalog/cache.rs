//! What was fetched of a catalog, on this machine: it runs on when the catalog is out of reach.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File};
use std::io::{self, ErrorKind, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::error::CatalogError;
use super::layout;
use super::statement::Content;
use crate::config::CatalogCache;
use crate::enabled::Digest;

/// Keeps what was fetched: in a folder that only this user can read and write, into which files get by renaming, or in
/// memory. A file that is mapped never changes.
#[derive(Debug, Clone)]
pub(super) struct Cache(CatalogCache);

/// Content that was verified, in a file that is never written to again. It is there for as long as this is.
#[derive(Debug)]
pub struct ContentFile {
    path: PathBuf,
    /// What has no name but that of an open file.
    _open: Option<Arc<File>>,
}

impl ContentFile {
    /// Where it can be opened.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// What is kept in memory, by its name in the catalog: the process's, as its settings and engines come and go.
static IN_MEMORY: Mutex<BTreeMap<String, Arc<File>>> = Mutex::new(BTreeMap::new());

/// How much of it, in bytes. What would be more is kept in place of all the rest.
const MOST_IN_MEMORY: u64 = 32 << 20;

impl Cache {
    /// A cache. Its folder is made when it is first written to.
    pub(super) fn new(cache: CatalogCache) -> Self {
        Self(cache)
    }

    /// Whether there may be content that was kept. Asks no more than the file's name.
    pub(super) fn has(&self, content: &Content) -> bool {
        self.open(&layout::content(&content.digest)).is_some()
    }

    /// Content that was kept, and its file, if it still is what it was.
    pub(super) fn find(&self, content: &Content) -> Option<(ContentFile, Vec<u8>)> {
        let file = self.open(&layout::content(&content.digest))?;
        // Whatever is wrong with the file, fetching mends it.
        let bytes = fs::read(file.path()).ok().filter(|bytes| Content::of(bytes) == *content)?;
        Some((file, bytes))
    }

    /// Keeps content that was verified.
    pub(super) fn keep(&self, content: &Content, bytes: &[u8]) -> Result<ContentFile, CatalogError> {
        self.write(&layout::content(&content.digest), bytes)
    }

    /// A statement that was kept, with its signature. Whether it still counts is the caller's to say.
    pub(super) fn find_release(&self, digest: &Digest) -> Option<Vec<u8>> {
        self.find_statement(&release(digest))
    }

    pub(super) fn keep_release(&self, digest: &Digest, signed: &[u8]) -> Result<(), CatalogError> {
        self.keep_statement(&release(digest), signed)
    }

    /// A statement that was kept, by its name in the catalog.
    pub(super) fn find_statement(&self, path: &str) -> Option<Vec<u8>> {
        fs::read(self.open(path)?.path()).ok()
    }

    pub(super) fn keep_statement(&self, path: &str, signed: &[u8]) -> Result<(), CatalogError> {
        self.write(path, signed).map(drop)
    }

    fn open(&self, name: &str) -> Option<ContentFile> {
        match &self.0 {
            CatalogCache::Folder(folder) => {
                let path = folder.join(name);
                path.exists().then_some(ContentFile { path, _open: None })
            }
            CatalogCache::Memory => {
                let kept = IN_MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
                kept.get(name).map(in_memory)
            }
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<ContentFile, CatalogError> {
        match &self.0 {
            CatalogCache::Folder(folder) => {
                let path = folder.join(name);
                write(&path, bytes)
                    .map_err(|source| CatalogError::Cache { folder: folder.display().to_string(), source })?;
                Ok(ContentFile { path, _open: None })
            }
            CatalogCache::Memory => keep_in_memory(name, bytes).map_err(CatalogError::Memory),
        }
    }
}

fn release(digest: &Digest) -> String {
    format!("pinned/{digest}.json")
}

/// A file that has no name in any folder: it is gone when it is closed.
fn keep_in_memory(name: &str, bytes: &[u8]) -> io::Result<ContentFile> {
    let mut file = memory_file()?;
    file.write_all(bytes)?;
    let file = Arc::new(file);
    let mut kept = IN_MEMORY.lock().unwrap_or_else(PoisonError::into_inner);
    let size = |file: &Arc<File>| file.metadata().map_or(0, |metadata| metadata.len());
    if kept.values().map(size).sum::<u64>() + bytes.len() as u64 > MOST_IN_MEMORY {
        kept.clear();
    }
    kept.insert(name.to_owned(), Arc::clone(&file));
    Ok(in_memory(&file))
}

fn in_memory(file: &Arc<File>) -> ContentFile {
    let path = format!("/proc/self/fd/{}", file.as_raw_fd()).into();
    ContentFile { path, _open: Some(Arc::clone(file)) }
}

#[cfg(target_os = "linux")]
fn memory_file() -> io::Result<File> {
    use rustix::fs::{MemfdFlags, memfd_create};
    Ok(memfd_create("adit-catalog", MemfdFlags::CLOEXEC)?.into())
}

#[cfg(not(target_os = "linux"))]
fn memory_file() -> io::Result<File> {
    Err(ErrorKind::Unsupported.into())
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
    fn keeps_in_memory_what_another_cache_finds_until_it_is_too_much() {
        let (cache, content) = (Cache::new(CatalogCache::Memory), Content::of(b"component"));
        let file = cache.keep(&content, b"component").unwrap();
        assert!(file.path().starts_with("/proc/self/fd"));
        cache.keep_statement("artifacts/a", b"signed").unwrap();

        let another = Cache::new(CatalogCache::Memory);
        assert_eq!(another.find(&content).unwrap().1, b"component");
        assert_eq!(another.find_statement("artifacts/a").unwrap(), b"signed");

        let large = vec![7; usize::try_from(MOST_IN_MEMORY).unwrap()];
        let content_of_large = Content::of(&large);
        cache.keep(&content_of_large, &large).unwrap();
        assert!(another.has(&content_of_large) && !another.has(&content));
        assert_eq!(fs::read(file.path()).unwrap(), b"component", "whoever has it keeps it");
    }
}
