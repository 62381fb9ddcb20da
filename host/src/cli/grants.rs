//! What an operator grants a plugin.

use anyhow::bail;
use clap::Args;

use crate::config::Secrets;
use crate::enabled::{Acknowledged, Grants, Terms};

/// Options of the commands that switch a plugin on.
#[derive(Debug, Args)]
pub(super) struct GrantArgs {
    /// Let it import this: `kv`, `blobs`, `http=HOST` or `secret=NAME`. May be repeated.
    #[arg(long = "grant", value_name = "GRANT")]
    grants: Vec<String>,
    /// Give it the grants and limits that its manifest asks for, beside those that are named here. A limit
    /// that is named here goes before.
    #[arg(long)]
    pub(super) as_requested: bool,
    /// Accept that it can read prompts or answers and has a way to keep or send them.
    #[arg(long)]
    acknowledge: bool,
}

impl GrantArgs {
    /// Whether nothing is granted or accepted.
    pub(super) fn is_empty(&self) -> bool {
        self.grants.is_empty() && !self.acknowledge && !self.as_requested
    }

    /// Puts the grants into the terms.
    pub(super) fn apply(&self, terms: &mut Terms) -> anyhow::Result<()> {
        for grant in &self.grants {
            terms.grants.add(grant)?;
        }
        terms.acknowledged = if self.acknowledge { Acknowledged::Leaks } else { Acknowledged::Nothing };
        Ok(())
    }
}

/// A secret that is granted has to be one that the settings name.
pub(super) fn check_secrets(grants: &Grants, secrets: &Secrets) -> anyhow::Result<()> {
    if let Some(unknown) = grants.secrets.iter().find(|name| !secrets.has(name)) {
        let name = unknown.as_str();
        bail!(
            "there is no secret `{name}`: name it in `[secrets]` of the settings file, and pass that with `--settings`"
        );
    }
    Ok(())
}
