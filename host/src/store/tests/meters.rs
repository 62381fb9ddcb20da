use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;

use super::super::Store;
use super::stores::{
    MONEY_A_DAY, Stores, amounts, at_a_time, budget, charge, id, noon, of_key, requests_a_minute,
};
use crate::ids::TeamName;
use crate::metering::{
    Budget, Charge, Exceeded, Limits, Meter, Metered, Period, Place, Row, Scope, Settlement, Standing, Taken,
    Taking, Tally, Unit,
};

pub(super) async fn take(store: &dyn Store, from: &[Metered], charge: &Charge) -> Taken {
    store.take(&Taking { from: from.to_vec(), charge: charge.clone() }).await.unwrap()
}

/// Settles with so many nanodollars.
pub(super) async fn settle(store: &dyn Store, from: &[Metered], charge: &Charge, used: u64) {
    let place = Place {
        day: "2026-11-23".parse().unwrap(),
        key: id("aaaaaaaaaa"),
        team: None,
        model: "m".to_owned(),
    };
    let usage = Row { place, tally: Tally { requests: 1, ..Tally::default() } };
    let settlement = Settlement { from: from.to_vec(), charge: charge.clone(), used: amounts(used), usage };
    store.settle(&settlement).await.unwrap();
}

pub(super) async fn meter(store: &dyn Store, of: &Metered, at: Timestamp) -> Meter {
    store.meter(&of.scope, at).await.unwrap()
}

fn team(limits: &Limits) -> Metered {
    Metered { scope: Scope::Team(TeamName::parse("search").unwrap()), limits: limits.clone() }
}

fn refused(taken: &Taken) -> Exceeded {
    match taken {
        Taken::Refused { exceeded, .. } => *exceeded,
        Taken::Granted(_) => panic!("{taken:?}"),
    }
}

fn is_granted(taken: &Taken) -> bool {
    matches!(taken, Taken::Granted(_))
}

pub(super) async fn what_is_taken_is_settled_exactly(stores: &Stores) {
    let tokens = Budget { unit: Unit::Tokens, period: Period::Month };
    let mut limits = budget(1000);
    limits.budgets.insert(tokens, 1000);
    let from = [of_key(&limits)];
    assert_eq!(meter(&*stores.one, &from[0], noon()).await, Meter::default());
    let (a, b) = (charge("a", noon(), 300), charge("b", noon(), 500));
    assert!(is_granted(&take(&*stores.one, &from, &a).await));
    assert!(is_granted(&take(&*stores.other, &from, &b).await));
    let now = meter(&*stores.one, &from[0], noon()).await;
    assert_eq!((now.used(MONEY_A_DAY, noon()), now.used(tokens, noon()), now.leases.len()), (800, 80, 2));
    settle(&*stores.other, &from, &a, 1200).await;
    settle(&*stores.one, &from, &b, 0).await;
    let now = meter(&*stores.one, &from[0], noon()).await;
    assert_eq!((now.used(MONEY_A_DAY, noon()), now.used(tokens, noon()), now.leases.len()), (1200, 120, 0));
}

pub(super) async fn a_refusal_names_the_limit_and_the_wait(stores: &Stores) {
    let store = &*stores.one;
    let money = [of_key(&budget(100))];
    assert!(is_granted(&take(store, &money, &charge("a", noon(), 150)).await));
    let exceeded = refused(&take(store, &money, &charge("b", noon(), 1)).await);
    assert_eq!(exceeded, Exceeded::Budget(MONEY_A_DAY, Duration::from_hours(12)));
    let nothing = [of_key(&budget(0))];
    assert!(matches!(refused(&take(store, &nothing, &charge("c", noon(), 0)).await), Exceeded::Budget(..)));

    let rate = [team(&requests_a_minute(2))];
    for lease in ["a", "b"] {
        assert!(is_granted(&take(store, &rate, &charge(lease, noon(), 1)).await));
    }
    let exceeded = refused(&take(&*stores.other, &rate, &charge("c", noon(), 1)).await);
    assert_eq!(exceeded, Exceeded::RequestsPerMinute(Duration::from_secs(30)));
    let later = noon() + Duration::from_secs(30);
    let Taken::Granted(standings) = take(&*stores.other, &rate, &charge("c", later, 1)).await else {
        panic!()
    };
    let room = standings[0].requests.unwrap();
    assert_eq!((room.limit, room.remaining, room.reset), (2, 0, Duration::from_mins(1)));

    let tokens = Limits { tokens_per_minute: NonZeroU32::new(1000), ..Limits::default() };
    let tokens = [of_key(&tokens)];
    let large = charge("large", noon(), 50_000);
    assert!(is_granted(&take(store, &tokens, &large).await));
    let exceeded = refused(&take(store, &tokens, &charge("d", noon(), 10)).await);
    assert_eq!(exceeded, Exceeded::TokensPerMinute(Duration::from_millis(60)));
    settle(&*stores.other, &tokens, &large, 2000).await;
    let Taken::Granted(standings) = take(store, &tokens, &charge("d", noon(), 10)).await else { panic!() };
    assert_eq!(standings[0].tokens.unwrap().remaining, 799);
}

pub(super) async fn what_one_scope_refuses_is_taken_from_none(stores: &Stores) {
    let store = &*stores.one;
    let limits = Limits { budgets: budget(1000).budgets, ..requests_a_minute(1) };
    let (key, team) = (of_key(&limits), team(&at_a_time(1)));
    assert!(is_granted(&take(store, std::slice::from_ref(&team), &charge("a", noon(), 1)).await));
    let both = [key.clone(), team.clone()];
    for lease in ["b", "c", "d"] {
        let taken = take(store, &both, &charge(lease, noon(), 300)).await;
        let (scope, exceeded) = (team.scope.clone(), Exceeded::ConcurrentRequests);
        assert_eq!(taken, Taken::Refused { scope, exceeded, standing: Standing::default() });
    }
    let left = meter(store, &key, noon()).await;
    assert_eq!((left.used(MONEY_A_DAY, noon()), left.leases.len()), (0, 0));
    assert!(is_granted(&take(store, &[key], &charge("e", noon(), 1)).await), "the rate too is as it was");
    // Without a lease of its own.
    let both = [of_key(&requests_a_minute(1)), team];
    let other_key = Metered { scope: Scope::Key(id("bbbbbbbbbb")), ..both[0].clone() };
    let both = [other_key.clone(), both[1].clone()];
    assert!(!is_granted(&take(store, &both, &charge("f", noon(), 1)).await));
    assert!(is_granted(&take(store, &[other_key], &charge("g", noon(), 1)).await));
}

pub(super) async fn to_take_or_to_settle_again_changes_nothing(stores: &Stores) {
    let limits = Limits { concurrent_requests: NonZeroU32::new(1), ..budget(1000) };
    let limits = Limits { tokens_per_minute: NonZeroU32::new(1000), ..limits };
    let from = [of_key(&limits), team(&limits)];
    let once = charge("a", noon(), 300);
    let first = take(&*stores.one, &from, &once).await;
    assert_eq!(take(&*stores.other, &from, &once).await, first);
    assert_eq!(meter(&*stores.one, &from[0], noon()).await.used(MONEY_A_DAY, noon()), 300);
    for _ in 0..2 {
        settle(&*stores.other, &from, &once, 200).await;
    }
    for of in &from {
        let after = meter(&*stores.one, of, noon()).await;
        assert_eq!((after.used(MONEY_A_DAY, noon()), after.leases.len()), (200, 0));
        assert_eq!(after.standing(&limits, noon()).tokens.unwrap().remaining, 980);
    }
    // Nothing was ever taken from it.
    let never = [Metered { scope: Scope::Key(id("bbbbbbbbbb")), limits }];
    settle(&*stores.one, &never, &charge("z", noon(), 7), 7).await;
    assert_eq!(meter(&*stores.one, &never[0], noon()).await.used(MONEY_A_DAY, noon()), 0);
}

pub(super) async fn a_lease_that_is_over_is_given_back_once(stores: &Stores) {
    let limits = Limits { concurrent_requests: NonZeroU32::new(3), ..budget(1000) };
    let from = [of_key(&limits)];
    for lease in ["a", "b", "c"] {
        assert!(is_granted(&take(&*stores.one, &from, &charge(lease, noon(), 100)).await));
    }
    let soon = noon() + Duration::from_mins(9);
    let exceeded = refused(&take(&*stores.one, &from, &charge("d", soon, 1)).await);
    assert_eq!(exceeded, Exceeded::ConcurrentRequests);
    let later = noon() + Duration::from_mins(10);
    assert_eq!(meter(&*stores.other, &from[0], later).await.used(MONEY_A_DAY, later), 0);
    for (store, lease) in [(&stores.one, "e"), (&stores.other, "f")] {
        assert!(is_granted(&take(&**store, &from, &charge(lease, later, 10)).await));
    }
    // Whoever comes back from the dead changes nothing.
    settle(&*stores.one, &from, &charge("a", noon(), 100), 100).await;
    let now = meter(&*stores.one, &from[0], later).await;
    assert_eq!((now.used(MONEY_A_DAY, later), now.leases.len()), (20, 2));
}

pub(super) async fn who_comes_back_after_a_clock_that_jumped_changes_nothing(stores: &Stores) {
    let limits = Limits { tokens_per_minute: NonZeroU32::new(1000), ..budget(100) };
    let from = [of_key(&limits)];
    let (late, first) = (charge("late", noon(), 60), charge("first", noon(), 30));
    for charge in [&late, &first] {
        assert!(is_granted(&take(&*stores.one, &from, charge).await));
    }
    settle(&*stores.one, &from, &first, 100).await;
    // A clock that is ahead: to it, the lease is over. It is given back though the request is refused.
    let ahead = noon() + Duration::from_mins(20);
    let Taken::Refused { exceeded, standing, .. } =
        take(&*stores.other, &from, &charge("ahead", ahead, 1)).await
    else {
        panic!()
    };
    assert!(matches!(exceeded, Exceeded::Budget(..)));
    assert_eq!(standing.tokens.unwrap().remaining, 1000, "a refusal says how the rates stand");
    for at in [noon(), ahead] {
        let now = meter(&*stores.one, &from[0], at).await;
        assert_eq!((now.used(MONEY_A_DAY, at), now.leases.len()), (100, 0));
    }
    settle(&*stores.one, &from, &late, 60).await;
    assert_eq!(meter(&*stores.other, &from[0], noon()).await.used(MONEY_A_DAY, noon()), 100);
}

pub(super) async fn a_clock_that_jumps_locks_nobody_out(stores: &Stores) {
    let limits = Limits { budgets: budget(100).budgets, ..requests_a_minute(1) };
    let from = [of_key(&Limits { concurrent_requests: NonZeroU32::new(1), ..limits })];
    for (lease, at) in [
        ("a", "2027-06-01T00:00:00Z"),
        ("b", "2026-11-23T12:00:00Z"),
        ("c", "2020-01-01T00:00:00Z"),
        ("d", "2026-11-23T12:30:00Z"),
    ] {
        let at = at.parse().unwrap();
        let taken = take(&*stores.one, &from, &charge(lease, at, 60)).await;
        assert!(is_granted(&taken), "{lease}: {taken:?}");
        assert_eq!(meter(&*stores.other, &from[0], at).await.leases.len(), 1);
    }
}

pub(super) async fn old_accounts_are_forgotten(stores: &Stores) {
    let from = [of_key(&budget(1000))];
    let mut at = noon();
    for number in 0..20 {
        let charge = charge(&format!("r{number}"), at, 10);
        assert!(is_granted(&take(&*stores.one, &from, &charge).await));
        settle(&*stores.one, &from, &charge, 10).await;
        at += Duration::from_hours(24 * 5);
    }
    let kept = meter(&*stores.one, &from[0], noon()).await.accounts;
    assert!(kept.len() < 14, "{kept:?}");
}
