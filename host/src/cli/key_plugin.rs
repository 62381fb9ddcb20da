//! `adit key plugin`: which plugins run for a key, in which order.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::anyhow;
use clap::Subcommand;
use serde::Serialize;
use serde_json::value::RawValue;

use super::grants::GrantArgs;
use super::plugin_terms::{self, TermsArgs};
use super::release::{self, WantedRelease};
use super::{key_argument, output, table};
use crate::config::Config;
use crate::enabled::EnabledPlugin;
use crate::ids::PluginName;
use crate::plugin::{Catalog, CheckError};
use crate::store::{Keys, Position, Sqlite};

#[derive(Debug, Subcommand)]
pub(super) enum KeyPluginCommand {
    #[command(flatten)]
    Switch(SwitchCommand),
    /// List the plugins of a key in their order.
    List {
        /// The id of the key, its unique name, or the whole key.
        key: String,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}

/// What `adit key plugin` and `adit plugin` have in common.
#[derive(Debug, Subcommand)]
pub(super) enum SwitchCommand {
    /// Switch a plugin on, or give it another config. It counts from the next request on.
    Enable {
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
    },
    /// Switch a plugin off. It counts from the next request on.
    Disable {
        /// The id of the key, its unique name, or the whole key.
        key: String,
        /// The name of the plugin.
        plugin: PluginName,
    },
}

pub(super) async fn run(data: &Path, keys: &Sqlite, command: KeyPluginCommand) -> anyhow::Result<()> {
    match command {
        KeyPluginCommand::Switch(command) => switch(data, keys, command).await,
        KeyPluginCommand::List { key, json } => list(keys, &key, json).await,
    }
}

/// Switches a plugin on or off.
pub(super) async fn switch(data: &Path, keys: &Sqlite, command: SwitchCommand) -> anyhow::Result<()> {
    match command {
        SwitchCommand::Enable { key, plugin, config, version, before, grants, terms, settings } => {
            let key = key_argument::find(keys, &key).await?;
            let config = json_text(&config)?;
            let settings = Config::load(settings.as_deref(), data)?;
            let mut enabled = EnabledPlugin::new(plugin.clone(), config);
            terms.apply(&mut enabled.terms, &settings.limits)?;
            grants.apply(&mut enabled.terms, &settings.secrets)?;
            let published = release::catalog(&settings).await;
            if let Some(wanted) = version {
                let pinned = release::pin(keys, published.as_ref(), &plugin, wanted).await?;
                release::check_config(published.as_ref(), &pinned, &enabled.config).await?;
                enabled.release = Some(pinned.release);
            }
            let catalog = Catalog::open(&settings.plugins, &settings.limits)?.with_releases(published);
            catalog.check(&enabled).await.map_err(|error| anyhow!("{}", fault_lines(&error)))?;
            let position = before.map_or(Position::Last, Position::Before);
            let version = enabled.release.as_ref().map(|release| release.version);
            keys.enable_plugin(&key.id, enabled, position).await?;
            if let Some(version) = version {
                keys.note_release(&plugin, version).await?;
            }
            let version = version.map(|version| format!(" {version}")).unwrap_or_default();
            output::note(&format!("Plugin `{plugin}`{version} runs for key `{}` ({}).", key.id, key.name));
        }
        SwitchCommand::Disable { key, plugin } => {
            let key = key_argument::find(keys, &key).await?;
            keys.disable_plugin(&key.id, &plugin).await?;
            output::note(&format!("Plugin `{plugin}` no longer runs for key `{}` ({}).", key.id, key.name));
        }
    }
    Ok(())
}

async fn list(keys: &Sqlite, key: &str, json: bool) -> anyhow::Result<()> {
    let plugins = key_argument::find(keys, key).await?.plugins;
    if json {
        return output::json(&views(&plugins)?);
    }
    let row = |plugin: &EnabledPlugin| {
        let terms = plugin_terms::words(&plugin.terms).join(" ");
        [plugin.name.to_string(), version(plugin), terms, in_one_line(&plugin.config)]
    };
    let rows: Vec<_> = plugins.iter().map(row).collect();
    output::result(&table::table(["PLUGIN", "VERSION", "TERMS", "CONFIG"], &rows))?;
    Ok(())
}

/// The pinned version, if the plugin does not come from the plugin folder.
fn version(plugin: &EnabledPlugin) -> String {
    plugin.release.as_ref().map(|release| release.version.to_string()).unwrap_or_default()
}

/// The JSON text of a `--config`, as it was written.
pub(super) fn json_text(argument: &str) -> anyhow::Result<String> {
    let text = match argument.strip_prefix('@') {
        Some(path) => fs::read_to_string(path).map_err(|error| anyhow!("cannot read `{path}`: {error}"))?,
        None => argument.to_owned(),
    };
    let json: &RawValue =
        serde_json::from_str(&text).map_err(|error| anyhow!("the config is not JSON: {error}"))?;
    Ok(json.get().to_owned())
}

/// Why a plugin does not start with a config, with each fault of the config on a line of its own.
pub(super) fn fault_lines(error: &CheckError) -> String {
    let faults: &[(String, String)] = if let CheckError::Config(faults) = error { faults } else { &[] };
    let lines = faults.iter().map(|(pointer, message)| {
        let place = if pointer.is_empty() { "(all of it)" } else { pointer };
        // The words are the plugin's: they do not move the cursor.
        format!("  {place}: {message}").replace(char::is_control, " ")
    });
    std::iter::once(error.to_string()).chain(lines).collect::<Vec<_>>().join("\n")
}

/// A config on one line.
fn in_one_line(config: &str) -> String {
    config.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// An enabled plugin in JSON.
#[derive(Serialize)]
pub(super) struct EnabledView<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    digest: Option<&'a str>,
    config: &'a RawValue,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    terms: Vec<String>,
}

impl<'a> EnabledView<'a> {
    fn of(plugin: &'a EnabledPlugin) -> anyhow::Result<Self> {
        let config = serde_json::from_str(&plugin.config)?;
        Ok(Self {
            name: plugin.name.as_str(),
            version: plugin.release.as_ref().map(|release| release.version.to_string()),
            digest: plugin.release.as_ref().map(|release| release.digest.as_str()),
            config,
            terms: plugin_terms::words(&plugin.terms),
        })
    }
}

pub(super) fn views(plugins: &[EnabledPlugin]) -> anyhow::Result<Vec<EnabledView<'_>>> {
    plugins.iter().map(EnabledView::of).collect()
}
