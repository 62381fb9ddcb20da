//! The meter of a key or a team: what is taken from it, and by whom.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Account, Budget, LeaseId, Limits, Money, Rate, Room, Unit};

/// Money and tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Amounts {
    /// What it costs.
    pub money: Money,
    /// Tokens of all kinds.
    pub tokens: u64,
}

impl Amounts {
    /// So much of a unit.
    pub fn of(self, unit: Unit) -> u64 {
        match unit {
            Unit::Money => self.money.nanodollars(),
            Unit::Tokens => self.tokens,
        }
    }
}

/// What a request takes before its model is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// Which request.
    pub lease: LeaseId,
    /// When.
    pub at: Timestamp,
    /// How long after that it cannot still be running.
    pub lifetime: Duration,
    /// The most that it is expected to use.
    pub amounts: Amounts,
}

impl Charge {
    /// When its lease is over.
    pub fn expires(&self) -> Timestamp {
        self.at.saturating_add(self.lifetime).unwrap_or(Timestamp::MAX)
    }
}

/// What a running request has taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// When, in ms since 1970: it says from which accounts.
    pub taken_ms: i64,
    /// When it counts no more, in ms since 1970.
    pub expires_ms: i64,
    /// Nanodollars.
    pub money: u64,
    /// Tokens.
    pub tokens: u64,
}

impl Lease {
    fn amounts(&self) -> Amounts {
        Amounts { money: Money::from_nanodollars(self.money), tokens: self.tokens }
    }

    fn taken(&self) -> Timestamp {
        Timestamp::from_millisecond(self.taken_ms).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Whether its process must have died. One from a future that no lifetime reaches was written by a
    /// clock that was ahead.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        let lifetime = self.expires_ms.saturating_sub(self.taken_ms);
        self.expires_ms <= now.as_millisecond()
            || self.taken_ms > now.as_millisecond().saturating_add(lifetime)
    }

    /// The accounts that it was taken from, and how much from each.
    pub fn entries(&self) -> impl Iterator<Item = (Account, u64)> {
        let (amounts, taken) = (self.amounts(), self.taken());
        Budget::ALL.into_iter().map(move |budget| (budget.account(taken), amounts.of(budget.unit)))
    }
}

impl From<&Charge> for Lease {
    fn from(charge: &Charge) -> Self {
        Self {
            taken_ms: charge.at.as_millisecond(),
            expires_ms: charge.expires().as_millisecond(),
            money: charge.amounts.money.nanodollars(),
            tokens: charge.amounts.tokens,
        }
    }
}

/// Which limit is in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exceeded {
    /// Too many requests in a minute. One passes after so long.
    RequestsPerMinute(Duration),
    /// Too many tokens in a minute. A request passes after so long.
    TokensPerMinute(Duration),
    /// Too many requests at a time.
    ConcurrentRequests,
    /// A budget is used up. It begins anew after so long.
    Budget(Budget, Duration),
}

/// How the rates of a scope stand after a taking. None: there is no such limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Requests in a minute.
    pub requests: Option<Room>,
    /// Tokens in a minute.
    pub tokens: Option<Room>,
}

/// What was taken from a key or a team.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Meter {
    /// The theoretical arrival time of requests, in µs since 1970: see [`Rate`].
    pub requests_arrival: Option<i64>,
    /// The theoretical arrival time of tokens.
    pub tokens_arrival: Option<i64>,
    /// What was taken and what was used, together, in each period.
    pub accounts: BTreeMap<Account, u64>,
    /// The requests that run.
    pub leases: BTreeMap<String, Lease>,
}

impl Meter {
    /// Takes what a request may use, or says which limit is in the way and takes nothing. What stale
    /// leases hold is given back first. A budget lets a request pass as long as anything is left of it, so
    /// it is overspent by no more than what one request takes.
    pub fn take(&mut self, limits: &Limits, charge: &Charge) -> Result<Standing, Exceeded> {
        self.sweep(charge.at);
        if self.leases.contains_key(charge.lease.as_str()) {
            return Ok(self.standing(limits, charge.at));
        }
        for (budget, cap) in &limits.budgets {
            if self.used(*budget, charge.at) >= *cap {
                return Err(Exceeded::Budget(*budget, positive(budget.period.left(charge.at))));
            }
        }
        if limits.concurrent_requests.is_some_and(|most| self.leases.len() >= count(most.get())) {
            return Err(Exceeded::ConcurrentRequests);
        }
        let now = charge.at.as_microsecond();
        let requests = limits
            .requests_per_minute
            .map(|rate| Rate(rate).take(self.requests_arrival, now, 1))
            .transpose()
            .map_err(Exceeded::RequestsPerMinute)?;
        let tokens = limits
            .tokens_per_minute
            .map(|rate| Rate(rate).take(self.tokens_arrival, now, charge.amounts.tokens))
            .transpose()
            .map_err(Exceeded::TokensPerMinute)?;
        self.requests_arrival = requests.or(self.requests_arrival);
        self.tokens_arrival = tokens.or(self.tokens_arrival);
        if limits.need_settling() {
            let lease = Lease::from(charge);
            for (account, amount) in lease.entries() {
                let used = self.accounts.entry(account).or_default();
                *used = used.saturating_add(amount);
            }
            self.leases.insert(charge.lease.as_str().to_owned(), lease);
        }
        Ok(self.standing(limits, charge.at))
    }

    /// Puts what a request used in the place of what it had taken. Does nothing if its lease is over:
    /// what it had taken was given back then.
    pub fn settle(&mut self, limits: &Limits, charge: &Charge, used: Amounts) {
        let Some(lease) = self.leases.remove(charge.lease.as_str()) else { return };
        self.give_back(&lease);
        let actual = Lease { money: used.money.nanodollars(), tokens: used.tokens, ..lease };
        for (account, amount) in actual.entries() {
            let sum = self.accounts.entry(account).or_default();
            *sum = sum.saturating_add(amount);
        }
        if let (Some(rate), Some(arrival)) = (limits.tokens_per_minute, self.tokens_arrival) {
            let moved = Rate(rate).cost(used.tokens) - Rate(rate).cost(charge.amounts.tokens);
            self.tokens_arrival = Some(arrival.saturating_add(moved));
        }
    }

    /// Gives back what stale leases hold, and forgets accounts that nobody asks for any more.
    pub fn sweep(&mut self, now: Timestamp) {
        let stale: Vec<String> =
            self.leases.iter().filter(|(_, lease)| lease.is_stale(now)).map(|(id, _)| id.clone()).collect();
        for id in stale {
            if let Some(lease) = self.leases.remove(&id) {
                self.give_back(&lease);
            }
        }
        self.accounts.retain(|account, _| !account.is_over(now));
    }

    /// What was taken and used of a budget in the period of a time.
    pub fn used(&self, budget: Budget, at: Timestamp) -> u64 {
        self.accounts.get(&budget.account(at)).copied().unwrap_or_default()
    }

    /// How the rates stand.
    pub fn standing(&self, limits: &Limits, now: Timestamp) -> Standing {
        let now = now.as_microsecond();
        let room = |rate: Option<_>, arrival| rate.map(|rate| Rate(rate).room(arrival, now));
        Standing {
            requests: room(limits.requests_per_minute, self.requests_arrival),
            tokens: room(limits.tokens_per_minute, self.tokens_arrival),
        }
    }

    fn give_back(&mut self, lease: &Lease) {
        for (account, amount) in lease.entries() {
            if let Some(used) = self.accounts.get_mut(&account) {
                *used = used.saturating_sub(amount);
            }
        }
    }
}

fn count(most: u32) -> usize {
    usize::try_from(most).unwrap_or(usize::MAX)
}

fn positive(duration: SignedDuration) -> Duration {
    duration.try_into().unwrap_or_default()
}

#[cfg(test)]
#[path = "meter_tests.rs"]
mod tests;
