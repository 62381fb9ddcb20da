#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
use std::num::NonZeroU32;

use super::*;
use crate::ids::RequestId;
use crate::metering::Period;

const MONEY_A_DAY: Budget = Budget { unit: Unit::Money, period: Period::Day };

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn charge(lease: &str, at: Timestamp, nanodollars: u64) -> Charge {
    Charge {
        lease: RequestId::parse(lease).unwrap(),
        at,
        lifetime: Duration::from_mins(10),
        amounts: Amounts { money: Money::from_nanodollars(nanodollars), tokens: nanodollars / 10 },
    }
}

fn budget(cap: u64) -> Limits {
    Limits { budgets: [(MONEY_A_DAY, cap)].into(), ..Limits::default() }
}

fn per_minute(requests: u32) -> Limits {
    Limits { requests_per_minute: NonZeroU32::new(requests), ..Limits::default() }
}

#[test]
fn a_budget_is_overspent_by_no_more_than_one_request() {
    let (mut meter, now) = (Meter::default(), at("2026-11-23T12:00:00Z"));
    assert!(meter.take(&budget(100), &charge("a", now, 99)).is_ok());
    assert!(meter.take(&budget(100), &charge("b", now, 99)).is_ok());
    let refusal = meter.take(&budget(100), &charge("c", now, 1)).unwrap_err();
    assert_eq!(refusal, Exceeded::Budget(MONEY_A_DAY, Duration::from_hours(12)));
    meter.settle(&budget(100), &charge("a", now, 99), Amounts::default());
    meter.settle(&budget(100), &charge("b", now, 99), charge("b", now, 30).amounts);
    assert_eq!((meter.used(MONEY_A_DAY, now), meter.leases.len()), (30, 0));
    assert!(meter.take(&budget(100), &charge("c", now, 1)).is_ok());
}

#[test]
fn what_a_request_took_yesterday_is_settled_in_yesterdays_account() {
    let (mut meter, before) = (Meter::default(), at("2026-11-30T23:59:59Z"));
    let taken = charge("a", before, 50);
    meter.take(&budget(100), &taken).unwrap();
    let after = at("2026-12-01T00:00:01Z");
    meter.take(&budget(100), &charge("b", after, 7)).unwrap();
    meter.settle(&budget(100), &taken, charge("a", before, 80).amounts);
    assert_eq!((meter.used(MONEY_A_DAY, before), meter.used(MONEY_A_DAY, after)), (80, 7));
}

#[test]
fn a_lease_ends_when_its_request_cannot_still_run() {
    let limits = Limits { concurrent_requests: NonZeroU32::new(1), ..budget(100) };
    let (mut meter, now) = (Meter::default(), at("2026-11-23T12:00:00Z"));
    meter.take(&limits, &charge("dead", now, 60)).unwrap();
    let soon = now + Duration::from_mins(9);
    assert_eq!(meter.take(&limits, &charge("b", soon, 1)), Err(Exceeded::ConcurrentRequests));
    let later = now + Duration::from_mins(10);
    meter.take(&limits, &charge("b", later, 1)).unwrap();
    assert_eq!(meter.used(MONEY_A_DAY, later), 1);
    // Whoever comes back from the dead changes nothing.
    meter.settle(&limits, &charge("dead", now, 60), charge("dead", now, 60).amounts);
    assert_eq!(meter.used(MONEY_A_DAY, later), 1);
}

#[test]
fn a_second_taking_by_the_same_request_takes_nothing_more() {
    let (mut meter, now) = (Meter::default(), at("2026-11-23T12:00:00Z"));
    meter.take(&budget(100), &charge("a", now, 60)).unwrap();
    meter.take(&budget(100), &charge("a", now, 60)).unwrap();
    assert_eq!(meter.used(MONEY_A_DAY, now), 60);
}

#[test]
fn what_is_refused_takes_nothing() {
    let limits = Limits { concurrent_requests: NonZeroU32::new(5), ..per_minute(1) };
    let (mut meter, now) = (Meter::default(), at("2026-11-23T12:00:00Z"));
    meter.take(&limits, &charge("a", now, 60)).unwrap();
    let before = meter.clone();
    let refusal = meter.take(&limits, &charge("b", now, 60)).unwrap_err();
    assert_eq!(refusal, Exceeded::RequestsPerMinute(Duration::from_mins(1)));
    assert_eq!(meter, before);
}

#[test]
fn tokens_that_were_not_used_come_back_to_the_rate() {
    let limits = Limits { tokens_per_minute: NonZeroU32::new(1000), ..Limits::default() };
    let (mut meter, now) = (Meter::default(), at("2026-11-23T12:00:00Z"));
    let taken = charge("a", now, 10_000);
    meter.take(&limits, &taken).unwrap();
    assert!(meter.take(&limits, &charge("b", now, 10)).is_err());
    meter.settle(&limits, &taken, charge("a", now, 2000).amounts);
    assert_eq!(meter.standing(&limits, now).tokens.unwrap().remaining, 800);
    assert!(meter.take(&limits, &charge("b", now, 10)).is_ok());
}

#[test]
fn a_clock_that_jumps_locks_nobody_out() {
    let limits = Limits { concurrent_requests: NonZeroU32::new(1), ..per_minute(1) };
    let (mut meter, ahead) = (Meter::default(), at("2027-06-01T00:00:00Z"));
    let limits = Limits { budgets: budget(5).budgets, ..limits };
    meter.take(&limits, &charge("a", ahead, 60)).unwrap();
    let back = at("2026-11-23T12:00:00Z");
    assert!(meter.take(&limits, &charge("b", back, 1)).is_ok());
}

#[test]
fn a_meter_without_limits_keeps_nothing() {
    let mut meter = Meter::default();
    meter.take(&Limits::default(), &charge("a", at("2026-11-23T12:00:00Z"), 60)).unwrap();
    assert_eq!(meter, Meter::default());
}
