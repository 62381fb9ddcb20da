//! `service_tier`.

use super::body::Body;
use super::fault;
use super::object::Text;
use crate::chat::ServiceTier;
use crate::error::Failure;

/// Reads `service_tier`; `auto` leaves it to Bedrock.
pub(super) fn decode(body: &Body<'_>) -> Result<Option<ServiceTier>, Failure> {
    let Some(tier) = body.read::<Text<'_>>("service_tier")? else { return Ok(None) };
    match tier.as_str() {
        "auto" => Ok(None),
        "default" => Ok(Some(ServiceTier::Default)),
        "flex" => Ok(Some(ServiceTier::Flex)),
        "priority" => Ok(Some(ServiceTier::Priority)),
        "reserved" => Ok(Some(ServiceTier::Reserved)),
        _ => Err(fault::invalid(
            "service_tier",
            "has to be `auto`, `default`, `flex`, `priority` or `reserved`: Bedrock has no others",
        )),
    }
}
