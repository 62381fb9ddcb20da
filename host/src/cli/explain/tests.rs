#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]
use std::num::NonZeroU32;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::ids::{KeyId, ModelPattern, PluginName, RequestId, TeamName};
use crate::metering::{Amounts, Budget, Charge, Limits, Money, Period, Unit};
use crate::store::{KeyName, OnLoss, Policy};

const BUDGET: Budget = Budget { unit: Unit::Money, period: Period::Month };

fn now() -> Timestamp {
    "2026-11-23T10:00:00Z".parse().unwrap()
}

fn plugin(name: &str) -> EnabledPlugin {
    EnabledPlugin::new(PluginName::parse(name).unwrap(), "{}")
}

fn team() -> Team {
    let limits = Limits {
        requests_per_minute: NonZeroU32::new(60),
        budgets: [(BUDGET, 20_000_000_000)].into(),
        ..Limits::default()
    };
    let policy = Policy {
        models: Some(vec![ModelPattern::parse("amazon.*").unwrap()]),
        aliases: [("fast", "a"), ("good", "b")].map(|(name, model)| (name.into(), model.into())).into(),
        limits,
        ..Policy::default()
    };
    let plugins = vec![plugin("redact"), plugin("guard"), plugin("audit")];
    Team { name: TeamName::parse("search").unwrap(), created: Timestamp::UNIX_EPOCH, plugins, policy }
}

fn key() -> Key {
    let id = KeyId::parse("aaaaaaaaaa").unwrap();
    let mut key = Key::new(id, KeyName::parse("laptop").unwrap(), Timestamp::UNIX_EPOCH);
    key.team = Some(TeamName::parse("search").unwrap());
    key.plugins = vec![plugin("route"), plugin("audit")];
    key.switched_off = [PluginName::parse("guard").unwrap()].into();
    key.policy.losses = Some(OnLoss::Refuse);
    key.policy.aliases = [("fast".to_owned(), "c".to_owned())].into();
    key
}

/// Explains a key of which one request runs, to people and to programs.
fn explained(key: &Key, team: Option<&Team>) -> (String, Value) {
    let terms = Effective::of(key, team);
    let charge = Charge {
        lease: RequestId::parse("req_1").unwrap(),
        at: now(),
        lifetime: Duration::from_mins(1),
        amounts: Amounts { money: Money::parse("0.25").unwrap(), tokens: 1000 },
    };
    let meters = terms.metered.iter().map(|metered| {
        let mut meter = Meter::default();
        meter.take(&metered.limits, &charge).unwrap();
        (metered.clone(), meter)
    });
    let explained = Explained { key, team, terms: &terms, meters: meters.collect(), now: now() };
    (explained.text(), serde_json::to_value(explained.view().unwrap()).unwrap())
}

#[test]
fn says_of_each_line_where_it_comes_from() {
    let (text, _) = explained(&key(), Some(&team()));
    let expected = "\
key aaaaaaaaaa (laptop), team search, active

SETTING         FROM         VALUE
models          team search  amazon.*
regions         default      all
losses          key          refuse
guardrail       default      none
caching         default      client
response-cache  default      off
tagging         default      off
alias fast      key          c
alias good      team search  b

PLUGIN  VERSION  FROM                TERMS  CONFIG
redact           team search                {}
audit            key (team's place)         {}
route            key                        {}
guard: of the team, switched off by the key

LIMIT                FROM         MOST    NOW
requests-per-minute  team search  60      59 left
money-per-month      team search  $20.00  $0.25 used

RUNNING  FROM         SINCE                 TAKEN
req_1    team search  2026-11-23T10:00:00Z  $0.25, 1000 tokens";
    assert_eq!(text, expected);
}

#[test]
fn a_key_alone_has_defaults_and_no_limits() {
    let id = KeyId::parse("aaaaaaaaaa").unwrap();
    let key = Key::new(id, KeyName::parse("laptop").unwrap(), Timestamp::UNIX_EPOCH);
    let (text, _) = explained(&key, None);
    assert!(text.starts_with("key aaaaaaaaaa (laptop), active\n"), "{text}");
    assert!(text.ends_with("\n\nno plugin runs\n\nno limits"), "{text}");
    assert_eq!((text.matches("default").count(), text.matches("team").count()), (7, 0), "{text}");
}

#[test]
fn says_the_same_to_programs() {
    let (_, json) = explained(&key(), Some(&team()));
    assert_eq!(json["settings"][0], json!({"setting": "models", "value": "amazon.*", "from": "team"}));
    assert_eq!(json["plugins"][1]["from"], "key");
    assert_eq!(json["switched_off"], json!(["guard"]));
    let budget = json!({"of": "team search", "limit": "money-per-month", "most": "20.00", "used": "0.25"});
    assert_eq!(json["limits"][1], budget);
    assert_eq!(json["limits"][0]["left"], 59);
    assert_eq!(json["running"][0]["request"], "req_1");
}

#[test]
fn a_release_that_is_rolled_out_is_told_from_the_own_one() {
    use crate::enabled::{Digest, Release, Version};
    let (key, mut terms) = (key(), Effective::of(&key(), None));
    terms.plugins[0].release =
        Some(Release { version: Version::parse("2.0.0").unwrap(), digest: Digest::of(b"2") });
    let explained = Explained { key: &key, team: None, terms: &terms, meters: Vec::new(), now: now() };
    let told: Vec<_> = terms.plugins.iter().map(|plugin| explained.is_rolled_out(plugin)).collect();
    assert_eq!(told, [true, false]);
    assert!(explained.text().contains("route   2.0.0    key, rollout"), "{}", explained.text());
}
