//! Small values that outlive a request, for this plugin and the caller's tenant. Needs the grant `kv`.
//!
//! A key has 1 to 256 bytes, a value up to 64 KiB; a tenant has 1,000 keys and 1 MiB, a request 64
//! operations. There are none before the session begins. After [`Fault::Unavailable`] a change may
//! have been made or not.

use crate::host::kv as host;

pub use crate::bindings::plain::adit::plugin::kv::Fault;

/// The value under a key.
pub fn find(key: &str) -> Result<Option<Vec<u8>>, Fault> {
    host::find(key)
}

/// Puts a value under a key, for so many seconds; with 0 it stays.
pub fn set(key: &str, value: impl AsRef<[u8]>, ttl_seconds: u32) -> Result<(), Fault> {
    host::set(key, value.as_ref(), ttl_seconds)
}

/// Removes what is under a key, if anything is.
pub fn delete(key: &str) -> Result<(), Fault> {
    host::delete(key)
}

/// Adds to the decimal number under a key, and answers with the sum. No addition is lost, however many
/// requests add at the same time. What is not there, or no number, counts as 0, and begins to live for
/// so many seconds; with 0 it stays.
pub fn increment(key: &str, by: i64, ttl_seconds: u32) -> Result<i64, Fault> {
    host::increment(key, by, ttl_seconds)
}
