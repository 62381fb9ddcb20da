//! The Model Context Protocol at `/mcp`.

mod offer;
mod uri;

use std::path::Path;
use std::time::Duration;

pub use offer::{
    Argument, OfferName, Prompt, PromptContent, PromptMessage, Resource, ResourceContent, Speaker,
};
pub use uri::{InvalidResourceUri, ResourceUri};

use super::{Cors, raw};

/// How long a session may be unused before it is over.
const SESSION: Duration = Duration::from_hours(1);

/// Who may come to `/mcp`, and what the operator offers there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mcp {
    /// Which names of this server a request may be sent to, with a port if it has to be that one. None: those of
    /// this machine, and all where the platform looks after them.
    pub allowed_hosts: Option<Vec<String>>,
    /// Which web pages may call. Default: those of `[cors]`.
    pub allowed_origins: AllowedOrigins,
    /// How long a session may be unused before it is over. Default: 1 h.
    pub session: Duration,
    /// What clients can ask for as prompts.
    pub prompts: Vec<Prompt>,
    /// What clients can read.
    pub resources: Vec<Resource>,
}

/// Which web pages may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// All.
    Any,
    /// Those of these origins.
    Listed(Vec<String>),
}

impl Mcp {
    pub(super) fn of(raw: raw::Mcp, cors: &Cors, base: &Path) -> Option<Self> {
        let origins = match (raw.allowed_origins, cors) {
            (Some(listed), _) => Cors::of(listed),
            (None, cors) => cors.clone(),
        };
        let allowed_origins = match origins {
            Cors::Off => AllowedOrigins::Listed(Vec::new()),
            Cors::Any => AllowedOrigins::Any,
            Cors::Origins(origins) => {
                AllowedOrigins::Listed(origins.iter().map(super::Origin::with_port).collect())
            }
        };
        raw.enabled.unwrap_or(true).then(|| Self {
            // An empty list would open it to all.
            allowed_hosts: raw
                .allowed_hosts
                .filter(|hosts| !hosts.is_empty())
                .map(|hosts| hosts.into_iter().map(|host| host.0).collect()),
            allowed_origins,
            session: raw
                .session_minutes
                .map_or(SESSION, |minutes| Duration::from_secs(60 * u64::from(minutes.get()))),
            prompts: raw.prompts.into_iter().map(|prompt| prompt.under(base)).collect(),
            resources: raw.resources.into_iter().map(|resource| resource.under(base)).collect(),
        })
    }
}
