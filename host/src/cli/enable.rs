//! What `plugin enable` says of a plugin, for a key or a team.

use anyhow::{anyhow, bail};
use clap::Args;

use super::grants::{GrantArgs, check_secrets};
use super::key_plugin::{fault_lines, json_text};
use super::output;
use super::plugin_terms::TermsArgs;
use super::release::{self, WantedRelease};
use super::requested::Requested;
use super::store::Data;
use crate::enabled::{EnabledPlugin, Terms, Version};
use crate::ids::PluginName;
use crate::plugin::{Catalog, CheckError};
use crate::store::{Position, Store};

/// A plugin, and how it is to run.
#[derive(Debug, Args)]
pub(super) struct EnableArgs {
    /// The name of the plugin.
    pub(super) plugin: PluginName,
    /// What the plugin is set to: a JSON text, or `@` and the file that holds it. `{}`, unless it is said.
    #[arg(long, value_name = "JSON|@FILE")]
    config: Option<String>,
    /// Which release of the catalog runs: a version, or `latest`. It is pinned by its digest. Without
    /// this, the plugin folder's file runs.
    #[arg(long, value_name = "VERSION")]
    version: Option<WantedRelease>,
    /// Run it right before this plugin. Without it, a new plugin runs last.
    #[arg(long, value_name = "PLUGIN")]
    pub(super) before: Option<PluginName>,
    #[command(flatten)]
    grants: GrantArgs,
    #[command(flatten)]
    terms: TermsArgs,
}

/// A plugin that starts on the terms that were said.
pub(super) struct Enabling {
    pub(super) plugin: EnabledPlugin,
    pub(super) position: Position,
    /// What its manifest asks for in vain.
    pub(super) hint: Option<String>,
}

impl EnableArgs {
    /// Whether the plugin is named, and no more is said of it.
    pub(super) fn names_only(&self) -> bool {
        self.config.is_none() && self.version.is_none() && self.grants.is_empty() && self.terms.is_empty()
    }

    /// Finds the release, and tries whether the plugin takes its config.
    pub(super) async fn checked(self, data: &Data, store: &dyn Store) -> anyhow::Result<Enabling> {
        let config = json_text(self.config.as_deref().unwrap_or("{}"))?;
        let settings = data.settings().await?;
        let mut enabled = EnabledPlugin::new(self.plugin.clone(), config);
        self.terms.apply(&mut enabled.terms)?;
        self.grants.apply(&mut enabled.terms)?;

        let published = release::catalog(&settings).await;
        let requested = match self.version {
            None => Requested::by_file(&settings, &self.plugin)?,
            Some(wanted) => {
                let pinned = release::pin(store, published.as_ref(), &self.plugin, wanted).await?;
                release::check_config(published.as_ref(), &pinned, &enabled.config).await?;
                let requested = Requested::by_release(published.as_ref(), &pinned).await?;
                enabled.release = Some(pinned.release);
                requested
            }
        };
        let missing = requested.map(|requested| requested.beyond(&enabled.terms));
        let hint = if self.grants.as_requested {
            give(missing, &self.plugin, &mut enabled.terms)?;
            None
        } else {
            missing.and_then(|missing| missing.hint())
        };
        enabled.terms.limits.within(&settings.limits.most)?;
        check_secrets(&enabled.terms.grants, &settings.secrets)?;

        let catalog = Catalog::open(&settings.plugins, &settings.limits)?.with_releases(published);
        catalog.check(&enabled).await.map_err(|error| refusal(&error, hint.as_deref()))?;
        let position = self.before.map_or(Position::Last, Position::Before);
        Ok(Enabling { plugin: enabled, position, hint })
    }
}

impl Enabling {
    /// The version that is pinned.
    pub(super) fn version(&self) -> Option<Version> {
        self.plugin.release.as_ref().map(|release| release.version)
    }

    /// The plugin in a sentence.
    pub(super) fn words(&self) -> String {
        let version = self.version().map(|version| format!(" {version}")).unwrap_or_default();
        format!("Plugin `{}`{version}", self.plugin.name)
    }
}

/// Gives a plugin what is missing, and tells the operator what that is.
fn give(missing: Option<Requested>, plugin: &PluginName, terms: &mut Terms) -> anyhow::Result<()> {
    let Some(missing) = missing else {
        bail!("`{plugin}` has requested nothing: there is no `{plugin}.toml` beside its file");
    };
    for option in missing.options() {
        output::note(&format!("as requested by `{plugin}`: {option}"));
    }
    missing.give(terms);
    Ok(())
}

/// Why a plugin is not switched on, and what it asks for in vain.
fn refusal(error: &CheckError, hint: Option<&str>) -> anyhow::Error {
    let lines = fault_lines(error);
    match (error, hint) {
        (CheckError::Config(_), _) | (_, None) => anyhow!("{lines}"),
        (_, Some(hint)) => anyhow!("{lines}\n{hint}"),
    }
}
