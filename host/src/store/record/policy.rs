//! A policy. Members that are not set are left out; unknown ones are an error, because to overlook a term
//! of a newer Adit would be to break it.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::{
    Cacheable, Guarding, OnLoss, Policy, ResponseCacheTerms, ResponseCaching, Sharing, Tagging,
};
use crate::chat::{Caching, Guardrail, GuardrailMode, GuardrailTrace};
use crate::ids::ModelPattern;
use crate::metering::{Budget, Limits};

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    #[serde(skip_serializing_if = "Option::is_none")]
    models: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    regions: Option<Vec<String>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    aliases: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    profiles: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refuse_losses: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    guardrail: Option<RawGuardrail>,
    #[serde(skip_serializing_if = "is_false")]
    no_guardrail: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    automatic_caching: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_cache: Option<RawCache>,
    #[serde(skip_serializing_if = "is_false")]
    no_response_cache: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    tagging: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    requests_per_minute: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tokens_per_minute: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    concurrent_requests: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    budgets: BTreeMap<String, u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGuardrail {
    id: String,
    version: String,
    trace: bool,
    asynchronous: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCache {
    lifetime_ms: u64,
    team: bool,
    all: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !value
}

pub(in crate::store) fn write(policy: &Policy) -> String {
    // Texts, numbers and flags: nothing that could fail to be written.
    serde_json::to_string(&Raw::of(policy)).unwrap_or_else(|_| "{}".to_owned())
}

pub(in crate::store) fn read(text: &str) -> Result<Policy, String> {
    if text == "{}" {
        return Ok(Policy::default());
    }
    let raw: Raw = serde_json::from_str(text).map_err(|error| format!("a policy: {error}"))?;
    raw.into_policy()
}

impl Raw {
    fn of(policy: &Policy) -> Self {
        let limits = &policy.limits;
        Self {
            models: policy.models.as_ref().map(|models| models.iter().map(ToString::to_string).collect()),
            regions: policy.regions.clone(),
            aliases: policy.aliases.clone(),
            profiles: policy.profiles.clone(),
            refuse_losses: policy.losses.map(|losses| losses == OnLoss::Refuse),
            guardrail: match &policy.guardrail {
                Some(Guarding::By(guardrail)) => Some(RawGuardrail {
                    id: guardrail.id.clone(),
                    version: guardrail.version.clone(),
                    trace: guardrail.trace == GuardrailTrace::Enabled,
                    asynchronous: guardrail.mode == GuardrailMode::Async,
                }),
                Some(Guarding::Off) | None => None,
            },
            no_guardrail: policy.guardrail == Some(Guarding::Off),
            automatic_caching: policy.caching.map(|caching| caching == Caching::Automatic),
            response_cache: match policy.response_cache {
                Some(ResponseCaching::On(terms)) => Some(RawCache {
                    lifetime_ms: u64::try_from(terms.lifetime.as_millis()).unwrap_or(u64::MAX),
                    team: terms.sharing == Sharing::Team,
                    all: terms.requests == Cacheable::All,
                }),
                Some(ResponseCaching::Off) | None => None,
            },
            no_response_cache: policy.response_cache == Some(ResponseCaching::Off),
            tagging: policy.tagging.map(|tagging| tagging == Tagging::On),
            requests_per_minute: limits.requests_per_minute,
            tokens_per_minute: limits.tokens_per_minute,
            concurrent_requests: limits.concurrent_requests,
            budgets: limits.budgets.iter().map(|(budget, cap)| (budget.name().to_owned(), *cap)).collect(),
        }
    }

    fn into_policy(self) -> Result<Policy, String> {
        let parse = |patterns: Vec<String>| patterns.into_iter().map(ModelPattern::parse).collect();
        let models: Option<Result<Vec<_>, _>> = self.models.map(parse);
        let guardrail = self.guardrail.map(|guardrail| {
            Guarding::By(Guardrail {
                id: guardrail.id,
                version: guardrail.version,
                trace: if guardrail.trace { GuardrailTrace::Enabled } else { GuardrailTrace::Disabled },
                mode: if guardrail.asynchronous { GuardrailMode::Async } else { GuardrailMode::Sync },
            })
        });
        let response_cache = self.response_cache.map(|cache| {
            ResponseCaching::On(ResponseCacheTerms {
                lifetime: Duration::from_millis(cache.lifetime_ms),
                sharing: if cache.team { Sharing::Team } else { Sharing::Key },
                requests: if cache.all { Cacheable::All } else { Cacheable::Deterministic },
            })
        });
        let budgets = self.budgets.into_iter().map(|(name, cap)| {
            let budget = Budget::ALL.into_iter().find(|budget| budget.name() == name);
            Ok((budget.ok_or_else(|| format!("a policy: unknown budget `{name}`"))?, cap))
        });
        Ok(Policy {
            models: models.transpose().map_err(|error| error.to_string())?,
            regions: self.regions,
            aliases: self.aliases,
            profiles: self.profiles,
            losses: self.refuse_losses.map(|refuse| if refuse { OnLoss::Refuse } else { OnLoss::Report }),
            guardrail: if self.no_guardrail { Some(Guarding::Off) } else { guardrail },
            caching: self
                .automatic_caching
                .map(|automatic| if automatic { Caching::Automatic } else { Caching::ByClient }),
            response_cache: if self.no_response_cache { Some(ResponseCaching::Off) } else { response_cache },
            tagging: self.tagging.map(|on| if on { Tagging::On } else { Tagging::Off }),
            limits: Limits {
                requests_per_minute: self.requests_per_minute,
                tokens_per_minute: self.tokens_per_minute,
                concurrent_requests: self.concurrent_requests,
                budgets: budgets.collect::<Result<_, String>>()?,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn full() -> Policy {
        let guardrail = Guardrail {
            id: "gr".to_owned(),
            version: "DRAFT".to_owned(),
            trace: GuardrailTrace::Enabled,
            mode: GuardrailMode::Async,
        };
        let pair = |name: &str, value: &str| [(name.to_owned(), value.to_owned())].into();
        Policy {
            models: Some(vec![ModelPattern::parse("amazon.*").unwrap()]),
            regions: Some(vec!["eu-central-1".to_owned()]),
            aliases: pair("fast", "amazon.nova-lite-v1:0"),
            profiles: pair("amazon.nova-lite-v1:0", "arn:aws:bedrock:x"),
            losses: Some(OnLoss::Refuse),
            guardrail: Some(Guarding::By(guardrail)),
            caching: Some(Caching::Automatic),
            response_cache: Some(ResponseCaching::On(ResponseCacheTerms {
                lifetime: Duration::from_mins(5),
                sharing: Sharing::Team,
                requests: Cacheable::All,
            })),
            tagging: Some(Tagging::On),
            limits: Limits {
                requests_per_minute: NonZeroU32::new(60),
                tokens_per_minute: NonZeroU32::new(1000),
                concurrent_requests: NonZeroU32::new(4),
                budgets: Budget::ALL.into_iter().zip(1..).collect(),
            },
        }
    }

    #[test]
    fn comes_back_as_it_was_written() {
        let off = Policy {
            models: Some(Vec::new()),
            losses: Some(OnLoss::Report),
            guardrail: Some(Guarding::Off),
            caching: Some(Caching::ByClient),
            response_cache: Some(ResponseCaching::Off),
            tagging: Some(Tagging::Off),
            ..Policy::default()
        };
        for policy in [full(), off, Policy::default()] {
            assert_eq!(read(&write(&policy)).unwrap(), policy);
        }
        assert_eq!(write(&Policy::default()), "{}");
    }

    #[test]
    fn reads_what_an_older_adit_wrote() {
        let text = r#"{"models":["amazon.*"],"refuse_losses":true,"automatic_caching":true}"#;
        let policy = read(text).unwrap();
        assert_eq!((policy.models, policy.losses), (full().models, full().losses));
    }

    #[test]
    fn does_not_overlook_a_term_that_it_does_not_know() {
        assert!(read(r#"{"budget":5}"#).is_err());
        assert!(read(r#"{"budgets":{"money_per_year":5}}"#).is_err());
    }
}
