//! Which requests an item of usage has counted, for as long as somebody may ask for it again.
//!
//! When an answer is lost, the SDK repeats what it asked, and so does whoever settles. A request leaves a mark
//! where it is counted, and is counted only where it has none. Once the answer is there, the mark is of no use: the process removes
//! it with the next request that it counts there, so an item has about one mark for each process. A transaction with a token
//! would do the same for twice the price, and those of a busy key would cancel each other.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::expression::Expression;
use super::item::{Item, time};
use super::place::Place;
use crate::metering::Charge;

/// What the attribute of a mark begins with. Its value is when the request cannot still be running.
const MARK: &str = "n:";

/// How many marks are removed by one update: expressions end at 4 KB.
const REMOVED_AT_ONCE: usize = 20;

/// The most items that are remembered. What is forgotten is removed when it is over.
const MOST_ITEMS: usize = 20_000;

/// The marks of each item that may go.
#[derive(Default)]
pub(super) struct Noted(Mutex<HashMap<Place, BTreeSet<String>>>);

impl Noted {
    /// Has an update count a request once, and removes marks in passing.
    pub(super) fn once(&self, at: &Place, charge: &Charge, update: Expression) -> Expression {
        let mark = mark(charge);
        let mut update = update.when("attribute_not_exists(@)", &mark, []).set(&mark, time(charge.expires()));
        let mut all = self.all();
        if let Some(over) = all.get_mut(at) {
            let some: Vec<_> =
                over.iter().filter(|name| **name != mark).take(REMOVED_AT_ONCE).cloned().collect();
            for name in some {
                update = update.remove(&name);
                over.remove(&name);
            }
        }
        update
    }

    /// The answer is there: its mark may go, and so may those of requests that cannot still be running.
    pub(super) fn answered(&self, at: &Place, charge: &Charge, item: &Item) {
        let is_over = |name: &str| {
            let until = item.time(name).unwrap_or(Timestamp::MIN);
            until <= charge.at
        };
        let over = item.0.keys().filter(|name| name.starts_with(MARK) && is_over(name)).cloned();
        let mut all = self.all();
        if all.len() >= MOST_ITEMS && !all.contains_key(at) {
            all.clear();
        }
        all.entry(at.clone()).or_default().extend(over.chain([mark(charge)]));
    }

    fn all(&self) -> MutexGuard<'_, HashMap<Place, BTreeSet<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn mark(charge: &Charge) -> String {
    format!("{MARK}{}", charge.lease)
}
