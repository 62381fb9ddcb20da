//! A record: one JSON object on one line.

use adit_plugin::RequestContext;
use adit_plugin::chat::{Outcome, Report, StopReason, Usage};
use serde_json::{Map, Value, json};

use crate::config::Config;

/// The record of a request. It holds who, what and how much, and no word of a prompt or an answer: the
/// message of a failure may repeat one, so only its status and code stand here.
pub(crate) fn of(config: &Config, context: &RequestContext, report: &Report) -> String {
    let labels = context.caller.labels.iter().filter(|label| config.has_label(&label.name));
    let labels: Map<String, Value> =
        labels.map(|label| (label.name.clone(), Value::from(label.value.as_str()))).collect();
    json!({
        "record": "request",
        "request": context.request_id,
        "key": context.caller.key_id,
        "labels": labels,
        "format": context.client_format,
        "streaming": context.streaming,
        "asked_model": report.asked_model,
        "model": report.model,
        "outcome": outcome(report.outcome),
        "stop": report.stop.as_ref().map(stop),
        "status": report.failure.as_ref().map(|failure| failure.status),
        "code": report.failure.as_ref().map(|failure| failure.code.as_str()),
        "usage": report.usage.as_ref().map(usage),
        "first_event_ms": report.first_event_ms,
        "total_ms": report.total_ms,
    })
    .to_string()
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Complete => "complete",
        Outcome::Failed => "failed",
        Outcome::Cancelled => "cancelled",
    }
}

fn stop(reason: &StopReason) -> &str {
    match reason {
        StopReason::EndTurn => "end_turn",
        StopReason::MaxTokens => "max_tokens",
        StopReason::StopSequence => "stop_sequence",
        StopReason::ToolUse => "tool_use",
        StopReason::ContentFiltered => "content_filtered",
        StopReason::Other(reason) => reason,
    }
}

fn usage(usage: &Usage) -> Value {
    json!({
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cache_read_tokens": usage.cache_read_tokens,
        "cache_write_tokens": usage.cache_write_tokens,
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]
    use adit_plugin::testing::context;
    use adit_plugin::{Config as _, Failure, Label};

    use super::*;

    fn record(config: &str, report: &Report) -> Value {
        let mut context = context();
        let label = |name: &str, value: &str| Label { name: name.to_owned(), value: value.to_owned() };
        context.caller.labels = vec![label("team", "search"), label("tenant", "acme")];
        serde_json::from_str(&of(&Config::parse(config).unwrap(), &context, report)).unwrap()
    }

    fn report() -> Report {
        Report {
            asked_model: "fast".to_owned(),
            model: Some("amazon.nova-lite-v1:0".to_owned()),
            outcome: Outcome::Complete,
            stop: Some(StopReason::EndTurn),
            failure: None,
            usage: Some(Usage {
                input_tokens: 7,
                output_tokens: 3,
                cache_read_tokens: 0,
                cache_write_tokens: 0,
            }),
            first_event_ms: Some(20),
            total_ms: 45,
            extra: None,
        }
    }

    #[test]
    fn says_who_what_and_how_much() {
        let record = record("{}", &report());
        assert_eq!(record["key"], "key-1");
        assert_eq!(record["labels"], json!({"team": "search", "tenant": "acme"}));
        assert_eq!(record["model"], "amazon.nova-lite-v1:0");
        assert_eq!(record["usage"]["input_tokens"], 7);
        assert_eq!((&record["stop"], &record["total_ms"]), (&json!("end_turn"), &json!(45)));
    }

    #[test]
    fn keeps_the_message_of_a_failure_to_itself() {
        let failure = Failure::new(403, "content_denied", "the word is hunter2");
        let failed =
            Report { outcome: Outcome::Failed, failure: Some(failure), usage: None, stop: None, ..report() };
        let record = record(r#"{"labels":["team"]}"#, &failed);
        assert_eq!((&record["status"], &record["code"]), (&json!(403), &json!("content_denied")));
        assert_eq!(record["labels"], json!({"team": "search"}));
        assert!(!record.to_string().contains("hunter2"));
    }

    #[test]
    fn covers_the_outcomes_that_are_named() {
        let config = Config::parse(r#"{"outcomes":["failed"]}"#).unwrap();
        assert!(config.covers(Outcome::Failed) && !config.covers(Outcome::Complete));
        assert_eq!(Config::parse(r#"{"outcomes":["late"]}"#).unwrap_err()[0].path, "/outcomes/0");
    }
}
