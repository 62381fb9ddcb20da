use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use tokio::time::Instant;

use super::answer::{Noted, Refusal};
use super::request_id;
use crate::config::Timeouts;
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

/// By when a request has to be answered, where the platform has less patience than the operator. An ingress puts
/// it into the extensions of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeLimit {
    /// The answer is complete, or says that the time is over.
    pub answered: Instant,
    /// An answer has begun that does not look at the time itself: a moment later.
    pub begun: Instant,
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
    limit: Option<TimeLimit>,
}

impl Caller {
    pub(super) fn of(parts: &Parts) -> Self {
        let id = request_id::new();
        let observation: Observation = parts.extensions.get().cloned().unwrap_or_default();
        observation.named(&id);
        Self {
            id,
            headers: parts.headers.clone(),
            aws: parts.extensions.get().cloned(),
            observation,
            limit: parts.extensions.get().copied(),
        }
    }

    /// How long the answer may take from now on: as the operator has it, or less.
    pub(super) fn time(&self, timeouts: &Timeouts) -> Duration {
        match self.limit {
            Some(limit) => timeouts.total.min(limit.answered.saturating_duration_since(Instant::now())),
            None => timeouts.total,
        }
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

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use axum::body::Body;
    use axum::http::Request;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_platform_can_have_less_patience_than_the_operator_and_not_more() {
        let (mut parts, _) = Request::new(Body::empty()).into_parts();
        let timeouts = Timeouts { total: Duration::from_mins(1), ..Timeouts::default() };
        assert_eq!(Caller::of(&parts).time(&timeouts), timeouts.total);
        for (left, time) in [(30, 30), (90, 60), (0, 0)] {
            let end = Instant::now().checked_add(Duration::from_secs(left)).unwrap();
            parts.extensions.insert(TimeLimit { answered: end, begun: end });
            assert_eq!(Caller::of(&parts).time(&timeouts), Duration::from_secs(time));
        }
    }
}
