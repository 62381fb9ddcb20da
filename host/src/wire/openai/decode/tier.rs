//! `service_tier`.

use super::body::Body;
use super::fault;
use super::object::Text;
use crate::chat::ServiceTier;
use crate::error::Failure;

/// Reads `service_tier`; `auto` leaves it to Bedrock.
pub(super) fn decode(body: &Body<'_>) -> Result<Option<ServiceTier>, Failure> {
    let Some(tier) = body.read::<Text<'_>>("service_tier")? else { return Ok(None) };
    if tier.as_str() == "auto" {
        return Ok(None);
    }
    ServiceTier::parse(tier.as_str()).map(Some).ok_or_else(|| {
        fault::invalid(
            "service_tier",
            "has to be `auto`, `default`, `flex`, `priority` or `reserved`: Bedrock has no others",
        )
    })
}
