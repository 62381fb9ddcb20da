//! A catalog in a folder, perhaps of a network file system.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use async_trait::async_trait;

use super::{CatalogError, Created, Objects};
use crate::catalog::error::Refusal;

/// The files of a folder.
pub(in crate::catalog) struct Folder(PathBuf);

impl Folder {
    /// A folder, which is made when it is first written to.
    pub(in crate::catalog) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }
}

#[async_trait]
impl Objects for Folder {
    async fn read(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, CatalogError> {
        let file = self.0.join(path);
        apart(move || match read(&file, most) {
            Ok(bytes) if bytes.len() as u64 > most => Err(CatalogError::Refused {
                object: file.display().to_string(),
                refusal: Refusal::TooLarge(most),
            }),
            Ok(bytes) => Ok(Some(bytes)),
            Err(fault) if fault.kind() == ErrorKind::NotFound => Ok(None),
            Err(fault) => Err(unavailable("read", &file, &fault)),
        })
        .await
    }

    async fn create(&self, path: &str, bytes: Vec<u8>) -> Result<Created, CatalogError> {
        let file = self.0.join(path);
        apart(move || create(&file, &bytes).map_err(|fault| unavailable("write", &file, &fault))).await
    }

    async fn list(&self, folder: &str) -> Result<Vec<String>, CatalogError> {
        let (root, below) = (self.0.clone(), self.0.join(folder));
        apart(move || {
            let mut names = Vec::new();
            match walk(&root, &below, &mut names) {
                Err(fault) if fault.kind() != ErrorKind::NotFound => Err(unavailable("list", &below, &fault)),
                _ => Ok(names),
            }
        })
        .await
    }
}

/// Files block.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CatalogError> + Send + 'static,
) -> Result<T, CatalogError> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|fault| {
        Err(CatalogError::Unavailable {
            action: "use",
            object: "files".to_owned(),
            reason: fault.to_string(),
        })
    })
}

/// At most one byte more than is wanted.
fn read(file: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(file)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A name leads to a whole file from the moment that it leads anywhere.
fn create(file: &Path, bytes: &[u8]) -> io::Result<Created> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut partial = tempfile::Builder::new().prefix(".partial-").tempfile_in(folder)?;
    partial.write_all(bytes)?;
    partial.as_file().sync_all()?;
    // Hosts run as other users than publishers do; nothing here is secret.
    fs::set_permissions(partial.path(), std::os::unix::fs::PermissionsExt::from_mode(0o644))?;
    match partial.persist_noclobber(file) {
        Ok(_) => Ok(Created::New),
        Err(fault) if fault.error.kind() == ErrorKind::AlreadyExists => Ok(Created::Existed),
        Err(fault) => Err(fault.error),
    }
}

fn walk(root: &Path, folder: &Path, names: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(root, &path, names)?;
        } else if let Ok(name) = path.strip_prefix(root) {
            names.push(name.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

fn unavailable(action: &'static str, file: &Path, fault: &io::Error) -> CatalogError {
    CatalogError::Unavailable { action, object: file.display().to_string(), reason: fault.to_string() }
}
