use std::num::NonZeroU32;
use std::slice;
use std::sync::Arc;
use std::time::Duration;

use super::meters::{meter, settle, take};
use super::stores::{MONEY_A_DAY, Stores, at_a_time, budget, charge, noon, of_key, requests_a_minute};
use crate::metering::{Charge, Limits, Metered, Taken};

const CALLERS: usize = 200;

/// Lets all callers take at once, half of them in another process. Answers with the charges that were granted.
async fn all_take(stores: &Stores, from: &Metered, nanodollars: u64) -> Vec<Charge> {
    let start = Arc::new(tokio::sync::Barrier::new(CALLERS));
    let callers = (0..CALLERS).map(|number| {
        let store = if number % 2 == 0 { stores.one.clone() } else { stores.other.clone() };
        let (from, start) = (from.clone(), start.clone());
        let charge = charge(&format!("caller-{number}"), noon(), nanodollars);
        tokio::spawn(async move {
            start.wait().await;
            let taken = take(&*store, &[from], &charge).await;
            matches!(taken, Taken::Granted(_)).then_some(charge)
        })
    });
    let mut granted = Vec::new();
    for caller in callers.collect::<Vec<_>>() {
        granted.extend(caller.await.unwrap());
    }
    granted
}

pub(super) async fn a_budget_is_overspent_by_at_most_one_reservation(stores: &Stores) {
    let from = of_key(&budget(1000));
    let granted = all_take(stores, &from, 30).await;
    let taken = meter(&*stores.one, &from, noon()).await.used(MONEY_A_DAY, noon());
    assert_eq!((granted.len(), taken), (34, 34 * 30), "no more than 1000 and one reservation");
    let settling = granted.iter().enumerate().map(|(number, charge)| {
        let (store, from) = (if number % 2 == 0 { &stores.other } else { &stores.one }, from.clone());
        async move { settle(&**store, &[from], charge, 7).await }
    });
    futures::future::join_all(settling).await;
    let settled = meter(&*stores.one, &from, noon()).await;
    assert_eq!((settled.used(MONEY_A_DAY, noon()), settled.leases.len()), (34 * 7, 0));
}

pub(super) async fn a_rate_holds_however_many_ask_at_once(stores: &Stores) {
    let limits = requests_a_minute(50);
    assert_eq!(all_take(stores, &of_key(&limits), 0).await.len(), 50);
}

pub(super) async fn no_more_run_at_a_time_than_may(stores: &Stores) {
    let from = of_key(&at_a_time(7));
    let granted = all_take(stores, &from, 1).await;
    assert_eq!(granted.len(), 7);
    settle(&*stores.other, slice::from_ref(&from), &granted[0], 1).await;
    let again = charge("again", noon(), 1);
    assert!(matches!(take(&*stores.one, &[from], &again).await, Taken::Granted(_)));
}

pub(super) async fn many_give_back_what_one_has_left(stores: &Stores) {
    let limits = Limits { concurrent_requests: NonZeroU32::new(300), ..budget(10_000) };
    let from = of_key(&limits);
    for number in 0..30 {
        let long_ago = noon() - Duration::from_hours(1);
        take(&*stores.one, slice::from_ref(&from), &charge(&format!("dead-{number}"), long_ago, 300)).await;
    }
    // The budget is all but used up by the dead: whoever comes first gives it back, and only once.
    let granted = all_take(stores, &from, 10).await;
    assert_eq!(granted.len(), CALLERS);
    let now = meter(&*stores.one, &from, noon()).await;
    assert_eq!((now.used(MONEY_A_DAY, noon()), now.leases.len()), (CALLERS as u64 * 10, CALLERS));
}
