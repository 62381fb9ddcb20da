use std::time::Duration;

use super::events::{answer, parse, stream};
use super::{check, check_snapshot};
use crate::error::{Failure, Kind};
use crate::wire::openai::{Model, UsageChunk, error_body, models};

#[test]
fn answers_in_pieces_and_in_one_piece() {
    check("answers", |case| {
        let events = parse(case);
        let usage = if case.contains("include usage") { UsageChunk::Include } else { UsageChunk::Omit };
        let stream = stream([events.as_slice()], usage);
        let whole = answer(&events).unwrap_or_else(|failure| format!("{failure:?}"));
        format!("{}\n{whole}", stream.replace("\n\n", "\n").trim_end())
    });
}

/// Every kind of failure.
pub(super) const KINDS: [Kind; 30] = [
    Kind::InvalidRequest,
    Kind::ContextLength,
    Kind::TooLarge,
    Kind::Unauthenticated,
    Kind::WrongWay,
    Kind::UnknownRoute,
    Kind::MethodNotAllowed,
    Kind::PluginDenied(451),
    Kind::PluginFault,
    Kind::PluginUnavailable,
    Kind::ModelNotAllowed,
    Kind::Denied,
    Kind::Credentials,
    Kind::ModelNotFound,
    Kind::Throttled,
    Kind::RateLimited,
    Kind::QuotaExceeded,
    Kind::ModelNotReady,
    Kind::ModelTimeout,
    Kind::ModelError,
    Kind::UpstreamInternal,
    Kind::UpstreamUnavailable,
    Kind::Unreachable,
    Kind::BrokenStream,
    Kind::UnreadableAnswer,
    Kind::NotReady,
    Kind::StoreUnavailable,
    Kind::Overloaded,
    Kind::KeyOverloaded,
    Kind::Internal,
];

#[test]
fn every_kind_of_failure_has_its_words() {
    let bodies = KINDS.map(|kind| {
        let body = error_body(&Failure::new(kind, "what \"happened\""));
        format!("{kind:?}\n{}\n", String::from_utf8(body.to_vec()).unwrap())
    });
    check_snapshot("errors", &bodies.concat());
}

#[test]
fn an_error_says_its_own_code_and_nothing_internal() {
    let failure = Failure::invalid("messages[0].content", "no")
        .with_code("invalid_type")
        .with_internal("secret")
        .with_retry_after(Duration::from_secs(3));
    assert_eq!(
        error_body(&failure),
        r#"{"error":{"message":"no","type":"invalid_request_error","param":"messages[0].content","code":"invalid_type"}}"#
    );
}

#[test]
fn lists_models() {
    let model =
        Model { id: "us.amazon.nova-lite-v1:0".into(), created: 1_700_000_000, owned_by: "amazon".into() };
    assert_eq!(models(&[]), r#"{"object":"list","data":[]}"#);
    assert_eq!(
        models(&[model]),
        r#"{"object":"list","data":[{"id":"us.amazon.nova-lite-v1:0","object":"model","created":1700000000,"owned_by":"amazon"}]}"#
    );
}
