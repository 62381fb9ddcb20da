//! What outlives a request: teams and keys, what runs for them, what they used.
//!
//! The traits say what the rest of Adit may rely on. [`Sqlite`] and [`Dynamo`] do all
//! of it, in the same way.

mod api_key;
mod blip;
mod chain;
mod dynamodb;
mod effective;
mod error;
mod key;
mod keys;
mod policy;
mod principal;
mod record;
mod releases;
mod seed_root;
mod session;
#[cfg(feature = "sqlite")]
mod sqlite;
mod team;

use std::path::Path;
use std::sync::Arc;

use crate::health::Ledger;
use crate::metering::Meters;
use crate::pipeline::{ResponseCache, Thoughts, Values};

pub use api_key::{ApiKey, MalformedKey, SecretHash};
pub use blip::Blip;
pub use dynamodb::{Dynamo, Made, Tables, tables_of_stack};
pub use effective::Effective;
pub use error::StoreError;
pub use key::{InvalidName, Key, KeyName, KeyRecord, Label, Secrets, StoredKey, Verification};
pub use keys::{Edit, Keys, NewKey, Position, Teams};
pub use policy::{
    Cacheable, Guarding, OnLoss, Policy, ResponseCacheTerms, ResponseCaching, Sharing, Tagging,
};
use principal::Principals;
pub use principal::{InvalidPrincipal, Principal};
pub use releases::{PluginStatus, Releases};
pub use seed_root::SeedRoot;
pub use session::{Session, Sessions};
#[cfg(feature = "sqlite")]
pub use sqlite::Sqlite;
pub use team::Team;

/// All that a store keeps.
pub trait Store:
    Keys + Teams + Releases + Ledger + Values + Thoughts + Meters + ResponseCache + Sessions
{
    /// The secret from which the seeds of plugins are derived: made at the first start, the same
    /// ever after.
    fn seed_root(&self) -> &SeedRoot;

    /// The keys, for who serves requests: those that were found in the last 30 s are served on when the
    /// store is down for a moment.
    fn served_keys(self: Arc<Self>) -> Arc<dyn Keys>;
}

/// The store in a folder.
#[cfg(feature = "sqlite")]
pub fn in_folder(folder: &Path) -> Result<Arc<dyn Store>, StoreError> {
    Ok(Arc::new(Sqlite::open(folder)?))
}

/// The store in a folder, which this build does without.
#[cfg(not(feature = "sqlite"))]
pub fn in_folder(_: &Path) -> Result<Arc<dyn Store>, StoreError> {
    Err(StoreError::NoFolder)
}

#[cfg(test)]
mod tests;
