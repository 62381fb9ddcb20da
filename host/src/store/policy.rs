use std::collections::BTreeMap;
use std::time::Duration;

use crate::chat::{Caching, Guardrail};
use crate::ids::ModelPattern;
use crate::metering::Limits;
pub use crate::pipeline::Cacheable;

/// On which terms a key, or every key of a team, is served, as the operator set them. What is not set is
/// as the team has it, and else as it usually is: see [`Effective`](super::Effective).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Which models may be used; all, if there is no pattern.
    pub models: Option<Vec<ModelPattern>>,
    /// In which of the served regions models may be called; in all, if none is named.
    pub regions: Option<Vec<String>>,
    /// What else models are called. A key's are added to its team's.
    pub aliases: BTreeMap<String, String>,
    /// Which application inference profile, by its ARN, stands for which model id. A key's are added to
    /// its team's.
    pub profiles: BTreeMap<String, String>,
    /// What happens when a part of a request has no effect.
    pub losses: Option<OnLoss>,
    /// What checks prompts and answers. A client cannot change or avoid it.
    pub guardrail: Option<Guarding>,
    /// Who marks what is worth keeping in the prompt cache.
    pub caching: Option<Caching>,
    /// Whether answers are kept, for requests that are the same.
    pub response_cache: Option<ResponseCaching>,
    /// Whether Bedrock notes with each call whose it is.
    pub tagging: Option<Tagging>,
    /// What may be used. A team's limits are for all its keys together, beside those of each key.
    pub limits: Limits,
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

/// Whether prompts and answers are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Guarding {
    /// They are not.
    Off,
    /// By this.
    By(Guardrail),
}

/// Whether answers are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ResponseCaching {
    /// They are not.
    #[default]
    Off,
    /// On these terms.
    On(ResponseCacheTerms),
}

/// On which terms answers are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResponseCacheTerms {
    /// How long.
    pub lifetime: Duration,
    /// Who may get an answer that is kept.
    pub sharing: Sharing,
    /// The answers to which requests.
    pub requests: Cacheable,
}

/// Who may get an answer that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// The key that asked.
    Key,
    /// All keys of its team; the key alone, if it has none.
    Team,
}

/// Whether Bedrock notes with each call whose it is (`requestMetadata`), so that its invocation logs can be
/// held against the usage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tagging {
    /// It does not.
    #[default]
    Off,
    /// By the ids of the key and the team.
    On,
}
