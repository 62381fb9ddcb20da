//! How many calls a request makes: this is what docs/stores.md says.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;

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
    // As if everything were done within 30 s: a slow machine may take longer.
    let store = fresh(&named(&emulator), Duration::from_hours(1), &calls).await;
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
        let new = NewKey { team: team.as_ref().map(|team| team.name.clone()), ..alone() };
        let key = store.create(new).await.unwrap().1;
        store.set_policy(&key.id, Policy { limits: of_key, ..Policy::default() }).await.unwrap();
        let mut at: Timestamp = "2026-11-23T12:00:00Z".parse().unwrap();
        // The rollouts come along with the key. A team that nobody has asked for yet is read by itself.
        let [(cold, _), _] = request(&store, &key, 0, at, &calls).await;
        assert_eq!(cold, if team.is_some() { 2 } else { 1 }, "{name}: the key, the team");
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

#[tokio::test]
async fn what_is_not_remembered_any_more_is_read_in_one_call() {
    let Some(emulator) = Emulator::running() else { return };
    let calls = Calls::default();
    let settings = named(&emulator);
    let store = fresh(&settings, Duration::ZERO, &calls).await;
    let team = |name| Team {
        name: TeamName::parse(name).unwrap(),
        created: Timestamp::UNIX_EPOCH,
        plugins: Vec::new(),
        policy: Policy { limits: budgets(), ..Policy::default() },
    };
    for name in ["search", "ads"] {
        store.create_team(team(name)).await.unwrap();
    }
    let of_team = |name| NewKey { team: Some(TeamName::parse(name).unwrap()), ..alone() };
    let (alone, member) =
        (store.create(alone()).await.unwrap().1, store.create(of_team("search")).await.unwrap().1);
    calls.begin();
    for (key, reads) in [(&alone, [1, 1]), (&member, [2, 1])] {
        for reads in reads {
            let found = store.find(&key.id).await.unwrap().unwrap();
            assert_eq!(found.terms.metered.len(), usize::from(key.team.is_some()));
            assert_eq!(calls.take(), (reads, 0));
        }
    }
    // Another process moves it: the team that is read along is the wrong one.
    let other = fresh(&settings, Duration::ZERO, &Calls::default()).await;
    let to = TeamName::parse("ads").unwrap();
    let moving = move |record: &mut crate::store::KeyRecord| {
        record.key.team = Some(to.clone());
        Ok(())
    };
    other.edit(&member.id, Box::new(moving)).await.unwrap();
    calls.begin();
    for reads in [2, 1] {
        let found = store.find(&member.id).await.unwrap().unwrap();
        assert_eq!(found.key.team.as_ref().map(TeamName::as_str), Some("ads"));
        assert_eq!(found.terms.metered.len(), 1);
        assert_eq!(calls.take(), (reads, 0));
    }
}

fn alone() -> NewKey {
    NewKey::named(KeyName::parse("laptop").unwrap())
}
