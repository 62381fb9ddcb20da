//! Which store a command works on.

use std::path::Path;
use std::sync::Arc;

use crate::store::{Sqlite, Store, StoreError};

/// The store of the data folder.
pub(super) fn open(data: &Path) -> Result<Arc<dyn Store>, StoreError> {
    Ok(Arc::new(Sqlite::open(data)?))
}
