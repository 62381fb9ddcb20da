//! Tells X-Ray what a request that it traces spent its time on: subsegments of the function's own segment, each
//! in a datagram to the daemon beside the function (X-Ray developer guide, "Segment documents" and "Sending
//! segment documents to the X-Ray daemon").

use std::fmt::Write;
use std::net::UdpSocket;

use serde::Serialize;

use super::moments::{Moments, Passage, Stage};
use super::names::ModelName;
use super::record::Record;
use super::trace::Trace;
use crate::error::{Kind, Origin};
use crate::ids::RequestId;

/// Stands in front of each document.
const HEADER: &[u8] = b"{\"format\": \"json\", \"version\": 1}\n";

/// The daemon.
#[derive(Debug)]
pub(super) struct Daemon(UdpSocket);

impl Daemon {
    /// The daemon at an address such as `169.254.100.1:2000` or `tcp:127.0.0.1:2000 udp:127.0.0.1:2000`; none
    /// without a way there.
    pub(super) fn connect(address: &str) -> Option<Self> {
        let udp = address.split_whitespace().find_map(|part| part.strip_prefix("udp:")).unwrap_or(address);
        let connected = UdpSocket::bind("0.0.0.0:0").and_then(|socket| {
            socket.connect(udp)?;
            // What does not fit into the kernel's buffer is lost: no request waits for its trace.
            socket.set_nonblocking(true)?;
            Ok(socket)
        });
        match connected {
            Ok(socket) => Some(Self(socket)),
            Err(fault) => {
                tracing::warn!(%fault, "there is no way to the daemon of X-Ray: nothing is traced");
                None
            }
        }
    }

    /// Sends the subsegments of a request that is over.
    pub(super) fn tell(&self, trace: &Trace, record: &Record, moments: &Moments) {
        let Some(parent) = trace.parent() else { return };
        for subsegment in subsegments(trace.id().as_str(), parent, record, moments) {
            let mut datagram = HEADER.to_vec();
            // Names and numbers: nothing that could fail to be written.
            datagram.extend(serde_json::to_vec(&subsegment).unwrap_or_default());
            // Nobody who could be told has time for it.
            let _ = self.0.send(&datagram);
        }
    }
}

#[derive(Serialize)]
struct Subsegment<'a> {
    id: String,
    trace_id: &'a str,
    parent_id: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'static str,
    /// In seconds since 1970.
    start_time: f64,
    end_time: f64,
    /// The caller has to act.
    #[serde(skip_serializing_if = "is_false")]
    error: bool,
    /// So does the operator.
    #[serde(skip_serializing_if = "is_false")]
    fault: bool,
    /// Too much was asked for.
    #[serde(skip_serializing_if = "is_false")]
    throttle: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    annotations: Option<Annotations<'a>>,
}

/// What traces can be searched by.
#[derive(Serialize)]
struct Annotations<'a> {
    request_id: Option<&'a str>,
    model: Option<&'a str>,
    region: Option<&'a str>,
}

fn subsegments<'a>(
    trace_id: &'a str,
    parent_id: &'a str,
    record: &'a Record,
    moments: &Moments,
) -> Vec<Subsegment<'a>> {
    let arrived = seconds(record);
    let end = moments.elapsed();
    let subsegment = |name, Passage { from, to }, kind: Option<Kind>| Subsegment {
        id: id(),
        trace_id,
        parent_id,
        kind: "subsegment",
        name,
        start_time: arrived + from.as_secs_f64(),
        end_time: arrived + to.unwrap_or(end).as_secs_f64(),
        error: kind.is_some_and(|kind| kind.origin() == Origin::Client || is_refusal(kind)),
        fault: kind.is_some_and(|kind| kind.origin() != Origin::Client && !is_refusal(kind)),
        throttle: kind == Some(Kind::Throttled),
        annotations: None,
    };
    let failed = |stage| record.error.filter(|kind| stage_of(*kind) == Some(stage));
    let mut all = Vec::new();
    for (stage, name) in [(Stage::Auth, "auth"), (Stage::Plugins, "plugins")] {
        all.extend(moments.of(stage).map(|passage| subsegment(name, passage, failed(stage))));
    }
    if let Some(upstream) = moments.of(Stage::Upstream) {
        let annotations = Annotations {
            request_id: record.request.as_ref().map(RequestId::as_str),
            model: record.called_model.as_ref().map(ModelName::as_str),
            region: record.region.as_deref(),
        };
        let annotations = Some(annotations);
        all.push(Subsegment { annotations, ..subsegment("upstream", upstream, failed(Stage::Upstream)) });
        if let Some(first) = moments.to_first_event() {
            let until = Passage { from: upstream.from, to: Some(first.max(upstream.from)) };
            all.push(subsegment("first token", until, None));
        }
    }
    all
}

/// Where a failure happens.
fn stage_of(kind: Kind) -> Option<Stage> {
    match (kind, kind.origin()) {
        (Kind::Unauthenticated, _) => Some(Stage::Auth),
        (_, Origin::Plugin) => Some(Stage::Plugins),
        (_, Origin::Upstream) => Some(Stage::Upstream),
        _ => None,
    }
}

fn is_refusal(kind: Kind) -> bool {
    matches!(kind, Kind::PluginDenied(_))
}

fn seconds(record: &Record) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact to the microsecond for centuries")]
    let micros = record.arrived.as_microsecond() as f64;
    micros / 1e6
}

/// A new id, 16 hexadecimal digits.
fn id() -> String {
    let mut bytes = [0; 8];
    // Without randomness ids repeat, and X-Ray keeps one of those that are the same.
    let _ = getrandom::fill(&mut bytes);
    bytes.iter().fold(String::with_capacity(16), |mut id, byte| {
        // Writing to a `String` cannot fail.
        let _ = write!(id, "{byte:02x}");
        id
    })
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over references")]
fn is_false(value: &bool) -> bool {
    !*value
}

#[cfg(test)]
#[path = "xray_tests.rs"]
mod tests;
