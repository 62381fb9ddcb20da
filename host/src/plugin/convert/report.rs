use std::time::Duration;

use super::events::{stop_reason, tokens};
use crate::error::{Failure, Kind};
use crate::pipeline::{End, Report};
use crate::plugin::bindings::adit::plugin::{chat as wit, types};

/// How a request ended, in the contract's words where they are not the pipeline's.
pub(in crate::plugin) struct Ended<'r> {
    report: &'r Report,
    outcome: wit::Outcome,
    stop: Option<wit::StopReason>,
    failure: Option<types::Failure>,
}

impl<'r> Ended<'r> {
    pub(in crate::plugin) fn of(report: &'r Report) -> Self {
        let (outcome, failure) = match &report.end {
            End::Complete => (wit::Outcome::Complete, None),
            End::Failed(failure) => (wit::Outcome::Failed, Some(shown(failure))),
            End::Cancelled => (wit::Outcome::Cancelled, None),
        };
        Self { report, outcome, stop: report.stop.as_ref().map(stop_reason), failure }
    }

    /// As a plugin learns it.
    pub(in crate::plugin) fn report(&self) -> wit::Report<'_> {
        let Report { asked_model, model, end: _, stop: _, usage, first_event, total } = self.report;
        wit::Report {
            asked_model,
            model: model.as_deref(),
            outcome: self.outcome,
            stop: self.stop.as_ref(),
            failure: self.failure.as_ref(),
            usage: usage.map(tokens),
            first_event_ms: first_event.map(milliseconds),
            total_ms: milliseconds(*total),
            extra: None,
        }
    }
}

fn milliseconds(time: Duration) -> u32 {
    u32::try_from(time.as_millis()).unwrap_or(u32::MAX)
}

/// What the client reads of it: what is for the log is not for plugins.
fn shown(failure: &Failure) -> types::Failure {
    types::Failure {
        status: failure.kind.status(),
        code: failure.code.clone().map_or_else(|| word(failure.kind), Into::into),
        message: failure.message.clone(),
    }
}

/// `plugin_denied` for `PluginDenied(403)`.
fn word(kind: Kind) -> String {
    let mut word = String::new();
    for character in format!("{kind:?}").chars().take_while(char::is_ascii_alphabetic) {
        if character.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(character.to_ascii_lowercase());
    }
    word
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use crate::chat::{StopReason, Usage};

    #[test]
    fn a_plugin_learns_what_the_client_read_and_no_more() {
        let failure = Failure::new(Kind::PluginDenied(451), "no").with_internal("secret");
        let report = Report {
            asked_model: "fast".into(),
            model: Some("nova".into()),
            end: End::Failed(failure),
            stop: Some(StopReason::EndTurn),
            usage: Some(Usage { output_tokens: 3, ..Usage::default() }),
            first_event: None,
            total: Duration::from_secs(u64::MAX),
        };
        let ended = Ended::of(&report);
        let seen = ended.report();
        let failure = seen.failure.unwrap();
        assert_eq!((failure.status, &*failure.code, &*failure.message), (451, "plugin_denied", "no"));
        assert_eq!(seen.total_ms, u32::MAX);
        assert_eq!(seen.usage.unwrap().output_tokens, 3);
    }
}
