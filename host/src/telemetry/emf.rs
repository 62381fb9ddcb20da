//! A record as a line that CloudWatch reads twice: as a structured log event, and as metrics (CloudWatch user
//! guide, "Specification: Embedded metric format").
//!
//! The one dimension is the stack. Keys and models are members of the event, and no dimensions: each value of
//! a dimension is a metric of its own, which is paid for.

use serde::Serialize;

use super::outlet::{Outlet, line};
use super::record::{Record, milliseconds};
use crate::error::Kind;

const NAMESPACE: &str = "Adit";

/// The stack of a function that was not told which it is of.
const NO_STACK: &str = "adit";

/// Records with metrics, on stdout.
#[derive(Debug, Clone)]
pub struct Emf {
    stack: String,
}

impl Emf {
    /// For the stack whose parameters lie below this path, such as `/adit/dev`: it is called by the last part.
    pub fn for_stack(parameters: Option<&str>) -> Self {
        let last = parameters.and_then(|path| path.rsplit('/').find(|part| !part.trim().is_empty()));
        Self { stack: last.unwrap_or(NO_STACK).to_owned() }
    }

    fn text(&self, record: &Record) -> Vec<u8> {
        let metrics = Metrics::of(record);
        let event = Event {
            aws: Aws {
                timestamp: record.arrived.as_millisecond(),
                directives: [Directive {
                    namespace: NAMESPACE,
                    dimensions: [["Stack"]],
                    metrics: metrics.definitions(),
                }],
            },
            stack: &self.stack,
            metrics,
            record,
        };
        // Names and numbers: nothing that could fail to be written.
        serde_json::to_vec(&event).unwrap_or_default()
    }
}

impl Outlet for Emf {
    fn write(&self, record: &Record) {
        line(self.text(record));
    }
}

#[derive(Serialize)]
struct Event<'a> {
    #[serde(rename = "_aws")]
    aws: Aws,
    #[serde(rename = "Stack")]
    stack: &'a str,
    #[serde(flatten)]
    metrics: Metrics,
    #[serde(flatten)]
    record: &'a Record,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Aws {
    /// In milliseconds since 1970.
    timestamp: i64,
    #[serde(rename = "CloudWatchMetrics")]
    directives: [Directive; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    namespace: &'static str,
    dimensions: [[&'static str; 1]; 1],
    metrics: Vec<Definition>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Definition {
    name: &'static str,
    unit: &'static str,
}

/// The values. One that says nothing is left out, and is no datapoint: what never happens is not paid for.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metrics {
    requests: u32,
    errors: u32,
    total_ms: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_token_ms: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    input_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_tokens: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plugin_failures: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget_refusals: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    store_errors: Option<u32>,
}

impl Metrics {
    fn of(record: &Record) -> Self {
        let Record { error, used, store_errors, .. } = record;
        Self {
            requests: 1,
            errors: u32::from(record.outcome.is_error()),
            total_ms: record.total.map(milliseconds).unwrap_or_default(),
            first_token_ms: record.first_token.map(milliseconds),
            input_tokens: used.as_ref().map(|used| used.input_tokens),
            output_tokens: used.as_ref().map(|used| used.output_tokens),
            plugin_failures: Some(record.plugin_failures()).filter(|count| *count > 0),
            budget_refusals: (*error == Some(Kind::QuotaExceeded)).then_some(1),
            store_errors: Some(*store_errors).filter(|count| *count > 0),
        }
    }

    fn definitions(&self) -> Vec<Definition> {
        const COUNT: &str = "Count";
        const MS: &str = "Milliseconds";
        let all = [
            ("Requests", COUNT, true),
            ("Errors", COUNT, true),
            ("TotalMs", MS, true),
            ("FirstTokenMs", MS, self.first_token_ms.is_some()),
            ("InputTokens", COUNT, self.input_tokens.is_some()),
            ("OutputTokens", COUNT, self.output_tokens.is_some()),
            ("PluginFailures", COUNT, self.plugin_failures.is_some()),
            ("BudgetRefusals", COUNT, self.budget_refusals.is_some()),
            ("StoreErrors", COUNT, self.store_errors.is_some()),
        ];
        let there = all.into_iter().filter(|(_, _, is_there)| *is_there);
        there.map(|(name, unit, _)| Definition { name, unit }).collect()
    }
}

#[cfg(test)]
#[path = "emf_tests.rs"]
mod tests;
