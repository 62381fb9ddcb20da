//! The table of failures in `docs/operators.md` is what clients see.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::Value;

use super::*;

/// What the table says happened, in its order. Codes are those of failures that bring their own.
#[rustfmt::skip]
const ROWS: &[(&str, &[Kind], &[&str])] = &[
    ("the body is no JSON object", &[Kind::InvalidRequest], &["invalid_json"]),
    ("a field is missing, wrong or of the wrong type", &[Kind::InvalidRequest], &["missing_required_parameter", "invalid_value", "invalid_type"]),
    ("a field cannot be honoured", &[Kind::InvalidRequest], &["unsupported_parameter"]),
    ("Bedrock refuses the request as invalid, in its own words", &[Kind::InvalidRequest], &[]),
    ("the prompt is longer than the model's context", &[Kind::ContextLength], &[]),
    ("no key, or one that is malformed, unknown, expired or revoked", &[Kind::Unauthenticated], &[]),
    ("the request did not come by the way that the operator has made (`origin_secret`)", &[Kind::WrongWay], &[]),
    ("the gateway's AWS role may not use the model", &[Kind::Denied], &[]),
    ("the API key may not use the model, or not in any region that is served", &[Kind::ModelNotAllowed], &[]),
    ("no such model", &[Kind::ModelNotFound], &[]),
    ("no such route, asked with a valid key", &[Kind::UnknownRoute], &[]),
    ("the route exists, the method does not", &[Kind::MethodNotAllowed], &[]),
    ("the body is too large", &[Kind::TooLarge], &[]),
    ("the model failed on this request", &[Kind::ModelError], &[]),
    ("Bedrock throttles, or a quota is used up", &[Kind::Throttled], &[]),
    ("the key has all plugin instances that one key may have", &[Kind::KeyOverloaded], &[]),
    ("the key or its team has more requests or tokens in a minute, or requests at a time, than it may", &[Kind::RateLimited], &[]),
    ("a budget of the key or its team is used up", &[Kind::QuotaExceeded], &[]),
    ("the model is not ready", &[Kind::ModelNotReady], &[]),
    ("a plugin refuses the request", &[Kind::PluginDenied(400)], &[]),
    ("a plugin trapped, ran over a limit or broke the contract", &[Kind::PluginFault], &[]),
    ("a plugin of the key is not there or cannot be loaded", &[Kind::PluginUnavailable], &[]),
    ("a plugin of the key has failed too often, and is left alone", &[Kind::PluginUnavailable], &[]),
    ("the gateway's AWS credentials are missing or not valid", &[Kind::Credentials], &[]),
    ("Bedrock had an internal error", &[Kind::UpstreamInternal], &[]),
    ("Bedrock cannot be reached", &[Kind::Unreachable], &[]),
    ("the answer ended before it was complete, or cannot be read", &[Kind::BrokenStream, Kind::UnreadableAnswer], &[]),
    ("Bedrock is unavailable", &[Kind::UpstreamUnavailable], &[]),
    ("the model took too long", &[Kind::ModelTimeout], &[]),
    ("the key store cannot be read or written", &[Kind::StoreUnavailable], &[]),
    ("the function on AWS has no settings that it can use", &[Kind::NotReady], &[]),
    ("all plugin instances are in use", &[Kind::Overloaded], &[]),
    ("a fault of Adit's own", &[Kind::Internal], &[]),
];

/// The lines of the table, cell by cell.
fn table() -> Vec<Vec<&'static str>> {
    let page = include_str!("../../../docs/operators.md");
    let (_, rest) = page
        .split_once("| what happened | status | `type` | `code` | retry |\n|---|---|---|---|---|\n")
        .unwrap();
    let lines = rest.lines().take_while(|line| line.starts_with('|'));
    lines.map(|line| line.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn the_table_of_failures_says_what_a_client_gets() {
    let table = table();
    let documented: Vec<_> = table.iter().map(|cells| cells[0]).collect();
    let known: Vec<_> = ROWS.iter().map(|(what, ..)| *what).collect();
    assert_eq!(documented, known);
    let id = RequestId::parse("req_1").unwrap();
    for (cells, (what, kinds, own)) in table.iter().zip(ROWS) {
        let [status, kind_cell, codes, retry] = [cells[1], cells[2], cells[3], cells[4]];
        for kind in *kinds {
            let mut failure = Failure::new(*kind, "why");
            if retry.contains("`retry-after`") {
                failure = failure.with_retry_after(Duration::from_secs(7));
            }
            let response = response(&id, &failure);
            let expected = if let Kind::PluginDenied(_) = kind {
                "400 to 599, as it says".to_owned()
            } else {
                response.status().as_u16().to_string()
            };
            assert_eq!(status, expected, "{what}");
            let repeats = if response.headers().contains_key(SHOULD_RETRY) { "no" } else { "yes" };
            assert!(retry.starts_with(repeats), "{what}: {retry}");
            let told: Value = serde_json::from_slice(&openai::error_body(&failure)).unwrap();
            assert_eq!(kind_cell, format!("`{}`", told["error"]["type"].as_str().unwrap()), "{what}");
            let usual = told["error"]["code"].as_str().unwrap_or("null");
            let all: Vec<_> = own.iter().map(|code| format!("`{code}`")).collect();
            match kind {
                Kind::PluginDenied(_) => assert!(codes.ends_with(&format!("else `{usual}`")), "{what}"),
                _ if own.is_empty() => assert_eq!(codes, format!("`{usual}`"), "{what}"),
                _ => assert_eq!(codes, all.join(", "), "{what}"),
            }
        }
    }
}

#[test]
fn every_kind_of_failure_is_in_the_table() {
    let name = |kind: &Kind| format!("{kind:?}").split('(').next().unwrap().to_owned();
    let documented: BTreeSet<_> = ROWS.iter().flat_map(|(_, kinds, _)| kinds.iter().map(name)).collect();
    let source = include_str!("../error.rs");
    let (_, rest) = source.split_once("pub enum Kind {\n").unwrap();
    let (body, _) = rest.split_once("\n}\n").unwrap();
    let variants = body.lines().map(str::trim).filter(|line| !line.starts_with("///"));
    let variants: BTreeSet<_> =
        variants.map(|line| line.split(['(', ',']).next().unwrap().to_owned()).collect();
    assert_eq!(documented, variants);
}
