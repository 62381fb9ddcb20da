//! What was received and how it ended: the record that tests read.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::sync::watch;

use crate::authentication::Authentication;

/// How many requests are kept.
const MAXIMUM_ENTRIES: usize = 1000;
/// How many bytes of request bodies are kept.
const MAXIMUM_BYTES: usize = 64 * 1024 * 1024;

/// How far an answer got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// Still being answered.
    Open,
    /// Answered to the end.
    Complete,
    /// The client closed the connection before the end of the answer.
    ClientLeft,
    /// Refused as the service would: not valid, not authenticated, no such operation.
    Refused,
    /// A scripted fault was delivered: an error, an exception in the stream, a cut.
    Fault,
}

/// One received request.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Counts from 1 over the life of the stand-in.
    pub n: u64,
    /// HTTP method.
    pub method: String,
    /// Path and query as they came, percent-encoding and all.
    pub path: String,
    /// AWS's name of the operation (`Converse`, `ConverseStream`, ...), if the path is one.
    pub operation: Option<String>,
    /// The model id or ARN, decoded.
    pub model_id: Option<String>,
    /// How the request was signed; none if it was not.
    pub authentication: Option<Authentication>,
    /// The Region in the scope of a signature; none when unknown.
    pub region: Option<String>,
    /// `content-type`, `user-agent`, those of a guardrail, and of `authorization` the scheme alone.
    pub headers: BTreeMap<String, String>,
    /// The body as JSON; as a string if it is none; null if there was none.
    pub body: Value,
    /// HTTP status of the answer, once it has one.
    pub status: Option<u16>,
    /// How it ended.
    pub outcome: Outcome,
}

/// What is known when a request has arrived.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) operation: Option<&'static str>,
    pub(crate) model_id: Option<String>,
    pub(crate) authentication: Option<Authentication>,
    pub(crate) region: Option<String>,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Bytes,
}

/// The last requests, oldest first.
#[derive(Debug)]
pub(crate) struct Journal {
    entries: Mutex<Entries>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct Entries {
    last: u64,
    bytes: usize,
    queue: VecDeque<Entry>,
}

#[derive(Debug)]
struct Entry {
    n: u64,
    arrival: Arc<Arrival>,
    status: Option<u16>,
    outcome: Outcome,
}

/// The open record of one request. Dropping it unfinished means that the client left:
/// the server drops an answer, and all it holds, as soon as the connection is gone.
#[derive(Debug)]
pub(crate) struct Ticket {
    journal: Arc<Journal>,
    n: u64,
    finished: bool,
}

impl Journal {
    pub(crate) fn new() -> Self {
        Self { entries: Mutex::default(), changed: watch::Sender::new(()) }
    }

    /// Records a request and forgets the oldest ones that no longer fit.
    pub(crate) fn open(self: &Arc<Self>, arrival: Arrival) -> Ticket {
        let mut entries = self.lock();
        entries.last += 1;
        let n = entries.last;
        entries.bytes += arrival.body.len();
        entries.queue.push_back(Entry {
            n,
            arrival: Arc::new(arrival),
            status: None,
            outcome: Outcome::Open,
        });
        while entries.queue.len() > MAXIMUM_ENTRIES
            || (entries.bytes > MAXIMUM_BYTES && entries.queue.len() > 1)
        {
            if let Some(oldest) = entries.queue.pop_front() {
                entries.bytes -= oldest.arrival.body.len();
            }
        }
        drop(entries);
        Ticket { journal: Arc::clone(self), n, finished: false }
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        self.lock().queue.iter().map(record).collect()
    }

    pub(crate) fn last(&self) -> Option<Record> {
        self.lock().queue.back().map(record)
    }

    /// Waits until no answer is open any more.
    pub(crate) async fn settled(&self) {
        let mut changes = self.changed.subscribe();
        while self.lock().queue.iter().any(|entry| entry.outcome == Outcome::Open) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }

    pub(crate) fn clear(&self) {
        let mut entries = self.lock();
        entries.queue.clear();
        entries.bytes = 0;
        drop(entries);
        self.changed.send_replace(());
    }

    fn update(&self, n: u64, change: impl FnOnce(&mut Entry)) {
        let mut entries = self.lock();
        if let Some(entry) = entries.queue.iter_mut().rev().find(|entry| entry.n == n) {
            change(entry);
        }
        drop(entries);
        self.changed.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// The request's number.
    pub(crate) fn number(&self) -> u64 {
        self.n
    }

    /// Notes the HTTP status of an answer whose body is still to come.
    pub(crate) fn status(&self, status: u16) {
        self.journal.update(self.n, |entry| entry.status = Some(status));
    }

    /// Notes how the answer ended. Only the first end counts.
    pub(crate) fn finish(&mut self, outcome: Outcome) {
        if !std::mem::replace(&mut self.finished, true) {
            self.journal.update(self.n, |entry| entry.outcome = outcome);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.finish(Outcome::ClientLeft);
    }
}

/// Bodies are kept as bytes and parsed only when someone looks: a benchmark never does.
fn record(entry: &Entry) -> Record {
    let arrival = &entry.arrival;
    let body = match serde_json::from_slice(&arrival.body) {
        Ok(body) => body,
        Err(_) if arrival.body.is_empty() => Value::Null,
        Err(_) => Value::String(String::from_utf8_lossy(&arrival.body).into_owned()),
    };
    Record {
        n: entry.n,
        method: arrival.method.clone(),
        path: arrival.path.clone(),
        operation: arrival.operation.map(str::to_owned),
        model_id: arrival.model_id.clone(),
        authentication: arrival.authentication,
        region: arrival.region.clone(),
        headers: arrival.headers.clone(),
        body,
        status: entry.status,
        outcome: entry.outcome,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

    use super::*;

    fn arrival(body: &str) -> Arrival {
        Arrival {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            operation: None,
            model_id: None,
            authentication: None,
            region: None,
            headers: BTreeMap::new(),
            body: Bytes::copy_from_slice(body.as_bytes()),
        }
    }

    #[test]
    fn a_dropped_ticket_means_that_the_client_left() {
        let journal = Arc::new(Journal::new());
        drop(journal.open(arrival("{}")));
        journal.open(arrival("[1")).finish(Outcome::Complete);
        let records = journal.records();
        assert_eq!((records[0].outcome, &records[0].body), (Outcome::ClientLeft, &serde_json::json!({})));
        assert_eq!((records[1].outcome, &records[1].body), (Outcome::Complete, &serde_json::json!("[1")));
    }

    #[test]
    fn the_oldest_go_when_there_are_too_many() {
        let journal = Arc::new(Journal::new());
        for _ in 0..=MAXIMUM_ENTRIES {
            journal.open(arrival("")).finish(Outcome::Complete);
        }
        assert_eq!(journal.records().len(), MAXIMUM_ENTRIES);
        assert_eq!(journal.records()[0].n, 2);
        assert_eq!(journal.last().unwrap().n, 1001);
    }
}
