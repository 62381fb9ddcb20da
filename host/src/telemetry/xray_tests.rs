#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::error::Failure;
use crate::telemetry::{Arrival, Invocation, Observation, Telemetry};

const ROOT: &str = "1-5f84c596-5c35bd4b6b3ce4f4d3d0b1a2";
const PARENT: &str = "53995c3f42cd8ad8";

/// A daemon, and a function that tells it of requests and writes no records.
fn traced() -> (UdpSocket, Telemetry) {
    let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp:127.0.0.1:1 udp:{}", daemon.local_addr().unwrap());
    let told = Daemon::connect(&address).unwrap();
    (daemon, Telemetry { records: None, daemon: Some(Arc::new(told)) })
}

fn begin(telemetry: &Telemetry, sampled: u8) -> Observation {
    let header = format!("Root={ROOT};Parent={PARENT};Sampled={sampled}");
    let invocation = Invocation::new("8476a536", Some(&header));
    telemetry.begin(Arrival { trace: invocation.trace().cloned(), ..Arrival::default() })
}

/// What the daemon has been sent; datagrams on one machine are there when they were sent.
fn received(daemon: &UdpSocket) -> Vec<Value> {
    daemon.set_nonblocking(true).unwrap();
    let mut buffer = [0; 4096];
    let mut documents = Vec::new();
    while let Ok(length) = daemon.recv(&mut buffer) {
        let document = buffer[..length].strip_prefix(HEADER).unwrap();
        documents.push(serde_json::from_slice(document).unwrap());
    }
    documents
}

async fn pass(ms: u64) {
    tokio::time::advance(Duration::from_millis(ms)).await;
}

#[tokio::test(start_paused = true)]
async fn a_traced_request_is_told_in_subsegments() {
    let (daemon, telemetry) = traced();
    let observation = begin(&telemetry, 1);
    for (stage, ms) in [(Stage::Auth, 2), (Stage::Body, 3), (Stage::Plugins, 4)] {
        let timer = observation.time(stage);
        pass(ms).await;
        drop(timer);
    }
    observation.calls("us.amazon.nova-lite-v1:0");
    observation.attempted("us-east-1", || "bedrock-runtime.us-east-1.amazonaws.com".to_owned());
    pass(400).await;
    observation.failed(&Failure::new(Kind::Throttled, "too much"));
    observation.model_ended(Some(Duration::from_millis(209)), None);
    drop(observation);

    let documents = received(&daemon);
    let named: Vec<(&str, f64)> = documents
        .iter()
        .map(|document| {
            let seconds = |name: &str| document[name].as_f64().unwrap();
            let ms = ((seconds("end_time") - seconds("start_time")) * 1000.0).round();
            (document["name"].as_str().unwrap(), ms)
        })
        .collect();
    assert_eq!(named, [("auth", 2.0), ("plugins", 4.0), ("upstream", 400.0), ("first token", 200.0)]);
    let mut ids: Vec<&str> = documents.iter().map(|document| document["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert!(ids.len() == 4 && ids.iter().all(|id| id.len() == 16), "{ids:?}");
    for document in &documents {
        assert_eq!(document["type"], "subsegment");
        assert_eq!((&document["trace_id"], &document["parent_id"]), (&json!(ROOT), &json!(PARENT)));
        let is_upstream = document["name"] == "upstream";
        let marks = (document.get("fault").is_some(), document.get("throttle").is_some());
        assert_eq!(marks, (is_upstream, is_upstream), "{document}");
    }
    let annotations = json!({"request_id": null, "model": "us.amazon.nova-lite-v1:0", "region": "us-east-1"});
    assert_eq!(documents[2]["annotations"], annotations);
}

#[tokio::test(start_paused = true)]
async fn the_part_that_failed_is_marked() {
    for (kind, name, mark) in [
        (Kind::Unauthenticated, "auth", "error"),
        (Kind::PluginDenied(403), "plugins", "error"),
        (Kind::PluginFault, "plugins", "fault"),
    ] {
        let (daemon, telemetry) = traced();
        let observation = begin(&telemetry, 1);
        for stage in [Stage::Auth, Stage::Plugins] {
            drop(observation.time(stage));
        }
        observation.failed(&Failure::new(kind, "no"));
        drop(observation);
        for document in received(&daemon) {
            let is_marked = document.get(mark) == Some(&json!(true));
            assert_eq!(is_marked, document["name"] == name, "{kind:?}: {document}");
        }
    }
}

#[tokio::test]
async fn nothing_is_told_of_a_request_that_nobody_traces() {
    let (daemon, telemetry) = traced();
    let observation = begin(&telemetry, 0);
    assert!(!observation.is_on());
    drop(observation);
    assert_eq!(received(&daemon), Vec::<Value>::new());
}

#[test]
fn an_address_that_is_none_traces_nothing() {
    for address in ["", "here", "udp:", "udp:127.0.0.1"] {
        assert!(Daemon::connect(address).is_none(), "{address}");
    }
}
