//! The one place that chooses an HTTP status for a failure.

use axum::http::StatusCode;

use crate::error::Kind;

/// The status that tells a client what kind of failure it is.
///
/// What Bedrock refuses the gateway is never a 401: the caller's key is fine.
pub(super) fn of(kind: Kind) -> StatusCode {
    match kind {
        Kind::InvalidRequest | Kind::ContextLength => StatusCode::BAD_REQUEST,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::UnknownRoute | Kind::ModelNotFound => StatusCode::NOT_FOUND,
        Kind::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
        Kind::PluginDenied(status) => StatusCode::from_u16(status).unwrap_or(StatusCode::FORBIDDEN),
        Kind::Denied | Kind::ModelNotAllowed => StatusCode::FORBIDDEN,
        Kind::Throttled | Kind::ModelNotReady => StatusCode::TOO_MANY_REQUESTS,
        Kind::ModelTimeout => StatusCode::GATEWAY_TIMEOUT,
        Kind::ModelError => StatusCode::FAILED_DEPENDENCY,
        Kind::UpstreamUnavailable | Kind::StoreUnavailable | Kind::Overloaded | Kind::PluginUnavailable => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        Kind::Unreachable | Kind::BrokenStream | Kind::UnreadableAnswer => StatusCode::BAD_GATEWAY,
        Kind::PluginFault | Kind::Credentials | Kind::UpstreamInternal | Kind::Internal => {
            StatusCode::INTERNAL_SERVER_ERROR
        }
    }
}
