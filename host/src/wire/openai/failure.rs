use bytes::Bytes;
use serde::Serialize;

use crate::error::{Failure, Kind};

/// Writes `{"error":{"message","type","param","code"}}`, all four members always there.
pub fn error_body(failure: &Failure) -> Bytes {
    let error = Error {
        message: &failure.message,
        r#type: words(failure.kind).0,
        param: failure.param.as_deref(),
        code: error_code(failure),
    };
    // Text and nulls: nothing that could fail to be written.
    serde_json::to_vec(&Body { error }).unwrap_or_default().into()
}

/// The stable word for a failure, if there is one.
pub fn error_code(failure: &Failure) -> Option<&str> {
    failure.code.as_deref().or(words(failure.kind).1)
}

/// OpenAI's `type`, and the `code` unless the failure brings its own.
fn words(kind: Kind) -> (&'static str, Option<&'static str>) {
    match kind {
        Kind::InvalidRequest => ("invalid_request_error", None),
        Kind::ContextLength => ("invalid_request_error", Some("context_length_exceeded")),
        Kind::TooLarge => ("invalid_request_error", Some("request_too_large")),
        Kind::WrongWay => ("permission_error", Some("origin_refused")),
        Kind::UnknownRoute => ("invalid_request_error", Some("unknown_url")),
        Kind::MethodNotAllowed => ("invalid_request_error", Some("method_not_allowed")),
        Kind::Unauthenticated => ("authentication_error", Some("invalid_api_key")),
        Kind::PluginDenied(_) => ("plugin_error", Some("plugin_denied")),
        Kind::PluginFault => ("plugin_error", Some("plugin_fault")),
        Kind::PluginUnavailable => ("plugin_error", Some("plugin_unavailable")),
        Kind::ModelNotAllowed => ("permission_error", Some("model_not_allowed")),
        Kind::Denied => ("permission_error", Some("model_access_denied")),
        Kind::ModelNotFound => ("not_found_error", Some("model_not_found")),
        Kind::Throttled | Kind::RateLimited => ("rate_limit_error", Some("rate_limit_exceeded")),
        Kind::QuotaExceeded => ("insufficient_quota", Some("insufficient_quota")),
        Kind::ModelNotReady => ("rate_limit_error", Some("model_not_ready")),
        Kind::Credentials => ("api_error", Some("upstream_credentials")),
        Kind::ModelTimeout => ("api_error", Some("model_timeout")),
        Kind::ModelError => ("api_error", Some("model_error")),
        Kind::UpstreamInternal => ("api_error", Some("upstream_error")),
        Kind::UpstreamUnavailable => ("api_error", Some("upstream_unavailable")),
        Kind::Unreachable => ("api_error", Some("upstream_unreachable")),
        Kind::BrokenStream | Kind::UnreadableAnswer => ("api_error", Some("incomplete_answer")),
        Kind::NotReady => ("server_error", Some("gateway_not_ready")),
        Kind::StoreUnavailable => ("server_error", Some("store_unavailable")),
        Kind::Overloaded => ("server_error", Some("overloaded")),
        Kind::KeyOverloaded => ("rate_limit_error", Some("key_overloaded")),
        Kind::Internal => ("server_error", Some("internal_error")),
    }
}

#[derive(Serialize)]
struct Body<'a> {
    error: Error<'a>,
}

#[derive(Serialize)]
struct Error<'a> {
    message: &'a str,
    r#type: &'static str,
    param: Option<&'a str>,
    code: Option<&'a str>,
}
