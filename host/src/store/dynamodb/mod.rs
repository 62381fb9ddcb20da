//! The store in DynamoDB: nothing to run, nothing to pay at rest, and any number of processes.
//!
//! One table holds what must not be lost; a second one holds answers and sessions, which may. What lies where
//! is in [`place`], what is asked of a table in [`table`] and [`many`]. Everything that several processes
//! change at once is changed by conditional updates; DynamoDB does those of one item one after the other.
//!
//! Keys, teams and rollouts are remembered for 30 s (see [`memory`]): a change counts everywhere after that
//! time at the latest.

mod answers;
mod connect;
mod contention;
mod create;
mod expression;
mod fault;
mod give;
mod item;
mod key_item;
mod keys;
mod ledger;
mod many;
mod memory;
mod meter_item;
mod meters;
mod noted;
mod place;
mod quota;
mod releases;
mod seed;
mod sessions;
mod stack;
mod table;
mod take;
mod teams;
mod thoughts;
mod usage;
mod value_item;
mod values;

use std::sync::Arc;

use super::{Keys, SeedRoot, Store, StoreError};
use connect::Timing;
use memory::Memory;
use noted::Noted;
use table::Table;
use take::Sights;

pub use connect::Tables;
pub use create::Made;
pub use stack::tables_of_stack;

/// The store in DynamoDB.
pub struct Dynamo {
    main: Table,
    cache: Table,
    timing: Timing,
    memory: Memory,
    sights: Sights,
    noted: Noted,
    seed_root: SeedRoot,
}

impl Dynamo {
    /// Opens a store whose tables are there: reads its seed root, or makes one.
    pub async fn open(tables: Tables) -> Result<Self, StoreError> {
        let Tables { main, cache, timing } = tables;
        let seed_root = seed::read_or_make(&main).await?;
        let (memory, sights) = (Memory::new(timing.memory), Sights::default());
        Ok(Self { main, cache, timing, memory, sights, noted: Noted::default(), seed_root })
    }
}

impl Store for Dynamo {
    fn seed_root(&self) -> &SeedRoot {
        &self.seed_root
    }

    /// It rides out a blip by itself: see [`memory`].
    fn served_keys(self: Arc<Self>) -> Arc<dyn Keys> {
        self
    }
}

#[cfg(test)]
pub(super) mod tests;
