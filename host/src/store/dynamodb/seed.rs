//! The seed root: drawn by the first process, kept for all.

use super::super::record::damaged;
use super::super::{SeedRoot, StoreError};
use super::expression::Expression;
use super::item::{Item, bytes};
use super::place::Place;
use super::table::{Outcome, Reading, Table};

const BYTES: &str = "bytes";

/// The seed root of a store, which is made if there is none.
pub(super) async fn read_or_make(table: &Table) -> Result<SeedRoot, StoreError> {
    let place = Place::seed_root();
    if let Some(item) = table.get(&place, Reading::Consistent).await? {
        return read(&item);
    }
    let drawn = SeedRoot::generate()?;
    let item = Item::at(&place).with(BYTES, bytes(drawn.expose().as_slice()));
    match table.put(item, Expression::is_new()).await? {
        Outcome::Done(_) => Ok(drawn),
        // Another process was quicker.
        Outcome::Refused(item) => read(&item),
    }
}

fn read(item: &Item) -> Result<SeedRoot, StoreError> {
    let bytes = item.bytes(BYTES)?.try_into().map_err(|_| damaged("the seed root has another length"))?;
    Ok(SeedRoot::new(bytes))
}
