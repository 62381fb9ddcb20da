//! Each limit, and what is used of it now.

use jiff::Timestamp;
use serde::Serialize;

use crate::cli::policy::{AmountView, amount, budget_name};
use crate::cli::when;
use crate::metering::{Budget, Meter, Metered, Money, Room, Scope};

/// A limit of a key or its team.
#[derive(Debug, Serialize)]
pub(super) struct LimitView {
    pub(super) of: String,
    pub(super) limit: String,
    most: AmountView,
    #[serde(flatten)]
    state: State,
    #[serde(skip)]
    pub(super) words: [String; 2],
}

/// How much of a limit there is.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    /// Used up to now.
    Used(AmountView),
    /// Left at once, now.
    Left(AmountView),
}

/// All limits.
pub(super) fn all(meters: &[(Metered, Meter)], now: Timestamp) -> Vec<LimitView> {
    meters.iter().flat_map(|(metered, meter)| of(metered, meter, now)).collect()
}

fn of(metered: &Metered, meter: &Meter, now: Timestamp) -> Vec<LimitView> {
    let (limits, standing) = (&metered.limits, meter.standing(&metered.limits, now));
    let rate = |limit: &str, room: Option<Room>| {
        room.map(|room| LimitView {
            of: owner(&metered.scope),
            limit: limit.to_owned(),
            most: AmountView::Tokens(room.limit.into()),
            state: State::Left(AmountView::Tokens(room.remaining.into())),
            words: [room.limit.to_string(), format!("{} left", room.remaining)],
        })
    };
    let concurrent = limits.concurrent_requests.map(|most| LimitView {
        of: owner(&metered.scope),
        limit: "concurrent".to_owned(),
        most: AmountView::Tokens(most.get().into()),
        state: State::Used(AmountView::Tokens(u64::try_from(meter.leases.len()).unwrap_or(u64::MAX))),
        words: [most.to_string(), format!("{} running", meter.leases.len())],
    });
    let budget = |(budget, cap): (&Budget, &u64)| {
        let used = meter.used(*budget, now);
        LimitView {
            of: owner(&metered.scope),
            limit: budget_name(*budget),
            most: AmountView::of(*budget, *cap),
            state: State::Used(AmountView::of(*budget, used)),
            words: [amount(*budget, *cap), format!("{} used", amount(*budget, used))],
        }
    };
    let rates = [
        rate("requests-per-minute", standing.requests),
        rate("tokens-per-minute", standing.tokens),
        concurrent,
    ];
    rates.into_iter().flatten().chain(limits.budgets.iter().map(budget)).collect()
}

/// A request that runs, and what it has taken.
#[derive(Debug, Serialize)]
pub(super) struct RunningView {
    pub(super) of: String,
    pub(super) request: String,
    pub(super) since: String,
    pub(super) money: String,
    pub(super) tokens: u64,
}

/// The requests that run.
pub(super) fn running(meters: &[(Metered, Meter)]) -> Vec<RunningView> {
    let view = |(metered, meter): &(Metered, Meter)| {
        let of = owner(&metered.scope);
        let leases = meter.leases.iter().map(move |(request, lease)| RunningView {
            of: of.clone(),
            request: request.clone(),
            since: Timestamp::from_millisecond(lease.taken_ms).map(when::second).unwrap_or_default(),
            money: Money::from_nanodollars(lease.money).to_string(),
            tokens: lease.tokens,
        });
        leases.collect::<Vec<_>>()
    };
    meters.iter().flat_map(view).collect()
}

fn owner(scope: &Scope) -> String {
    match scope {
        Scope::Key(_) => "key".to_owned(),
        Scope::Team(team) => format!("team {team}"),
    }
}

impl RunningView {
    /// What it has taken, for people.
    pub(super) fn taken(&self) -> String {
        format!("${}, {} tokens", self.money, self.tokens)
    }
}
