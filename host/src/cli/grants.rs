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
    /// Accept that it can read prompts or answers and has a way to keep or send them.
    #[arg(long)]
    acknowledge: bool,
}

impl GrantArgs {
    /// Puts the grants into the terms. A secret has to be one that the settings name.
    pub(super) fn apply(&self, terms: &mut Terms, secrets: &Secrets) -> anyhow::Result<()> {
        let mut grants = Grants::default();
        for grant in &self.grants {
            grants.add(grant)?;
        }
        if let Some(unknown) = grants.secrets.iter().find(|name| !secrets.has(name)) {
            let name = unknown.as_str();
            bail!(
                "there is no secret `{name}`: name it in `[secrets]` of the settings file, and pass that with `--settings`"
            );
        }
        terms.grants = grants;
        terms.acknowledged = if self.acknowledge { Acknowledged::Leaks } else { Acknowledged::Nothing };
        Ok(())
    }
}
