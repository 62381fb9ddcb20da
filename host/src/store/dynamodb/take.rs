//! What a taking asks of the item of a meter, in one conditional update that reads nothing first.
//!
//! The conditions are those of [`Meter::take`](crate::metering::Meter::take), but for a rate: its one number
//! is added to while it runs ahead of the clock and is set anew else, and no update can do either as it
//! finds it. Which of the two is asked for goes by what was seen last ([`Seen`]); if that is wrong, the answer says what is there.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use super::expression::Expression;
use super::item::{number, text};
use super::meter_item::{REQUESTS, RUNNING, TOKENS, lease, write_lease};
use crate::metering::{Account, Charge, Lease, Limits, Meter, Rate, Scope};

/// The most scopes that are remembered.
const MOST_SCOPES: usize = 20_000;

/// What was seen of a meter last.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    requests: Option<i64>,
    tokens: Option<i64>,
    /// Accounts that are of no use any more, and are removed in passing.
    over: Vec<Account>,
}

/// What was seen of all meters last.
#[derive(Default)]
pub(super) struct Sights(Mutex<HashMap<Scope, Seen>>);

impl Sights {
    pub(super) fn of(&self, scope: &Scope) -> Seen {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(scope).cloned().unwrap_or_default()
    }

    pub(super) fn note(&self, scope: &Scope, meter: &Meter, now: Timestamp) {
        let seen = Seen {
            requests: meter.requests_arrival,
            tokens: meter.tokens_arrival,
            over: meter.accounts.keys().filter(|account| account.is_over(now)).cloned().collect(),
        };
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_SCOPES {
            all.clear();
        }
        all.insert(scope.clone(), seen);
    }
}

/// The update that takes. It is idle if there is nothing to take.
pub(super) fn taking(limits: &Limits, charge: &Charge, seen: &Seen) -> Expression {
    let mut update = Expression::new();
    for (budget, cap) in &limits.budgets {
        let account = budget.account(charge.at);
        let left = if *cap == 0 { "@ < $0" } else { "attribute_not_exists(@) OR @ < $0" };
        update = update.when(left, account.as_str(), [number(cap)]);
    }
    if let Some(most) = limits.concurrent_requests {
        update = update.when("attribute_not_exists(@) OR @ < $0", RUNNING, [number(most)]);
    }
    let now = charge.at.as_microsecond();
    if let Some(rate) = limits.requests_per_minute {
        update = rated(update, REQUESTS, Rate(rate), seen.requests, now, 1);
    }
    if let Some(rate) = limits.tokens_per_minute {
        update = rated(update, TOKENS, Rate(rate), seen.tokens, now, charge.amounts.tokens);
    }
    if limits.need_settling() {
        let (own, name) = (Lease::from(charge), lease(charge.lease.as_str()));
        for (account, amount) in own.entries().filter(|(_, amount)| *amount > 0) {
            update = update.add(account.as_str(), amount);
        }
        update = update
            .when("attribute_not_exists(@)", &name, [])
            .set(&name, text(write_lease(&own)))
            .add(RUNNING, 1);
    }
    if update.is_idle() {
        return update;
    }
    for account in seen.over.iter().filter(|account| account.is_over(charge.at)) {
        update = update.remove(account.as_str());
    }
    update
}

/// Moves the arrival time of a rate by so many units, if there is room for one.
fn rated(
    update: Expression,
    attribute: &str,
    rate: Rate,
    seen: Option<i64>,
    now: i64,
    units: u64,
) -> Expression {
    let (cost, horizon) = (rate.cost(units), Rate::horizon(now));
    if seen.is_some_and(|arrival| (now..=horizon).contains(&arrival)) {
        update
            .when("@ BETWEEN $0 AND $1", attribute, [number(now), number(rate.latest(now))])
            .add(attribute, cost)
    } else {
        update
            .when("attribute_not_exists(@) OR @ < $0 OR @ > $1", attribute, [number(now), number(horizon)])
            .set(attribute, number(now.saturating_add(cost)))
    }
}
