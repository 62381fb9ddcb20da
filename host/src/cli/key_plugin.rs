//! `adit key plugin`: which plugins run for a key, in which order.

use std::fs;
use std::path::Path;

use anyhow::anyhow;
use clap::Subcommand;
use serde::Serialize;
use serde_json::value::RawValue;

use super::plugin_enable::{self, EnableArgs};
use super::{key_argument, output, plugin_terms, table};
use crate::enabled::EnabledPlugin;
use crate::ids::PluginName;
use crate::plugin::CheckError;
use crate::store::Store;

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

impl KeyPluginCommand {
    /// The settings file that it names.
    pub(super) fn settings(&self) -> Option<&Path> {
        match self {
            Self::Switch(command) => command.settings(),
            Self::List { .. } => None,
        }
    }
}

/// What `adit key plugin` and `adit plugin` have in common.
#[derive(Debug, Subcommand)]
pub(super) enum SwitchCommand {
    /// Switch a plugin on, or give it another config. It counts from the next request on.
    Enable(EnableArgs),
    /// Switch a plugin off. It counts from the next request on.
    Disable {
        /// The id of the key, its unique name, or the whole key.
        key: String,
        /// The name of the plugin.
        plugin: PluginName,
    },
}

impl SwitchCommand {
    /// The settings file that it names.
    pub(super) fn settings(&self) -> Option<&Path> {
        match self {
            Self::Enable { settings, .. } => settings.as_deref(),
            Self::Disable { .. } => None,
        }
    }
}

pub(super) async fn run(data: &Path, keys: &dyn Store, command: KeyPluginCommand) -> anyhow::Result<()> {
    match command {
        KeyPluginCommand::Switch(command) => switch(data, keys, command).await,
        KeyPluginCommand::List { key, json } => list(keys, &key, json).await,
    }
}

/// Switches a plugin on or off.
pub(super) async fn switch(data: &Path, keys: &dyn Store, command: SwitchCommand) -> anyhow::Result<()> {
    match command {
        SwitchCommand::Enable(arguments) => plugin_enable::enable(data, keys, arguments).await?,
        SwitchCommand::Disable { key, plugin } => {
            let key = key_argument::find(keys, &key).await?;
            keys.disable_plugin(&key.id, &plugin).await?;
            output::note(&format!("Plugin `{plugin}` no longer runs for key `{}` ({}).", key.id, key.name));
        }
    }
    Ok(())
}

async fn list(keys: &dyn Store, key: &str, json: bool) -> anyhow::Result<()> {
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
