use axum::http::StatusCode;

use crate::error::Kind;

/// The status of a failure; a plugin may have named one that is none.
pub(super) fn of(kind: Kind) -> StatusCode {
    StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::FORBIDDEN)
}
