use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::answer::{Noted, Refusal};
use super::request_id;
use crate::error::Failure;
use crate::ids::RequestId;
use crate::telemetry::Observation;

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
    /// The request's id.
    pub(super) id: RequestId,
    /// What the client says of itself and the request.
    pub(super) headers: HeaderMap,
    /// What AWS says of the client.
    pub(super) aws: Option<AwsCaller>,
    /// What is told of the request.
    pub(super) observation: Observation,
}

impl Caller {
    pub(super) fn of(parts: &Parts) -> Self {
        let id = request_id::new();
        let observation: Observation = parts.extensions.get().cloned().unwrap_or_default();
        observation.named(&id);
        Self { id, headers: parts.headers.clone(), aws: parts.extensions.get().cloned(), observation }
    }

    /// The answer to a request that failed on its first step.
    pub(super) fn refused(self, failure: Failure) -> Refusal {
        let noted = Noted::of(&self);
        Refusal::new(self.id, noted, failure)
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
