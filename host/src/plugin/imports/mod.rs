//! What plugins may import of the contract.

mod blobs;

pub(super) use blobs::Blobs;
