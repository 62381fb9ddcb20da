//! InvokeModel and InvokeModelWithResponseStream with a body that somebody else has written.
//!
//! The body is sent as it is, and what comes back is handed on as it came. What concerns the caller's key
//! and Bedrock alone stays here: the guardrail, the service tier, and what the answer cost.

mod call;
mod counted;
mod payload;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use aws_sdk_bedrockruntime::types::ServiceTierType;
use serde_json::value::RawValue;

use self::call::InvokeModelCall;
pub(super) use self::counted::Counted;
use super::request::{Dropped, Metadata};
use super::target::Target;
use crate::capability::{Capabilities, Support};
use crate::chat::{Request, ServiceTier};
use crate::error::{Failure, Kind};
use crate::pipeline::Invocation;

/// Puts the terms of the request around an invocation.
pub(super) fn prepare(
    request: &Request,
    invocation: Invocation,
    target: Target,
) -> Result<InvokeModelCall, Failure> {
    if request.guardrail.is_some() {
        check_guarded(&invocation, &target.capabilities)?;
    }
    let mut dropped = Dropped::default();
    let service_tier = service_tier(request.service_tier, &target.capabilities, &mut dropped);
    let metadata = Metadata::of(&request.metadata, &mut dropped);
    let metadata = (!metadata.is_empty()).then(|| serde_json::to_string(&metadata).ok()).flatten();
    Ok(InvokeModelCall {
        target: Target { delivery: invocation.delivery, ..target },
        invocation,
        guardrail: request.guardrail.clone(),
        service_tier,
        metadata,
        dropped: dropped.0,
    })
}

/// A guardrail reads JSON alone, and a body may tell it to look at less than everything (user guide, "Use
/// guardrails with the inference operations"): what is checked is for the operator to say.
fn check_guarded(invocation: &Invocation, capabilities: &Capabilities) -> Result<(), Failure> {
    const CONFIG: &str = "amazon-bedrock-guardrailConfig";
    let members = serde_json::from_slice::<HashMap<String, &RawValue>>(&invocation.body).ok();
    if capabilities.guardrails == Support::Accepted
        && invocation.content_type == "application/json"
        && members.is_some_and(|members| !members.contains_key(CONFIG))
    {
        return Ok(());
    }
    let message = "the key's guardrail cannot check all that this model would be asked; choose another model";
    Err(Failure::new(Kind::ModelNotAllowed, message).with_param("model"))
}

fn service_tier(
    asked: Option<ServiceTier>,
    capabilities: &Capabilities,
    dropped: &mut Dropped,
) -> Option<ServiceTierType> {
    let tier = asked.filter(|tier| *tier != ServiceTier::Default)?;
    if !capabilities.service_tiers.contains(&tier) {
        dropped.note("service_tier");
        return None;
    }
    Some(ServiceTierType::from(tier.as_str()))
}
