#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::sync::Mutex;
use std::time::Duration;

use super::*;
use crate::chat::{Delivery, StopReason};
use crate::enabled::Version;
use crate::error::{Failure, Kind};
use crate::ids::{KeyId, PluginName, RequestId, TeamName};
use crate::metering::Tally;

/// Keeps records.
#[derive(Default)]
struct Kept {
    records: Mutex<Vec<Record>>,
    is_closed: bool,
}

impl Outlet for Kept {
    fn is_open(&self) -> bool {
        !self.is_closed
    }

    fn write(&self, record: &Record) {
        self.records.lock().unwrap().push(record.clone());
    }
}

fn run(place: usize, name: &str, version: Option<&str>, us: u64, verdict: Verdict) -> PluginRun {
    let version = version.map(|version| Version::parse(version).unwrap());
    let name = PluginName::parse(name).unwrap();
    PluginRun { place, name, version, took: Duration::from_micros(us), verdict }
}

/// A request on Lambda with all that a record can hold.
async fn everything(observation: &Observation) {
    let pass = |ms| tokio::time::advance(Duration::from_millis(ms));
    observation.named(&RequestId::parse("req_0123456789abcdef01234567").unwrap());
    let auth = observation.time(Stage::Auth);
    pass(2).await;
    let team = TeamName::parse("search").unwrap();
    observation.authenticated(&KeyId::parse("k3j9x2m4ab").unwrap(), Some(&team));
    drop(auth);
    let body = observation.time(Stage::Body);
    pass(10).await;
    drop(body);
    observation.asked(Operation::Chat, "gpt-4o", Delivery::Streamed);
    let plugins = observation.time(Stage::Plugins);
    pass(5).await;
    drop(plugins);
    observation.cache(CacheUse::Miss);
    pass(1).await;
    observation.calls("us.amazon.nova-lite-v1:0");
    for region in ["us-east-1", "us-west-2"] {
        observation.attempted(region, || format!("bedrock-runtime.{region}.amazonaws.com"));
        observation.bedrock_request(Some("5f2a1c0e-1111-2222-3333-444455556666"));
    }
    observation.answers(200);
    pass(1482).await;
    observation.model_ended(Some(Duration::from_micros(318_250)), Some(&StopReason::EndTurn));
    observation.store_failed();
    observation.used(&Tally {
        requests: 1,
        input_tokens: 100,
        output_tokens: 50,
        cache_read_tokens: 20,
        cache_write_tokens: 5,
        cost_nanodollars: 18_750,
        ..Tally::default()
    });
    observation.plugin(run(1, "route", None, 61, Verdict::Passed));
    observation.plugin(run(0, "redact", Some("1.4.0"), 512, Verdict::Changed));
    observation.answered();
}

fn on_lambda(invocation: &Invocation) -> Arrival<'_> {
    Arrival {
        method: "POST",
        route: Some("/v1/chat/completions"),
        client_request: ClientRequestId::parse("9f0c2f1e-8c55-4d3a-9d0a-6c2b1c6f2f10"),
        trace: invocation.trace().cloned(),
        invocation: Some(invocation),
    }
}

/// A record with all that one can hold, which arrived at a moment that is always the same.
pub(super) async fn full_record() -> Record {
    let kept = Arc::new(Kept::default());
    let header = "Root=1-5f84c596-5c35bd4b6b3ce4f4d3d0b1a2;Parent=53995c3f42cd8ad8;Sampled=1";
    let invocation = Invocation::new("8476a536-e9f4-11e8-9739-2dfe598c3fcd", Some(header));
    everything(&Telemetry::to(kept.clone()).begin(on_lambda(&invocation))).await;
    let mut records = kept.records.lock().unwrap();
    Record { arrived: "2026-11-23T05:20:06.123Z".parse().unwrap(), ..records.remove(0) }
}

#[tokio::test(start_paused = true)]
async fn a_record_has_the_names_that_others_know() {
    let text = serde_json::to_string_pretty(&full_record().await).unwrap();
    assert_eq!(text, include_str!("../../tests/golden/telemetry/record.json").trim_end());
}

#[tokio::test(start_paused = true)]
async fn the_documentation_names_each_member() {
    let docs = include_str!("../../../docs/telemetry.md");
    let record = serde_json::to_value(full_record().await).unwrap();
    let names = record.as_object().unwrap().keys().map(String::as_str);
    for name in names.chain(["error.type", "adit.usage.is_estimated"]) {
        assert!(docs.contains(&format!("| `{name}` |")), "docs/telemetry.md has no row for `{name}`");
    }
}

#[tokio::test]
async fn a_request_is_told_once_however_it_ends() {
    type Notes = fn(&Observation);
    let denied: Notes = |observation| {
        observation.failed(&Failure::new(Kind::PluginDenied(403), "no"));
        observation.answers(403);
        observation.answered();
    };
    let cases: [(Outcome, Option<Kind>, Notes); 9] = [
        (Outcome::ClientLeft, None, |_| {}),
        (Outcome::ClientLeft, None, |observation| observation.answers(200)),
        (Outcome::Complete, None, |observation| {
            observation.answers(200);
            observation.answered();
        }),
        (Outcome::Refused, Some(Kind::PluginDenied(403)), denied),
        (Outcome::Refused, Some(Kind::Unauthenticated), |observation| {
            observation.failed(&Failure::new(Kind::Unauthenticated, "who?"));
        }),
        (Outcome::Failed, Some(Kind::StoreUnavailable), |observation| {
            observation.failed(&Failure::new(Kind::StoreUnavailable, "full"));
            observation.failed(&Failure::new(Kind::Internal, "and so on"));
        }),
        (Outcome::Cut, Some(Kind::BrokenStream), |observation| {
            observation.answers(200);
            observation.failed(&Failure::new(Kind::BrokenStream, "gone"));
            observation.answered();
        }),
        (Outcome::Refused, None, |observation| {
            observation.answers(404);
            observation.answered();
        }),
        (Outcome::Failed, None, |observation| {
            observation.answers(500);
            observation.answered();
        }),
    ];
    for (outcome, error, notes) in cases {
        let kept = Arc::new(Kept::default());
        let observation = Telemetry::to(kept.clone()).begin(Arrival::default());
        let another = observation.clone();
        notes(&observation);
        drop(observation);
        assert!(kept.records.lock().unwrap().is_empty(), "somebody may still know more");
        drop(another);
        let records = kept.records.lock().unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!((records[0].outcome, records[0].error), (outcome, error));
        let store_errors = u32::from(error == Some(Kind::StoreUnavailable));
        assert_eq!(records[0].store_errors, store_errors);
    }
}

#[test]
fn a_request_that_ends_in_a_panic_is_a_failure() {
    let kept = Arc::new(Kept::default());
    let observation = Telemetry::to(kept.clone()).begin(Arrival::default());
    let ended = std::thread::spawn(move || {
        let _observation = observation;
        panic!("as a fault of our own would");
    });
    assert!(ended.join().is_err());
    let records = kept.records.lock().unwrap();
    assert_eq!((records[0].outcome, records[0].error), (Outcome::Failed, Some(Kind::Internal)));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_told_what_nobody_reads() {
    let kept = Arc::new(Kept { is_closed: true, ..Kept::default() });
    for telemetry in [Telemetry::off(), Telemetry::to(kept.clone())] {
        let observation = telemetry.begin(Arrival::default());
        assert!(!observation.is_on());
        everything(&observation).await;
    }
    assert!(kept.records.lock().unwrap().is_empty());
}

#[tokio::test]
async fn words_of_strangers_are_no_names() {
    let kept = Arc::new(Kept::default());
    let observation = Telemetry::to(kept.clone()).begin(Arrival::default());
    observation.asked(Operation::Chat, "tell me a secret", Delivery::Whole);
    observation.calls("my secret is: 42\n");
    observation.model_ended(None, Some(&StopReason::Other("a secret".to_owned())));
    drop(observation);
    let records = kept.records.lock().unwrap();
    assert_eq!((&records[0].asked_model, &records[0].called_model), (&None, &None));
    assert_eq!(records[0].finish_reasons, Some(["other"]));
}
