use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

/// A caller that AWS has authenticated, by IAM, before the request came here. An ingress that AWS itself
/// calls puts it into the extensions of the request; nothing that a client sends gets there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsCaller {
    arn: String,
}

impl AwsCaller {
    /// The principal with this ARN. For an ingress alone, with the ARN of a request context that AWS has
    /// written: never with a word of a header.
    pub fn authenticated(arn: impl Into<String>) -> Self {
        Self { arn: arn.into() }
    }

    pub(super) fn arn(&self) -> &str {
        &self.arn
    }
}

/// Who sends a request.
pub(super) struct Caller {
    /// What the client says of itself and the request.
    pub(super) headers: HeaderMap,
    /// What AWS says of the client.
    pub(super) aws: Option<AwsCaller>,
}

impl Caller {
    pub(super) fn of(parts: &Parts) -> Self {
        Self { headers: parts.headers.clone(), aws: parts.extensions.get().cloned() }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
