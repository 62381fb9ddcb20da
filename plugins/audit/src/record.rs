//! A record: one JSON object on one line.

use adit_plugin::RequestContext;
use adit_plugin::chat::{Outcome, Report, StopReason, Usage};
use serde_json::{Map, Value, json};

use crate::config::Config;

/// The longest line of the log, in bytes. What is behind is cut off, and a record is whole or nothing.
const LONGEST_LINE: usize = 2 << 10;

/// Most bytes of a name that somebody else chose.
const LONGEST_NAME: usize = 200;

/// The record of a request. It holds who, what and how much, and no word of a prompt or an answer: the
/// message of a failure may repeat one, so only its status and code stand here.
///
/// With more labels than a line has room for, it has `null` in their place.
pub(crate) fn of(config: &Config, context: &RequestContext, report: &Report) -> String {
    let labels = context.caller.labels.iter().filter(|label| config.has_label(&label.name));
    let labels: Map<String, Value> =
        labels.map(|label| (label.name.clone(), Value::from(name(&label.value)))).collect();
    let whole = with(&Value::from(labels), context, report);
    if whole.len() <= LONGEST_LINE { whole } else { with(&Value::Null, context, report) }
}

fn with(labels: &Value, context: &RequestContext, report: &Report) -> String {
    json!({
        "record": "request",
        "request": context.request_id,
        "key": context.caller.key_id,
        "labels": labels,
        "format": name(&context.client_format),
        "streaming": context.streaming,
        "asked_model": name(&report.asked_model),
        "model": report.model.as_deref().map(name),
        "outcome": outcome(report.outcome),
        "stop": report.stop.as_ref().map(stop),
        "status": report.failure.as_ref().map(|failure| failure.status),
        "code": report.failure.as_ref().map(|failure| name(&failure.code)),
        "usage": report.usage.as_ref().map(usage),
        "first_event_ms": report.first_event_ms,
        "total_ms": report.total_ms,
    })
    .to_string()
}

/// A name that a client, a model or another plugin may have chosen. It stays a name: short, and of
/// characters that a log and JSON show as they are.
fn name(text: &str) -> String {
    let is_plain = |character: char| character == '\'' || character.escape_debug().len() == 1;
    let end = text.floor_char_boundary(LONGEST_NAME);
    let shown = text.get(..end).unwrap_or_default();
    let shown: String =
        shown.chars().map(|character| if is_plain(character) { character } else { '?' }).collect();
    if end < text.len() { shown + "..." } else { shown }
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Complete => "complete",
        Outcome::Failed => "failed",
        Outcome::Cancelled => "cancelled",
    }
}

fn stop(reason: &StopReason) -> String {
    let word = match reason {
        StopReason::EndTurn => "end_turn",
        StopReason::MaxTokens => "max_tokens",
        StopReason::StopSequence => "stop_sequence",
        StopReason::ToolUse => "tool_use",
        StopReason::ContentFiltered => "content_filtered",
        StopReason::Other(reason) => reason,
    };
    name(word)
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
    fn is_one_whole_line_of_the_log_whatever_others_have_named() {
        let prompt = "\u{2028}é\"\\".repeat(1000);
        let failed = Report {
            asked_model: prompt.clone(),
            model: Some(prompt.clone()),
            outcome: Outcome::Failed,
            stop: Some(StopReason::Other(prompt.clone())),
            failure: Some(Failure::new(500, prompt.as_str(), "")),
            ..report()
        };
        let mut context = context();
        context.client_format = "n".repeat(64);
        let label = |number: usize| Label { name: format!("{number:064}"), value: prompt.clone() };
        for (labels, expected) in [(1, true), (50, false)] {
            context.caller.labels = (0..labels).map(label).collect();
            let line = of(&Config::default(), &context, &failed);
            assert!(line.len() <= LONGEST_LINE, "{} bytes", line.len());
            assert!(!line.contains(['\u{2028}', '\\']) && line.contains('é'), "{line}");
            let record: Value = serde_json::from_str(&line).unwrap();
            assert_eq!(record["labels"].is_object(), expected);
            assert!(record["asked_model"].as_str().unwrap().ends_with("..."));
        }
    }

    #[test]
    fn covers_the_outcomes_that_are_named() {
        let config = Config::parse(r#"{"outcomes":["failed"]}"#).unwrap();
        assert!(config.covers(Outcome::Failed) && !config.covers(Outcome::Complete));
        assert_eq!(Config::parse(r#"{"outcomes":["late"]}"#).unwrap_err()[0].path, "/outcomes/0");
    }
}
