//! What the operator learns of each request: one record, written once, however the request ends.
//!
//! An [`Observation`] goes with a request, and whoever knows something notes it there. Its clones are the same
//! thing, and the last one to go writes the [`Record`]: nobody can forget to, and nobody does it twice. A
//! request that is not observed notes nothing and costs nothing.
//!
//! A record holds names and numbers. No text of a prompt, of an answer or of a secret has a place in it.

mod emf;
mod moments;
mod names;
mod observation;
mod outlet;
mod record;
mod trace;
mod xray;

use std::sync::Arc;

use crate::config::TelemetryFormat;
use crate::env;

pub use emf::Emf;
pub use moments::{Stage, Timer};
pub use names::{ClientRequestId, ModelName};
pub use observation::{Arrival, Observation};
pub use outlet::{Json, Outlet, Text};
pub use record::{CacheUse, Operation, Outcome, PluginRun, Record, Route, Used, Verdict};
pub use trace::{Invocation, Trace, TraceId};
use xray::Daemon;

/// Where records go, and whether requests are traced. Clones are the same thing.
#[derive(Clone, Default)]
pub struct Telemetry {
    records: Option<Arc<dyn Outlet>>,
    daemon: Option<Arc<Daemon>>,
}

impl Telemetry {
    /// Nothing is observed.
    pub fn off() -> Self {
        Self::default()
    }

    /// Records of this form. Requests that AWS traces are told to X-Ray too, where the environment says
    /// where its daemon is ([`env::XRAY_DAEMON`]).
    pub fn from_environment(format: TelemetryFormat) -> Self {
        let records: Option<Arc<dyn Outlet>> = match format {
            TelemetryFormat::Off => None,
            TelemetryFormat::Text => Some(Arc::new(Text)),
            TelemetryFormat::Json => Some(Arc::new(Json)),
            TelemetryFormat::Emf => Some(Arc::new(Emf::for_stack(env::read(env::PARAMETERS).as_deref()))),
        };
        let daemon = env::read(env::XRAY_DAEMON).and_then(|address| Daemon::connect(&address));
        Self { records, daemon: daemon.map(Arc::new) }
    }

    /// Records go there.
    pub fn to(outlet: Arc<dyn Outlet>) -> Self {
        Self { records: Some(outlet), daemon: None }
    }

    /// Whether nothing is ever observed.
    pub fn is_off(&self) -> bool {
        self.records.is_none() && self.daemon.is_none()
    }

    /// A request has arrived.
    pub fn begin(&self, arrival: Arrival<'_>) -> Observation {
        let records = self.records.as_ref().filter(|records| records.is_open());
        let daemon = self.daemon.as_ref().filter(|_| arrival.trace.as_ref().is_some_and(Trace::is_sampled));
        if records.is_none() && daemon.is_none() {
            return Observation::default();
        }
        Observation::begin(arrival, records.cloned(), daemon.cloned())
    }
}

#[cfg(test)]
mod tests;
