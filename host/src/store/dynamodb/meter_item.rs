//! A meter as an item: each number and each lease is an attribute of its own, so that one update can change
//! some of them and leave the others to others.

use super::super::StoreError;
use super::super::record::damaged;
use super::item::Item;
use crate::metering::{Account, Lease, Meter};

/// The arrival time of requests.
pub(super) const REQUESTS: &str = "requests_arrival";
/// The arrival time of tokens.
pub(super) const TOKENS: &str = "tokens_arrival";
/// How many leases there are.
pub(super) const RUNNING: &str = "running";

const LEASE: &str = "l:";

/// The attribute of a lease.
pub(super) fn lease(id: &str) -> String {
    format!("{LEASE}{id}")
}

/// A lease in few bytes: an item is paid by the begun KB.
pub(super) fn write_lease(lease: &Lease) -> String {
    let Lease { taken_ms, expires_ms, money, tokens } = lease;
    format!("{taken_ms} {expires_ms} {money} {tokens}")
}

fn read_lease(text: &str) -> Option<Lease> {
    let mut numbers = text.split(' ');
    let lease = Lease {
        taken_ms: numbers.next()?.parse().ok()?,
        expires_ms: numbers.next()?.parse().ok()?,
        money: numbers.next()?.parse().ok()?,
        tokens: numbers.next()?.parse().ok()?,
    };
    numbers.next().is_none().then_some(lease)
}

pub(super) fn read(item: &Item) -> Result<Meter, StoreError> {
    let mut meter = Meter {
        requests_arrival: item.maybe_number(REQUESTS)?,
        tokens_arrival: item.maybe_number(TOKENS)?,
        ..Meter::default()
    };
    for name in item.0.keys() {
        if let Some(id) = name.strip_prefix(LEASE) {
            let lease = read_lease(item.text(name)?).ok_or_else(|| damaged("a lease of a meter"))?;
            meter.leases.insert(id.to_owned(), lease);
        } else if let Some(account) = Account::parse(name) {
            // DynamoDB's numbers go further than ours in both directions.
            let sum: i128 = item.number(name)?;
            meter.accounts.insert(account, u64::try_from(sum.max(0)).unwrap_or(u64::MAX));
        }
    }
    Ok(meter)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::super::item::{number, text};
    use super::*;

    #[test]
    fn what_is_no_account_and_no_lease_is_no_part_of_a_meter() {
        let taken = Lease { taken_ms: 1_000, expires_ms: 2_000, money: 7, tokens: 9 };
        let item = Item::default()
            .with("pk", text("METER#key#aaaaaaaaaa"))
            .with(REQUESTS, number(5))
            .with(RUNNING, number(1))
            .with("money:2026-11-23", number(-4))
            .with("tokens:2026-11", number("99999999999999999999999"))
            .with(&lease("r:1"), text(write_lease(&taken)));
        let meter = read(&item).unwrap();
        assert_eq!((meter.requests_arrival, meter.tokens_arrival), (Some(5), None));
        assert_eq!(meter.accounts.values().copied().collect::<Vec<_>>(), [0, u64::MAX]);
        assert_eq!(meter.leases, [("r:1".to_owned(), taken)].into());
        let broken = Item::default().with("l:x", text("1 2 3"));
        assert!(matches!(read(&broken), Err(StoreError::Damaged { .. })));
    }
}
