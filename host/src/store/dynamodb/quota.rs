//! How much plugins keep: an item beside the values of each space counts keys and bytes.
//!
//! It never counts too little. It counts too much where values expired and nobody has deleted them; so before a
//! value is refused all are counted anew, at most once a minute.

use jiff::{SignedDuration, Timestamp};

use super::super::StoreError;
use super::expression::Expression;
use super::item::{Item, number, time};
use super::many::Sorted;
use super::place::{Place, VALUE, values};
use super::table::{Outcome, Reading, Table};
use super::value_item::{self, EXPIRES};
use crate::pipeline::Space;

const KEYS: &str = "keys";
const BYTES: &str = "bytes";
const COUNTED: &str = "counted";

/// How often all values of a space are counted at most.
const PERIOD: SignedDuration = SignedDuration::from_secs(60);

/// What a write changes in keys and bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) keys: i64,
    pub(super) bytes: i64,
}

impl Change {
    pub(super) fn back(self) -> Self {
        Self { keys: -self.keys, bytes: -self.bytes }
    }
}

/// Counts a change, or says which quota it would break.
pub(super) async fn count(
    table: &Table,
    space: &Space,
    change: Change,
    now: Timestamp,
) -> Result<Result<(), String>, StoreError> {
    if change == Change::default() {
        return Ok(Ok(()));
    }
    let mut counted = false;
    loop {
        let mut update = Expression::new().add(KEYS, change.keys).add(BYTES, change.bytes);
        for (name, by, most) in
            [(KEYS, change.keys, Space::MAX_KEYS), (BYTES, change.bytes, Space::MAX_BYTES)]
        {
            if by > 0 {
                let most = number(i64::from(most) - by);
                update = update.when("attribute_not_exists(@) OR @ <= $0", name, [most]);
            }
        }
        let Outcome::Refused(item) = table.update(&Place::quota(space), update).await? else {
            return Ok(Ok(()));
        };
        let fresh = item.maybe_time(COUNTED)?.is_some_and(|at| now.duration_since(at).abs() < PERIOD);
        if counted || fresh {
            return Ok(Err(refusal(&item, change)?));
        }
        recount(table, space, &item, now).await?;
        counted = true;
    }
}

fn refusal(item: &Item, change: Change) -> Result<String, StoreError> {
    let keys: i64 = item.maybe_number(KEYS)?.unwrap_or_default();
    Ok(if change.keys > 0 && keys.saturating_add(change.keys) > i64::from(Space::MAX_KEYS) {
        format!("there are {} keys already", Space::MAX_KEYS)
    } else {
        format!("keys and values would be more than {} bytes", Space::MAX_BYTES)
    })
}

/// Unless somebody writes meanwhile: then it stays as it is.
async fn recount(table: &Table, space: &Space, before: &Item, now: Timestamp) -> Result<(), StoreError> {
    let (mut keys, mut bytes) = (0_i64, 0_i64);
    for item in table.query(&values(space), Sorted::Prefix(VALUE), Reading::Consistent).await? {
        if item.maybe_time(EXPIRES)?.is_none_or(|expires| expires > now) {
            keys += 1;
            bytes = bytes.saturating_add(value_item::size(&item)?);
        }
    }
    let mut update =
        Expression::new().set(KEYS, number(keys)).set(BYTES, number(bytes)).set(COUNTED, time(now));
    for name in [KEYS, BYTES] {
        if let Some(count) = before.maybe_number::<i64>(name)? {
            update = update.when("@ = $0", name, [number(count)]);
        }
    }
    table.update(&Place::quota(space), update).await.map(drop)
}
