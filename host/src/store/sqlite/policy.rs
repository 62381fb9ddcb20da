//! A policy as the text of its column. Members that are not set are left out; unknown ones are an
//! error, because to overlook a term of a newer Adit would be to break it.

use serde::{Deserialize, Serialize};

use super::super::{OnLoss, Policy};
use crate::chat::{Caching, Guardrail, GuardrailMode, GuardrailTrace};
use crate::ids::ModelPattern;

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    models: Vec<String>,
    #[serde(skip_serializing_if = "is_false")]
    refuse_losses: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    guardrail: Option<RawGuardrail>,
    #[serde(skip_serializing_if = "is_false")]
    automatic_caching: bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGuardrail {
    id: String,
    version: String,
    trace: bool,
    asynchronous: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !value
}

pub(super) fn write(policy: &Policy) -> String {
    let raw = Raw {
        models: policy.models.iter().map(ToString::to_string).collect(),
        refuse_losses: policy.losses == OnLoss::Refuse,
        guardrail: policy.guardrail.as_ref().map(|guardrail| RawGuardrail {
            id: guardrail.id.clone(),
            version: guardrail.version.clone(),
            trace: guardrail.trace == GuardrailTrace::Enabled,
            asynchronous: guardrail.mode == GuardrailMode::Async,
        }),
        automatic_caching: policy.caching == Caching::Automatic,
    };
    // Texts and flags: nothing that could fail to be written.
    serde_json::to_string(&raw).unwrap_or_else(|_| "{}".to_owned())
}

pub(super) fn read(text: &str) -> Result<Policy, String> {
    if text == "{}" {
        return Ok(Policy::default());
    }
    let raw: Raw = serde_json::from_str(text).map_err(|error| format!("the policy of a key: {error}"))?;
    let models = raw.models.into_iter().map(ModelPattern::parse).collect::<Result<_, _>>();
    Ok(Policy {
        models: models.map_err(|error| error.to_string())?,
        losses: if raw.refuse_losses { OnLoss::Refuse } else { OnLoss::Report },
        guardrail: raw.guardrail.map(|guardrail| Guardrail {
            id: guardrail.id,
            version: guardrail.version,
            trace: if guardrail.trace { GuardrailTrace::Enabled } else { GuardrailTrace::Disabled },
            mode: if guardrail.asynchronous { GuardrailMode::Async } else { GuardrailMode::Sync },
        }),
        caching: if raw.automatic_caching { Caching::Automatic } else { Caching::ByClient },
    })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn comes_back_as_it_was_written() {
        let guardrail = Guardrail {
            id: "gr".to_owned(),
            version: "DRAFT".to_owned(),
            trace: GuardrailTrace::Enabled,
            mode: GuardrailMode::Async,
        };
        let policy = Policy {
            models: vec![ModelPattern::parse("amazon.*").unwrap()],
            losses: OnLoss::Refuse,
            guardrail: Some(guardrail),
            caching: Caching::Automatic,
        };
        assert_eq!(read(&write(&policy)).unwrap(), policy);
        assert_eq!(write(&Policy::default()), "{}");
        assert_eq!(read("{}").unwrap(), Policy::default());
    }

    #[test]
    fn does_not_overlook_a_term_that_it_does_not_know() {
        assert!(read(r#"{"budget":5}"#).is_err());
    }
}
