//! The bytes of a request's images and documents, from hook `request` on. Needs the grant `blobs`.

use crate::chat::Blob;
use crate::host::blobs as host;

/// So many bytes from `offset` on: fewer at the end, and never more than 4 MiB. The error says that the
/// request has no such blob.
pub fn read(blob: &Blob, offset: u64, length: u32) -> Result<Vec<u8>, String> {
    host::read(blob.id, offset, length)
}
