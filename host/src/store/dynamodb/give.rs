//! What a settling, or a lease that is over, asks of the item of a meter: one conditional update.
//!
//! It names the leases that end as they were seen. If one of them is not there any more nothing changes, so
//! nothing is ever given back twice, whoever comes second and however often.

use std::collections::BTreeMap;

use super::expression::Expression;
use super::item::{number, text};
use super::meter_item::{REQUESTS, RUNNING, TOKENS, lease, write_lease};
use crate::metering::{Account, Amounts, Lease, Meter};

/// Leases that end.
#[derive(Debug, Default)]
pub(super) struct Giving {
    /// The leases, by their ids.
    pub(super) leases: BTreeMap<String, Lease>,
    /// What is put in the place of what they had taken.
    pub(super) used: Amounts,
    /// How far the arrival time of requests moves, in µs.
    pub(super) requests: i64,
    /// How far that of tokens moves.
    pub(super) tokens: i64,
}

impl Giving {
    /// The update. `seen` is how the meter stood a moment ago, if that is known: without it, everything is
    /// taken to be as it was left.
    pub(super) fn update(&self, seen: Option<&Meter>) -> Expression {
        let mut update = Expression::new();
        let (mut taken, mut used) = (BTreeMap::<Account, u64>::new(), BTreeMap::<Account, u64>::new());
        let add = |sums: &mut BTreeMap<Account, u64>, lease: &Lease| {
            for (account, amount) in lease.entries() {
                let sum = sums.entry(account).or_default();
                *sum = sum.saturating_add(amount);
            }
        };
        for (id, own) in &self.leases {
            let name = lease(id);
            update = update.when("@ = $0", &name, [text(write_lease(own))]).remove(&name);
            add(&mut taken, own);
            let Amounts { money, tokens } = self.used;
            add(&mut used, &Lease { money: money.nanodollars(), tokens, ..own.clone() });
        }
        if !self.leases.is_empty() {
            update = update.add(RUNNING, -i128::try_from(self.leases.len()).unwrap_or_default());
        }
        for (account, amount) in taken {
            let used = used.get(&account).copied().unwrap_or_default();
            // An account that was removed, because it is of no use any more, gives nothing back.
            let there =
                seen.map_or(amount, |meter| meter.accounts.get(&account).map_or(0, |sum| amount.min(*sum)));
            if there > 0 {
                update = update.when("@ >= $0", account.as_str(), [number(there)]);
            }
            if used != there {
                update = update.add(account.as_str(), i128::from(used) - i128::from(there));
            }
        }
        let arrival = |seen: Option<&Meter>, of: fn(&Meter) -> Option<i64>| {
            seen.is_none_or(|meter| of(meter).is_some())
        };
        if self.requests != 0 && arrival(seen, |meter| meter.requests_arrival) {
            update = update.when("attribute_exists(@)", REQUESTS, []).add(REQUESTS, self.requests);
        }
        if self.tokens != 0 && arrival(seen, |meter| meter.tokens_arrival) {
            update = update.when("attribute_exists(@)", TOKENS, []).add(TOKENS, self.tokens);
        }
        update
    }
}
