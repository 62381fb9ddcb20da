//! What is kept, as text: the same in every store.

pub(super) mod enabled;
pub(super) mod policy;

use std::fmt::Display;

use super::StoreError;

/// What is kept cannot be read.
pub(super) fn damaged(detail: impl Display) -> StoreError {
    StoreError::Damaged { detail: detail.to_string() }
}
