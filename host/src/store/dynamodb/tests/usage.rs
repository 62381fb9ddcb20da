//! A request is counted once, however often it is said.

use std::time::Duration;

use jiff::Timestamp;

use super::super::place::Place;
use super::super::table::Reading;
use super::{Calls, Dynamo, Emulator, fresh, named};
use crate::ids::{KeyId, RequestId};
use crate::metering::{self, Amounts, Charge, Meters, Row, Settlement, Span, Tally};

fn noon() -> Timestamp {
    "2026-11-23T12:00:00Z".parse().unwrap()
}

fn place() -> metering::Place {
    let key = KeyId::parse("aaaaaaaaaa").unwrap();
    metering::Place { day: "2026-11-23".parse().unwrap(), key, team: None, model: "m".to_owned() }
}

async fn settle(store: &Dynamo, request: u32, at: Timestamp) {
    let lease = RequestId::parse(format!("request-{request}")).unwrap();
    let charge = Charge { lease, at, lifetime: Duration::from_mins(5), amounts: Amounts::default() };
    let usage = Row { place: place(), tally: Tally { requests: 1, input_tokens: 7, ..Tally::default() } };
    let settlement = Settlement { from: Vec::new(), charge, used: Amounts::default(), usage };
    store.settle(&settlement).await.unwrap();
}

/// How many requests are counted, and how many marks there are.
async fn counted(store: &Dynamo) -> (u64, usize) {
    let day = place().day;
    let rows = store.usage(&Span { since: day, until: day, key: Some(place().key) }).await.unwrap();
    let item = store.main.get(&Place::usage(&place()), Reading::Consistent).await.unwrap().unwrap();
    (rows[0].tally.requests, item.0.keys().filter(|name| name.starts_with("n:")).count())
}

#[tokio::test]
async fn a_request_that_is_settled_again_is_counted_once_and_leaves_nothing_for_long() {
    let Some(emulator) = Emulator::running() else { return };
    let settings = named(&emulator);
    let one = fresh(&settings, Duration::ZERO, &Calls::default()).await;
    let other = fresh(&settings, Duration::ZERO, &Calls::default()).await;
    // As the SDK asks again, the process that settles, and one that is told the same.
    for store in [&one, &one, &other] {
        settle(store, 0, noon()).await;
    }
    assert_eq!(counted(&one).await, (1, 1));
    for request in 1..50 {
        settle(if request % 2 == 0 { &one } else { &other }, request, noon()).await;
        let (requests, marks) = counted(&one).await;
        assert_eq!(requests, u64::from(request) + 1);
        assert!(marks <= 2, "one for each process, not {marks}");
    }
    // A process that is no more has left its last mark. Others remove it when it is over.
    drop(other);
    settle(&one, 50, noon() + Duration::from_mins(6)).await;
    settle(&one, 51, noon() + Duration::from_mins(6)).await;
    assert_eq!(counted(&one).await, (52, 1));
}
