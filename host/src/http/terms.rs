//! On which terms a request is served: the key's policy, and what the client asks for beside its
//! body. A client can make the terms stricter, never looser.

use std::borrow::Cow;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};

use super::App;
use crate::chat::{Caching, Request};
use crate::error::Failure;
use crate::ids::RequestId;
use crate::pipeline::{Deadline, Losses, ModelPolicy, Payer, Rates, Terms};
use crate::store::{Effective, OnLoss, StoredKey, Tagging};

const STRICT: &str = "x-adit-strict";
const EXPLAIN: &str = "x-adit-explain";

/// What the client wants to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// What the model says.
    Answer,
    /// What would become of the request.
    Explanation,
}

/// Whether the client asks for an explanation.
pub(super) fn explain(headers: &HeaderMap) -> Result<Wish, Failure> {
    Ok(if flag(headers, EXPLAIN)? { Wish::Explanation } else { Wish::Answer })
}

/// The terms of a request that has lost the fields in `dropped` already.
pub(super) fn of(
    policy: &Effective,
    headers: &HeaderMap,
    dropped: Vec<Cow<'static, str>>,
    deadline: Deadline,
) -> Result<Terms, Failure> {
    let dropped = dropped.into_iter().map(Into::into).collect();
    let refuse = flag(headers, STRICT)? || policy.losses == OnLoss::Refuse;
    Ok(Terms {
        models: models(policy),
        aliases: policy.aliases.clone(),
        profiles: policy.profiles.clone(),
        regions: policy.regions.clone(),
        losses: if refuse { Losses::Refuse(dropped) } else { Losses::Report(dropped) },
        deadline,
        ..Terms::default()
    })
}

/// What Bedrock notes with a call of the key.
pub(super) fn tags(key: &StoredKey) -> Vec<(String, String)> {
    if key.terms.tagging == Tagging::Off {
        return Vec::new();
    }
    let team = key.key.team.as_ref().map(|team| ("adit-team".to_owned(), team.to_string()));
    std::iter::once(("adit-key".to_owned(), key.key.id.to_string())).chain(team).collect()
}

/// Who pays for a request of the key.
pub(super) fn payer(app: &App, id: &RequestId, key: &StoredKey, rates: Rates) -> Payer {
    Payer {
        meters: Arc::clone(&app.meters),
        metered: key.terms.metered.clone(),
        key: key.key.id.clone(),
        team: key.key.team.clone(),
        request: id.clone(),
        lifetime: app.timeouts.total.saturating_add(app.timeouts.settle),
        rates,
    }
}

/// Which models the key may use.
pub(super) fn models(policy: &Effective) -> ModelPolicy {
    if policy.models.is_empty() { ModelPolicy::Any } else { ModelPolicy::Only(policy.models.clone()) }
}

/// What the policy adds to a request, whatever the client sent.
pub(super) fn apply(policy: &Effective, request: &mut Request) {
    request.guardrail.clone_from(&policy.guardrail);
    if policy.caching == Caching::Automatic {
        request.caching = Caching::Automatic;
    }
}

/// A header that says yes or no.
fn flag(headers: &HeaderMap, name: &'static str) -> Result<bool, Failure> {
    match headers.get(name).map(HeaderValue::as_bytes) {
        None | Some(b"false" | b"0") => Ok(false),
        Some(b"true" | b"1") => Ok(true),
        Some(_) => Err(Failure::invalid(name, format!("the header `{name}` has to be `true` or `false`"))
            .with_code("invalid_value")),
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn headers(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(STRICT.parse().unwrap(), HeaderValue::from_static(value))])
    }

    #[test]
    fn a_client_can_be_stricter_than_its_policy_and_not_looser() {
        let (report, refuse) =
            (Effective::default(), Effective { losses: OnLoss::Refuse, ..Effective::default() });
        for (policy, value, refuses) in [
            (&report, "true", true),
            (&report, "false", false),
            (&refuse, "false", true),
            (&refuse, "true", true),
        ] {
            let terms = of(policy, &headers(value), vec!["seed".into()], Deadline::Never).unwrap();
            assert_eq!(matches!(terms.losses, Losses::Refuse(_)), refuses, "{value}");
        }
        assert_eq!(
            of(&report, &headers("maybe"), Vec::new(), Deadline::Never).unwrap_err().param.as_deref(),
            Some(STRICT)
        );
    }
}
