use crate::chat::ServiceTier;

/// OpenAI's word for a tier. `scale` is what it calls capacity that was bought ahead.
pub(super) fn word(tier: ServiceTier) -> &'static str {
    match tier {
        ServiceTier::Default => "default",
        ServiceTier::Flex => "flex",
        ServiceTier::Priority => "priority",
        ServiceTier::Reserved => "scale",
    }
}
