//! Random sequences, with [`Meter`] as the model.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;

use super::meters::{meter, settle, take};
use super::stores::{Stores, amounts, at_a_time, charge, id, noon};
use crate::ids::TeamName;
use crate::metering::{Budget, Charge, Limits, Meter, Metered, Scope, Taken};

const STEPS: u64 = 160;

/// Xorshift: the same sequence every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// All or none, as one process alone would do it. What stale leases hold is given back by whoever sees them.
fn take_from_model(meters: &mut BTreeMap<Scope, Meter>, from: &[Metered], charge: &Charge) -> Taken {
    let (mut after, mut standings) = (meters.clone(), Vec::new());
    for Metered { scope, limits } in from {
        meters.entry(scope.clone()).or_default().sweep(charge.at);
        let meter = after.entry(scope.clone()).or_default();
        match meter.take(limits, charge) {
            Ok(standing) => standings.push(standing),
            Err(exceeded) => {
                let standing = meter.standing(limits, charge.at);
                return Taken::Refused { scope: scope.clone(), exceeded, standing };
            }
        }
    }
    *meters = after;
    Taken::Granted(standings)
}

pub(super) async fn any_sequence_comes_out_as_the_meter_says(stores: &Stores) {
    let budgets =
        Budget::ALL.map(|budget| (budget, if budget.name().starts_with("money") { 4000 } else { 500 }));
    let everything = Limits {
        requests_per_minute: NonZeroU32::new(20),
        tokens_per_minute: NonZeroU32::new(300),
        budgets: budgets.into(),
        ..at_a_time(4)
    };
    let rates = Limits { requests_per_minute: NonZeroU32::new(12), ..Limits::default() };
    let daily = Limits { budgets: budgets[..1].iter().copied().collect(), ..Limits::default() };
    let scopes = [
        Metered { scope: Scope::Key(id("aaaaaaaaaa")), limits: everything },
        Metered { scope: Scope::Key(id("bbbbbbbbbb")), limits: rates },
        Metered { scope: Scope::Team(TeamName::parse("search").unwrap()), limits: daily },
    ];
    let (mut dice, mut now, mut model) = (Dice(0x5eed), noon(), BTreeMap::<Scope, Meter>::new());
    let mut running: Vec<(Vec<Metered>, Charge)> = Vec::new();
    let (mut granted, mut refused) = (0, 0);
    for step in 0..STEPS {
        let store = if dice.roll(2) == 0 { &*stores.one } else { &*stores.other };
        now += Duration::from_millis(dice.roll(4000));
        match dice.roll(20) {
            jump @ 0..=1 => {
                let hours = Duration::from_hours(1 + dice.roll(if jump == 0 { 30 } else { 3 }));
                now = if jump == 0 { now + hours } else { now - hours };
            }
            2..=12 => {
                let first = usize::try_from(dice.roll(3)).unwrap();
                let from = scopes[first..].to_vec();
                let charge = charge(&format!("step-{step}"), now, dice.roll(800));
                let expected = take_from_model(&mut model, &from, &charge);
                assert_eq!(take(store, &from, &charge).await, expected, "step {step}");
                if let Taken::Granted(_) = expected {
                    granted += 1;
                    running.push((from, charge));
                } else {
                    refused += 1;
                }
            }
            13 if !running.is_empty() => {
                let (from, charge) = &running[usize::try_from(dice.roll(running.len() as u64)).unwrap()];
                let from: Vec<_> = from.iter().filter(|of| of.limits.need_settling()).cloned().collect();
                if model[&from[0].scope].leases.contains_key(charge.lease.as_str()) {
                    let expected = take_from_model(&mut model, &from, &Charge { at: now, ..charge.clone() });
                    let again = Charge { at: now, ..charge.clone() };
                    assert_eq!(take(store, &from, &again).await, expected, "step {step}: again");
                }
            }
            _ if !running.is_empty() => {
                // Some are settled twice.
                let place = usize::try_from(dice.roll(running.len() as u64)).unwrap();
                let (from, charge) =
                    if dice.roll(5) == 0 { running[place].clone() } else { running.swap_remove(place) };
                let used = dice.roll(1000);
                for Metered { scope, limits } in from.iter().filter(|of| of.limits.need_settling()) {
                    let meter = model.get_mut(scope).unwrap();
                    meter.settle(limits, &charge, amounts(used));
                }
                settle(store, &from, &charge, used).await;
            }
            _ => {}
        }
        for of in &scopes {
            let mut expected = model.get(&of.scope).cloned().unwrap_or_default();
            expected.sweep(now);
            assert_eq!(
                stands(&meter(store, of, now).await, now),
                stands(&expected, now),
                "step {step}: {:?}",
                of.scope
            );
        }
    }
    assert!(granted > 20 && refused > 10, "{granted} granted, {refused} refused: nothing was tried");
}

/// What a meter means: an account that nothing is in is like none.
fn stands(meter: &Meter, now: Timestamp) -> (Vec<u64>, Vec<String>) {
    let used = Budget::ALL.into_iter().map(|budget| meter.used(budget, now)).collect();
    (used, meter.leases.keys().cloned().collect())
}
