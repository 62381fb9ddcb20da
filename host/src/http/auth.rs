use std::sync::Arc;

use axum::http::{HeaderMap, header};
use jiff::Timestamp;

use super::App;
use crate::error::{Failure, Kind};
use crate::store::{ApiKey, StoredKey, Verification};

/// The key that a request presents, if it is a valid one.
///
/// An unknown key and a wrong secret get the same answer, so ids cannot be tried out.
pub(super) async fn authenticate(app: &App, headers: &HeaderMap) -> Result<Arc<StoredKey>, Failure> {
    let presented = presented(headers)?;
    let presented = ApiKey::parse(presented)
        .map_err(|_| refused("the API key is malformed; check that it was copied whole"))?;
    let stored = app.keys.find(presented.id()).await?.ok_or_else(unknown)?;
    match stored.verify(&presented, Timestamp::now()) {
        Verification::Verified => Ok(stored),
        Verification::WrongSecret => Err(unknown()),
        Verification::Expired => {
            Err(refused("the API key, or this secret of it, has expired; ask the operator for another one"))
        }
        Verification::Revoked => Err(refused("the API key was revoked; ask the operator for another one")),
    }
}

/// The text behind `Authorization: Bearer`.
fn presented(headers: &HeaderMap) -> Result<&str, Failure> {
    let header = headers
        .get(header::AUTHORIZATION)
        .ok_or_else(|| refused("no API key: send it as `Authorization: Bearer adit_…`"))?;
    let text = header.to_str().ok().unwrap_or_default();
    match text.split_once(' ') {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case("bearer") && !key.trim().is_empty() => {
            Ok(key.trim())
        }
        _ => Err(refused("the `Authorization` header is not of the form `Bearer adit_…`")),
    }
}

fn unknown() -> Failure {
    refused("the API key is not known here")
}

fn refused(message: &str) -> Failure {
    Failure::new(Kind::Unauthenticated, message)
}
