//! Stores to test.

use std::any::Any;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tempfile::TempDir;

use super::super::dynamodb::tests::{Calls, Emulator, connect, fresh, named};
use super::super::{Dynamo, Key, KeyName, NewKey, Sqlite, Store};
use crate::ids::{KeyId, RequestId};
use crate::metering::{Amounts, Budget, Charge, Limits, Metered, Money, Period, Scope, Unit};

/// An empty store, as two processes have it.
pub(super) struct Stores {
    pub(super) one: Arc<dyn Store>,
    pub(super) other: Arc<dyn Store>,
    _kept: Box<dyn Any + Send + Sync>,
}

pub(super) fn sqlite() -> Stores {
    let folder = TempDir::new().unwrap();
    let open = || Arc::new(Sqlite::open(folder.path()).unwrap());
    Stores { one: open(), other: open(), _kept: Box::new(folder) }
}

/// Nothing is remembered, so that each process sees at once what the other one does. None if there is no
/// DynamoDB on this machine.
pub(super) async fn dynamodb() -> Option<Stores> {
    let emulator = Emulator::running()?;
    let (settings, calls) = (named(&emulator), Calls::default());
    let one = fresh(&settings, Duration::ZERO, &calls).await;
    let other = Dynamo::open(connect(&settings, Duration::ZERO, &calls).await).await.unwrap();
    Some(Stores { one: Arc::new(one), other: Arc::new(other), _kept: Box::new(emulator) })
}

pub(super) fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

pub(super) async fn key(store: &dyn Store) -> Key {
    store.create(NewKey::named(KeyName::parse("laptop").unwrap())).await.unwrap().1
}

pub(super) fn id(text: &str) -> KeyId {
    KeyId::parse(text).unwrap()
}

pub(super) const MONEY_A_DAY: Budget = Budget { unit: Unit::Money, period: Period::Day };

pub(super) fn budget(nanodollars: u64) -> Limits {
    Limits { budgets: [(MONEY_A_DAY, nanodollars)].into(), ..Limits::default() }
}

pub(super) fn requests_a_minute(requests: u32) -> Limits {
    Limits { requests_per_minute: NonZeroU32::new(requests), ..Limits::default() }
}

pub(super) fn at_a_time(requests: u32) -> Limits {
    Limits { concurrent_requests: NonZeroU32::new(requests), ..Limits::default() }
}

pub(super) fn of_key(limits: &Limits) -> Metered {
    Metered { scope: Scope::Key(id("aaaaaaaaaa")), limits: limits.clone() }
}

/// So many nanodollars, and a tenth as many tokens.
pub(super) fn amounts(nanodollars: u64) -> Amounts {
    Amounts { money: Money::from_nanodollars(nanodollars), tokens: nanodollars / 10 }
}

pub(super) fn charge(lease: &str, at: Timestamp, nanodollars: u64) -> Charge {
    Charge {
        lease: RequestId::parse(lease).unwrap(),
        at,
        lifetime: Duration::from_mins(10),
        amounts: amounts(nanodollars),
    }
}
