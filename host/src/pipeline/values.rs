//! Values that outlive a request, as plugins may keep them.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;

use super::hook::Context;
use crate::ids::{KeyId, PluginName};

/// Keeps small values for plugins.
///
/// A value whose lifetime is over is not there any more. No method takes long, whatever the state of the store is.
#[async_trait]
pub trait Values: Send + Sync {
    /// The value under a key.
    async fn find(&self, space: &Space, key: &str) -> Result<Option<Vec<u8>>, ValueFault>;

    /// Puts a value under a key; without a lifetime it stays.
    async fn set(
        &self,
        space: &Space,
        key: &str,
        value: Vec<u8>,
        lifetime: Option<Duration>,
    ) -> Result<(), ValueFault>;

    /// Removes what is under a key, if anything is.
    async fn delete(&self, space: &Space, key: &str) -> Result<(), ValueFault>;

    /// Adds to the number under a key, whoever else does so at the same time, and answers with the sum,
    /// which stays within its type. What is not there, or no decimal number, counts as 0. The lifetime
    /// is that of a number that was not there.
    async fn increment(
        &self,
        space: &Space,
        key: &str,
        by: i64,
        lifetime: Option<Duration>,
    ) -> Result<i64, ValueFault>;
}

/// Why a value was not read or kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueFault {
    /// It does not fit.
    #[error("{0}")]
    Quota(String),
    /// The store cannot be used at the moment. The message is for the log.
    #[error("{0}")]
    Unavailable(String),
}

/// Whose values they are: those of two spaces have nothing in common.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    /// The plugin.
    pub plugin: PluginName,
    /// For whom it works.
    pub tenant: Tenant,
}

impl Space {
    /// The most keys.
    pub const MAX_KEYS: u32 = 1_000;
    /// The most bytes of keys and values together: 1 MiB.
    pub const MAX_BYTES: u32 = 1 << 20;
    /// The longest key, in bytes.
    pub const MAX_KEY_BYTES: usize = 256;
    /// The longest value, in bytes: 64 KiB.
    pub const MAX_VALUE_BYTES: usize = 64 << 10;
}

/// For whom a plugin works. No label is taken for a key, whatever an operator writes on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tenant {
    /// All keys with this label `tenant`.
    Label(String),
    /// This key alone.
    Key(KeyId),
}

impl Tenant {
    /// The tenant of a request.
    pub fn of(context: &Context) -> Self {
        let label = context.labels.iter().find(|label| label.name == "tenant" && !label.value.is_empty());
        label.map_or_else(|| Self::Key(context.key.clone()), |label| Self::Label(label.value.clone()))
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Label(value) => write!(f, "label {value}"),
            Self::Key(id) => write!(f, "key {id}"),
        }
    }
}
