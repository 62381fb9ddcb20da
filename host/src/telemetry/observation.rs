//! The handle through which everybody who knows something of a request says so.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::moments::{Moments, Stage, Timer};
use super::names::{ClientRequestId, ModelName};
use super::outlet::Outlet;
use super::record::{self, CacheUse, Operation, Outcome, PluginRun, Record, Route, Used};
use super::trace::{Invocation, Trace};
use super::xray::Daemon;
use crate::chat::{Delivery, StopReason};
use crate::error::{Failure, Kind};
use crate::ids::{KeyId, RequestId, TeamName};
use crate::metering::Tally;

/// One request that is observed, or is not. Clones are the same thing; when the last one goes, the record is
/// written.
#[derive(Clone, Default)]
pub struct Observation(Option<Arc<Observed>>);

/// What is known of a request when it arrives.
#[derive(Debug, Default)]
pub struct Arrival<'a> {
    /// The HTTP method, if it is one of HTTP's own.
    pub method: &'static str,
    /// The route that takes it, if that is known.
    pub route: Option<&'a str>,
    /// The client's own id of it.
    pub client_request: Option<ClientRequestId>,
    /// What AWS says of it, on Lambda.
    pub invocation: Option<&'a Invocation>,
    /// The trace that it is a part of: AWS's, else the client's.
    pub trace: Option<Trace>,
}

struct Observed {
    noted: Mutex<Noted>,
    records: Option<Arc<dyn Outlet>>,
    /// X-Ray, if it wants to know more.
    daemon: Option<(Arc<Daemon>, Trace)>,
}

struct Noted {
    record: Record,
    moments: Moments,
    answer: Answer,
    /// The first failure, and how far the answer was.
    failure: Option<(Kind, Answer)>,
}

/// How far the answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    None,
    Begun,
    Over,
}

impl Observation {
    pub(super) fn begin(
        arrival: Arrival<'_>,
        records: Option<Arc<dyn Outlet>>,
        daemon: Option<Arc<Daemon>>,
    ) -> Self {
        let Arrival { method, route, client_request, invocation, trace } = arrival;
        let record = Record {
            route: route.map(Route::served),
            client_request,
            invocation: invocation.map(|invocation| invocation.request_id().to_owned()),
            trace: trace.as_ref().map(|trace| trace.id().clone()),
            ..Record::new(Timestamp::now(), method)
        };
        let noted = Noted { record, moments: Moments::begin(), answer: Answer::None, failure: None };
        Self(Some(Arc::new(Observed { noted: Mutex::new(noted), records, daemon: daemon.zip(trace) })))
    }

    /// Adit's id of it.
    pub fn named(&self, id: &RequestId) {
        self.note(|noted| noted.record.request = Some(id.clone()));
    }

    /// Whose it is.
    pub fn authenticated(&self, key: &KeyId, team: Option<&TeamName>) {
        self.note(|noted| {
            noted.record.key = Some(key.clone());
            noted.record.team = team.cloned();
        });
    }

    /// A plugin's route takes it.
    pub fn routed(&self, path: &str) {
        self.note(|noted| noted.record.route = Some(Route::served(path)));
    }

    /// What it asks for.
    pub fn asked(&self, operation: Operation, model: &str, delivery: Delivery) {
        self.note(|noted| {
            noted.record.operation = Some(operation);
            noted.record.asked_model = ModelName::parse(model);
            noted.record.delivery = Some(delivery);
        });
    }

    /// Which method of the Model Context Protocol it calls, and which tool that there is.
    pub fn mcp(&self, method: &'static str, tool: Option<&str>) {
        self.note(|noted| {
            noted.record.mcp_method = Some(method);
            if let Some(tool) = tool {
                noted.record.tool = Some(tool.to_owned());
                noted.record.operation = Some(Operation::ExecuteTool);
            }
        });
    }

    /// A stage begins; it ends with the value.
    pub fn time(&self, stage: Stage) -> Timer {
        self.enter(stage);
        Timer { observation: self.clone(), stage }
    }

    /// A model is called, by this id or ARN: its stage begins.
    pub fn calls(&self, model: &str) {
        self.note(|noted| {
            noted.record.provider = Some("aws.bedrock");
            noted.record.called_model = ModelName::parse(model);
            noted.moments.enter(Stage::Upstream);
        });
    }

    /// It is called in a region, at this host, maybe once more.
    pub fn attempted(&self, region: &str, server: impl FnOnce() -> String) {
        self.note(|noted| {
            noted.record.attempts += 1;
            noted.record.region = Some(region.to_owned());
            noted.record.server = Some(server());
        });
    }

    /// What Bedrock calls the call.
    pub fn bedrock_request(&self, id: Option<&str>) {
        if let Some(id) = id {
            self.note(|noted| noted.record.bedrock_request = Some(id.to_owned()));
        }
    }

    /// The model has nothing more to say: it began so long after the arrival, and stopped for this reason.
    pub fn model_ended(&self, first_event: Option<Duration>, stop: Option<&StopReason>) {
        self.note(|noted| {
            noted.moments.leave(Stage::Upstream);
            if let Some(after) = first_event {
                noted.moments.first_event(after);
            }
            noted.record.finish_reasons = stop.map(|stop| [record::finish_reason(stop)]);
        });
    }

    /// What was used.
    pub fn used(&self, tally: &Tally) {
        self.note(|noted| noted.record.used = Some(Used::from(tally)));
    }

    /// What the response cache did.
    pub fn cache(&self, cache: CacheUse) {
        self.note(|noted| noted.record.cache = Some(cache));
    }

    /// What a plugin did.
    pub fn plugin(&self, run: PluginRun) {
        self.note(|noted| noted.record.plugins.push(run));
    }

    /// The store could not be read or written.
    pub fn store_failed(&self) {
        self.note(|noted| noted.record.store_errors += 1);
    }

    /// It failed. Of several failures the first counts.
    pub fn failed(&self, failure: &Failure) {
        self.note(|noted| {
            if noted.failure.is_none() {
                noted.failure = Some((failure.kind, noted.answer));
                noted.record.store_errors += u32::from(failure.kind == Kind::StoreUnavailable);
            }
        });
    }

    /// The head of the answer goes out.
    pub fn answers(&self, status: u16) {
        self.note(|noted| {
            noted.record.status = Some(status);
            noted.answer = Answer::Begun;
        });
    }

    /// The last byte of the answer goes out.
    pub fn answered(&self) {
        self.note(|noted| noted.answer = Answer::Over);
    }

    /// Whether anybody wants to know.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    fn enter(&self, stage: Stage) {
        self.note(|noted| noted.moments.enter(stage));
    }

    pub(super) fn leave(&self, stage: Stage) {
        self.note(|noted| noted.moments.leave(stage));
    }

    fn note(&self, note: impl FnOnce(&mut Noted)) {
        if let Some(observed) = &self.0 {
            note(&mut observed.noted.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}

impl Noted {
    fn conclude(&mut self) {
        let Self { record, moments, answer, failure } = self;
        record.error = failure.map(|(kind, _)| kind);
        record.outcome = match (*failure, *answer, record.status) {
            (Some((_, Answer::Begun | Answer::Over)), ..) => Outcome::Cut,
            (Some((kind, Answer::None)), ..) => Outcome::of(kind),
            (None, Answer::Over, Some(500..)) => Outcome::Failed,
            (None, Answer::Over, Some(400..)) => Outcome::Refused,
            (None, Answer::Over, _) => Outcome::Complete,
            (None, Answer::None | Answer::Begun, _) => Outcome::ClientLeft,
        };
        record.first_chunk = moments.of_model();
        // Of an answer in one piece the first word is the last one.
        record.first_token = moments.to_first_event().filter(|_| record.delivery == Some(Delivery::Streamed));
        record.host = moments.of_host();
        record.total = Some(moments.elapsed());
        record.plugins.sort_by_key(|run| run.place);
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        let noted = self.noted.get_mut().unwrap_or_else(PoisonError::into_inner);
        if std::thread::panicking() && noted.failure.is_none() {
            noted.failure = Some((Kind::Internal, noted.answer));
        }
        noted.conclude();
        if let Some(records) = &self.records {
            records.write(&noted.record);
        }
        if let Some((daemon, trace)) = &self.daemon {
            daemon.tell(trace, &noted.record, &noted.moments);
        }
    }
}
