//! `adit plugin enable`, which is `adit key plugin enable` too.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};
use clap::Args;

use super::grants::{GrantArgs, check_secrets};
use super::key_plugin::{fault_lines, json_text};
use super::plugin_terms::TermsArgs;
use super::release::{self, WantedRelease};
use super::requested::Requested;
use super::{key_argument, output};
use crate::config::Config;
use crate::enabled::{EnabledPlugin, Terms};
use crate::ids::PluginName;
use crate::plugin::{Catalog, CheckError};
use crate::store::{Position, Store};

#[derive(Debug, Args)]
pub(super) struct EnableArgs {
    /// The id of the key, its unique name, or the whole key.
    key: String,
    /// The name of the plugin.
    plugin: PluginName,
    /// What the plugin is set to: a JSON text, or `@` and the file that holds it.
    #[arg(long, value_name = "JSON|@FILE", default_value = "{}")]
    config: String,
    /// Which release of the catalog runs: a version, or `latest`. It is pinned by its digest. Without
    /// this, the plugin folder's file runs.
    #[arg(long, value_name = "VERSION")]
    version: Option<WantedRelease>,
    /// Run it right before this plugin. Without it, a new plugin runs last.
    #[arg(long, value_name = "PLUGIN")]
    before: Option<PluginName>,
    #[command(flatten)]
    grants: GrantArgs,
    #[command(flatten)]
    terms: TermsArgs,
    /// The settings file, such as `adit.toml`.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

/// Switches a plugin on.
pub(super) async fn enable(data: &Path, keys: &dyn Store, arguments: EnableArgs) -> anyhow::Result<()> {
    let EnableArgs { key, plugin, config, version, before, grants, terms, settings } = arguments;
    let key = key_argument::find(keys, &key).await?;
    let settings = Config::load(settings.as_deref(), data)?;
    let mut enabled = EnabledPlugin::new(plugin.clone(), json_text(&config)?);
    terms.apply(&mut enabled.terms)?;
    grants.apply(&mut enabled.terms)?;

    let published = release::catalog(&settings).await;
    let requested = match version {
        None => Requested::by_file(&settings, &plugin)?,
        Some(wanted) => {
            let pinned = release::pin(keys, published.as_ref(), &plugin, wanted).await?;
            release::check_config(published.as_ref(), &pinned, &enabled.config).await?;
            let requested = Requested::by_release(published.as_ref(), &pinned).await?;
            enabled.release = Some(pinned.release);
            requested
        }
    };
    let missing = requested.map(|requested| requested.beyond(&enabled.terms));
    let hint = if grants.as_requested {
        give(missing, &plugin, &mut enabled.terms)?;
        None
    } else {
        missing.and_then(|missing| missing.hint())
    };
    enabled.terms.limits.within(&settings.limits.most)?;
    check_secrets(&enabled.terms.grants, &settings.secrets)?;

    let catalog = Catalog::open(&settings.plugins, &settings.limits)?.with_releases(published);
    catalog.check(&enabled).await.map_err(|error| refusal(&error, hint.as_deref()))?;
    let position = before.map_or(Position::Last, Position::Before);
    let version = enabled.release.as_ref().map(|release| release.version);
    keys.enable_plugin(&key.id, enabled, position).await?;
    if let Some(version) = version {
        keys.note_release(&plugin, version).await?;
    }
    let version = version.map(|version| format!(" {version}")).unwrap_or_default();
    output::note(&format!("Plugin `{plugin}`{version} runs for key `{}` ({}).", key.id, key.name));
    if let Some(hint) = hint {
        output::note(&format!("It runs, but {hint}."));
    }
    Ok(())
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
