//! Where records go.

use std::io::Write;

use super::names::{ClientRequestId, ModelName};
use super::record::{CacheUse, Record, Route, milliseconds};
use super::trace::TraceId;
use crate::error::Kind;
use crate::ids::{KeyId, RequestId, TeamName};

/// A place for records.
pub trait Outlet: Send + Sync {
    /// Whether anybody would read one now.
    fn is_open(&self) -> bool {
        true
    }

    /// Writes one. What cannot be written is lost: no request waits for that, or fails by it.
    fn write(&self, record: &Record);
}

/// A line of the log for each record, for people.
#[derive(Debug, Clone, Copy)]
pub struct Text;

/// A JSON object on stdout for each record, in a line of its own.
#[derive(Debug, Clone, Copy)]
pub struct Json;

impl Outlet for Text {
    fn is_open(&self) -> bool {
        tracing::enabled!(tracing::Level::INFO)
    }

    fn write(&self, record: &Record) {
        let used = record.used.as_ref();
        let plugins: Vec<String> = record
            .plugins
            .iter()
            .map(|run| format!("{} {} {} us", run.name, run.verdict.name(), run.took.as_micros()))
            .collect();
        tracing::info!(
            request = record.request.as_ref().map(RequestId::as_str),
            client_request = record.client_request.as_ref().map(ClientRequestId::as_str),
            trace = record.trace.as_ref().map(TraceId::as_str),
            status = record.status,
            error = record.error.map(Kind::name),
            key = record.key.as_ref().map(KeyId::as_str),
            team = record.team.as_ref().map(TeamName::as_str),
            method = record.method,
            route = record.route.as_ref().map(Route::as_str),
            model = record.called_model.as_ref().or(record.asked_model.as_ref()).map(ModelName::as_str),
            region = record.region.as_deref(),
            attempts = (record.attempts > 0).then_some(record.attempts),
            input_tokens = used.map(|used| used.input_tokens),
            output_tokens = used.map(|used| used.output_tokens),
            cost_usd = used.map(|used| used.dollars),
            cache = record.cache.map(CacheUse::name),
            first_token_ms = record.first_token.map(milliseconds),
            total_ms = record.total.map(milliseconds),
            plugins = (!plugins.is_empty()).then(|| plugins.join(", ")),
            "{}",
            record.outcome.name(),
        );
    }
}

impl Outlet for Json {
    fn write(&self, record: &Record) {
        // Names and numbers: nothing that could fail to be written.
        line(serde_json::to_vec(record).unwrap_or_default());
    }
}

/// Writes a line to stdout at once, so that lines of two requests do not mix.
pub(super) fn line(mut text: Vec<u8>) {
    text.push(b'\n');
    let mut stdout = std::io::stdout().lock();
    // Whoever read it has gone.
    let _ = stdout.write_all(&text).and_then(|()| stdout.flush());
}
