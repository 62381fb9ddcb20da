//! How many calls a request makes: this is what docs/stores.md says.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;

use super::super::memory::LIFETIME;
use super::{Calls, Emulator, fresh, named};
use crate::ids::{RequestId, TeamName};
use crate::metering::{
    Amounts, Budget, Charge, Limits, Meters, Money, Period, Place, Row, Settlement, Taken, Taking, Tally,
    Unit,
};
use crate::store::{Key, KeyName, Keys, NewKey, Policy, Team, Teams};

fn rates() -> Limits {
    Limits { requests_per_minute: NonZeroU32::new(1000), tokens_per_minute: None, ..Limits::default() }
}

fn all() -> Limits {
    let budgets = Budget::ALL.map(|budget| (budget, 1_000_000_000));
    Limits {
        tokens_per_minute: NonZeroU32::new(1_000_000),
        concurrent_requests: NonZeroU32::new(10),
        budgets: budgets.into(),
        ..rates()
    }
}

fn budgets() -> Limits {
    let daily = Budget { unit: Unit::Money, period: Period::Day };
    Limits { budgets: [(daily, 1_000_000_000)].into(), ..Limits::default() }
}

/// Everything that a request asks of the store. Answers with the reads and writes on its way in, and after
/// its end.
async fn request(
    store: &super::Dynamo,
    key: &Key,
    number: u32,
    at: Timestamp,
    calls: &Calls,
) -> [(u32, u32); 2] {
    calls.begin();
    let found = store.find(&key.id).await.unwrap().unwrap();
    let amounts = Amounts { money: Money::from_nanodollars(500), tokens: 70 };
    let lease = RequestId::parse(format!("request-{number}")).unwrap();
    let charge = Charge { lease, at, lifetime: Duration::from_mins(10), amounts };
    let from = found.terms.metered.clone();
    if !from.is_empty() {
        let taking = Taking { from: from.clone(), charge: charge.clone() };
        assert!(matches!(store.take(&taking).await.unwrap(), Taken::Granted(_)));
    }
    let before = calls.take();
    let place = Place {
        day: "2026-11-23".parse().unwrap(),
        key: key.id.clone(),
        team: key.team.clone(),
        model: "amazon.nova-lite-v1:0".to_owned(),
    };
    let usage = Row { place, tally: Tally { requests: 1, input_tokens: 40, ..Tally::default() } };
    let used = Amounts { tokens: 40, ..amounts };
    store.settle(&Settlement { from, charge, used, usage }).await.unwrap();
    [before, calls.take()]
}

#[tokio::test]
async fn a_request_costs_what_its_key_and_team_are_limited_in() {
    let Some(emulator) = Emulator::running() else { return };
    let calls = Calls::default();
    let store = fresh(&named(&emulator), LIFETIME, &calls).await;
    let cases = [
        ("no limits", Limits::default(), None, 1),
        ("rate of requests", rates(), None, 2),
        ("a budget", budgets(), None, 3),
        ("all limits", all(), None, 3),
        ("all limits of a key, a budget of its team", all(), Some(budgets()), 5),
        ("all limits of a key and its team", all(), Some(all()), 5),
    ];
    eprintln!("{:45} reads: cold, then; writes: before, after the model", "limits");
    for (number, (name, of_key, of_team, most)) in (0_u32..).zip(cases) {
        let team = of_team.map(|limits| Team {
            name: TeamName::parse(format!("team-{number}")).unwrap(),
            created: Timestamp::UNIX_EPOCH,
            plugins: Vec::new(),
            policy: Policy { limits, ..Policy::default() },
        });
        if let Some(team) = &team {
            store.create_team(team.clone()).await.unwrap();
        }
        let new = NewKey {
            team: team.as_ref().map(|team| team.name.clone()),
            ..NewKey::named(KeyName::parse("laptop").unwrap())
        };
        let key = store.create(new).await.unwrap().1;
        store.set_policy(&key.id, Policy { limits: of_key, ..Policy::default() }).await.unwrap();
        let mut at: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        let [(cold, _), _] = request(&store, &key, 0, at, &calls).await;
        assert_eq!(cold, if team.is_some() { 3 } else { 2 }, "{name}: the key, the rollouts, the team");
        for turn in 1..20 {
            // Now the rates run ahead of the clock, now they stand still.
            at += if turn % 5 == 0 { Duration::from_mins(5) } else { Duration::from_millis(3) };
            let [(reads, before), (none, after)] = request(&store, &key, turn, at, &calls).await;
            assert_eq!((reads, none, before + after), (0, 0, most), "{name}: turn {turn}");
            if turn == 1 {
                eprintln!("{name:45} {cold}, {reads}; {before}, {after}");
            }
        }
    }
}
