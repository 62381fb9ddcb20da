#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::*;
use crate::telemetry::tests::full_record;
use crate::telemetry::{Outcome, PluginRun, Record, Verdict};

fn event(record: &Record) -> Value {
    serde_json::from_slice(&Emf::for_stack(Some("/adit/dev")).text(record)).unwrap()
}

/// The metrics of an event, as CloudWatch takes them out of it; panics where the specification is not met.
fn metrics(event: &Value) -> BTreeMap<&str, (&str, f64)> {
    let aws = &event["_aws"];
    assert!(aws["Timestamp"].as_u64().is_some_and(|ms| ms > 1_600_000_000_000), "{aws}");
    let directives = aws["CloudWatchMetrics"].as_array().unwrap();
    let mut found = BTreeMap::new();
    for directive in directives {
        let namespace = directive["Namespace"].as_str().unwrap();
        assert!((1..=1024).contains(&namespace.len()) && !namespace.starts_with("AWS/"), "{namespace}");
        for set in directive["Dimensions"].as_array().unwrap() {
            let names = set.as_array().unwrap();
            assert!(names.len() <= 30);
            for name in names {
                let value = event[name.as_str().unwrap()].as_str().unwrap();
                assert!((1..=1024).contains(&value.len()), "the value of a dimension is a short text");
            }
        }
        let definitions = directive["Metrics"].as_array().unwrap();
        assert!((1..=100).contains(&definitions.len()));
        for definition in definitions {
            let (name, unit) = (definition["Name"].as_str().unwrap(), definition["Unit"].as_str().unwrap());
            assert!(["Count", "Milliseconds"].contains(&unit), "{unit}");
            let value =
                event[name].as_f64().unwrap_or_else(|| panic!("`{name}` is not in the root: {event}"));
            assert!(found.insert(name, (unit, value)).is_none(), "`{name}` stands there twice");
        }
    }
    found
}

#[tokio::test(start_paused = true)]
async fn a_line_is_a_valid_event_with_metrics() {
    let record = full_record().await;
    let event = event(&record);
    let (count, ms) = ("Count", "Milliseconds");
    let expected = BTreeMap::from([
        ("Requests", (count, 1.0)),
        ("Errors", (count, 0.0)),
        ("TotalMs", (ms, 1500.0)),
        ("FirstTokenMs", (ms, 318.25)),
        ("InputTokens", (count, 125.0)),
        ("OutputTokens", (count, 50.0)),
        ("StoreErrors", (count, 1.0)),
    ]);
    assert_eq!(metrics(&event), expected);
    assert_eq!(event["_aws"]["Timestamp"], record.arrived.as_millisecond());
    assert_eq!(event["_aws"]["CloudWatchMetrics"][0]["Namespace"], "Adit");
    assert_eq!(event["_aws"]["CloudWatchMetrics"][0]["Dimensions"], json!([["Stack"]]));
    assert_eq!(event["Stack"], "dev");
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_it_is_the_record() {
    let record = full_record().await;
    let mut event = event(&record);
    let members = event.as_object_mut().unwrap();
    members.retain(|name, _| name != "_aws" && !name.starts_with(char::is_uppercase));
    assert_eq!(event, serde_json::to_value(&record).unwrap());
}

#[tokio::test(start_paused = true)]
async fn what_does_not_happen_is_no_datapoint() {
    let full = full_record().await;
    let record = Record {
        outcome: Outcome::Refused,
        error: Some(Kind::QuotaExceeded),
        used: None,
        first_token: None,
        store_errors: 0,
        plugins: full
            .plugins
            .iter()
            .map(|run| PluginRun { verdict: Verdict::Skipped, ..run.clone() })
            .collect(),
        ..full
    };
    let event = event(&record);
    let names: Vec<&str> = metrics(&event).into_keys().collect();
    assert_eq!(names, ["BudgetRefusals", "Errors", "PluginFailures", "Requests", "TotalMs"]);
    assert_eq!((event["PluginFailures"].as_u64(), event["Errors"].as_u64()), (Some(2), Some(0)));
    for name in ["FirstTokenMs", "InputTokens", "OutputTokens", "StoreErrors"] {
        assert!(event.get(name).is_none(), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_what_the_operator_has_to_look_into_is_an_error() {
    for (outcome, errors) in [
        (Outcome::Complete, 0),
        (Outcome::Refused, 0),
        (Outcome::ClientLeft, 0),
        (Outcome::Failed, 1),
        (Outcome::Cut, 1),
    ] {
        let record = Record { outcome, ..full_record().await };
        assert_eq!(event(&record)["Errors"], errors, "{outcome:?}");
    }
}

#[test]
fn a_stack_is_called_by_the_last_part_of_its_path() {
    for (path, stack) in [
        (Some("/adit/dev"), "dev"),
        (Some("/adit/dev/"), "dev"),
        (Some("prod"), "prod"),
        (Some("/"), "adit"),
        (None, "adit"),
    ] {
        assert_eq!(Emf::for_stack(path).stack, stack);
    }
}
