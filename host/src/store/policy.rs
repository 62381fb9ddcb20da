use crate::chat::{Caching, Guardrail};
use crate::ids::ModelPattern;

/// On which terms a key is served, as the operator set them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Which models it may use; all, if there is no pattern.
    pub models: Vec<ModelPattern>,
    /// What happens when a part of a request has no effect.
    pub losses: OnLoss,
    /// What checks its prompts and answers. A client cannot change or avoid it.
    pub guardrail: Option<Guardrail>,
    /// Who marks what is worth keeping in the prompt cache.
    pub caching: Caching,
}

/// What happens when a part of a request has no effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnLoss {
    /// A header names it.
    #[default]
    Report,
    /// The request is refused.
    Refuse,
}
