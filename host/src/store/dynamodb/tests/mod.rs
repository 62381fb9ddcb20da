//! What is true of DynamoDB alone. What is true of every store is tested in `store/tests`.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod calls;
mod cost;
mod emulator;
mod faults;
mod usage;

use std::time::Duration;

use super::connect::{Timing, configured};
use super::{Dynamo, Tables, memory};
use crate::config::{self, TableName};
pub(crate) use calls::Calls;
pub(crate) use emulator::Emulator;

/// A machine that tests everything at once answers when it can.
const SLOW: Timing = Timing {
    connect: Duration::from_mins(1),
    attempt: Duration::from_mins(1),
    call: Duration::from_mins(1),
    values: Duration::from_mins(1),
    memory: memory::LIFETIME,
};

/// Tables of a new name.
pub(crate) fn named(emulator: &Emulator) -> config::Tables {
    let name = TableName::parse(format!("adit-{:016x}", getrandom::u64().unwrap())).unwrap();
    config::Tables {
        region: Some("us-east-1".to_owned()),
        endpoint: Some(emulator.url()),
        ..config::Tables::named(name)
    }
}

/// As a process has them that remembers what it has read for so long.
pub(crate) async fn connect(settings: &config::Tables, memory: Duration, calls: &Calls) -> Tables {
    let timing = Timing { memory, ..SLOW };
    let config = configured(settings, timing).await.unwrap();
    Tables::over(config.interceptor(calls.clone()), settings, timing)
}

/// A store with new tables.
pub(crate) async fn fresh(settings: &config::Tables, memory: Duration, calls: &Calls) -> Dynamo {
    let tables = connect(settings, memory, calls).await;
    tables.create().await.unwrap();
    Dynamo::open(tables).await.unwrap()
}
