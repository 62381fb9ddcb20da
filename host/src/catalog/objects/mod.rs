//! What a catalog asks of the place where it lies.

mod folder;
mod s3;

use async_trait::async_trait;

use super::error::CatalogError;
use crate::config::{Location, S3Access};

pub(super) use folder::Folder;
use s3::S3;

/// Objects by their names, each written once and whole.
#[async_trait]
pub(super) trait Objects: Send + Sync {
    /// The bytes of an object, at most so many; none if it does not exist.
    async fn read(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, CatalogError>;

    /// Writes an object, if there is none of that name. Readers see all of it or nothing.
    async fn create(&self, path: &str, bytes: Vec<u8>) -> Result<Created, CatalogError>;

    /// The names that begin with a folder's, which ends in `/`.
    async fn list(&self, folder: &str) -> Result<Vec<String>, CatalogError>;
}

/// What became of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Created {
    /// The object is new.
    New,
    /// There is one of that name, and it is as it was.
    Existed,
}

/// The objects of a place. Nothing is read yet.
pub(super) async fn open(location: &Location, access: &S3Access) -> Box<dyn Objects> {
    match location {
        Location::Folder(folder) => Box::new(Folder::new(folder.clone())),
        Location::S3 { bucket, prefix } => Box::new(S3::open(bucket, prefix, access).await),
    }
}
