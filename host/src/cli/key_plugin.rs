//! `adit key plugin`: which plugins run for a key, in which order.

use std::fs;
use std::path::Path;

use anyhow::{anyhow, bail};
use clap::Subcommand;
use serde::Serialize;
use serde_json::value::RawValue;

use super::enable::EnableArgs;
use super::plugin_source::Source;
use super::store::Data;
use super::{key_argument, output, plugin_terms, table, team_argument};
use crate::enabled::EnabledPlugin;
use crate::ids::PluginName;
use crate::plugin::CheckError;
use crate::store::{Effective, Key, Store};

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
    /// Switch a plugin on, or give it another config. It counts from the next request on. A plugin of the
    /// key's team that was switched off for the key runs again; with options, on terms of the key's own.
    Enable {
        /// The id of the key, its unique name, or the whole key.
        key: String,
        #[command(flatten)]
        args: Box<EnableArgs>,
    },
    /// Switch a plugin off, also one of the key's team for this key. It counts from the next request on.
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
            Self::Enable { args, .. } => args.settings.as_deref(),
            Self::Disable { .. } => None,
        }
    }
}

pub(super) async fn run(data: &Data, keys: &dyn Store, command: KeyPluginCommand) -> anyhow::Result<()> {
    match command {
        KeyPluginCommand::Switch(command) => switch(data, keys, command).await,
        KeyPluginCommand::List { key, json } => list(keys, &key, json).await,
    }
}

/// Switches a plugin on or off.
pub(super) async fn switch(data: &Data, keys: &dyn Store, command: SwitchCommand) -> anyhow::Result<()> {
    match command {
        SwitchCommand::Enable { key, args } => {
            let key = key_argument::find(keys, &key).await?;
            enable(data, keys, &key, *args).await
        }
        SwitchCommand::Disable { key, plugin } => {
            let key = key_argument::find(keys, &key).await?;
            let runs = |name: &PluginName| key.plugins.iter().any(|enabled| enabled.name == *name);
            match team_argument::of(keys, &key).await?.filter(|team| has(&team.plugins, &plugin)) {
                Some(_) if runs(&plugin) || !key.switched_off.contains(&plugin) => {
                    keys.switch_off_plugin(&key.id, &plugin).await?;
                }
                _ => keys.disable_plugin(&key.id, &plugin).await?,
            }
            output::note(&format!("Plugin `{plugin}` no longer runs for key `{}` ({}).", key.id, key.name));
            Ok(())
        }
    }
}

async fn enable(data: &Data, keys: &dyn Store, key: &Key, args: EnableArgs) -> anyhow::Result<()> {
    let plugin = args.plugin.clone();
    let team = team_argument::of(keys, key).await?;
    let of_team = |name: &PluginName| team.as_ref().filter(|team| has(&team.plugins, name));
    if let Some(team) = args.before.as_ref().and_then(of_team).or_else(|| of_team(&plugin))
        && args.before.is_some()
    {
        bail!(
            "`--before` orders a key's own plugins, which run after those of its team `{}`: leave it out, or order the team's",
            team.name
        );
    }
    if let Some(team) = of_team(&plugin)
        && args.names_only()
    {
        keys.take_back_plugin(&key.id, &plugin).await?;
        let (id, name, team) = (&key.id, &key.name, &team.name);
        output::note(&format!("Plugin `{plugin}` runs for key `{id}` ({name}) as for its team `{team}`."));
        return Ok(());
    }
    let enabling = args.checked(data, keys).await?;
    let (words, version) = (enabling.words(), enabling.version());
    keys.enable_plugin(&key.id, enabling.plugin, enabling.position).await?;
    if let Some(version) = version {
        keys.note_release(&plugin, version).await?;
    }
    output::note(&format!("{words} runs for key `{}` ({}).", key.id, key.name));
    enabling.hint.iter().for_each(|hint| output::note(&format!("It runs, but {hint}.")));
    Ok(())
}

fn has(plugins: &[EnabledPlugin], name: &PluginName) -> bool {
    plugins.iter().any(|enabled| enabled.name == *name)
}

async fn list(keys: &dyn Store, key: &str, json: bool) -> anyhow::Result<()> {
    let key = key_argument::find(keys, key).await?;
    let team = team_argument::of(keys, &key).await?;
    let plugins = Effective::of(&key, team.as_ref()).plugins;
    let of_team = team.as_ref().map(|team| team.plugins.as_slice()).unwrap_or_default();
    if json {
        let source = |plugin: &EnabledPlugin| Source::of(&key.plugins, of_team, &plugin.name);
        let views = plugins.iter().map(|plugin| Ok(EnabledView::of(plugin)?.with_source(source(plugin))));
        return output::json(&views.collect::<anyhow::Result<Vec<_>>>()?);
    }
    output::result(&lines(&plugins, |name| Source::of(&key.plugins, of_team, name).words(team.as_ref())))?;
    for plugin in key.switched_off.iter().filter(|plugin| has(of_team, plugin)) {
        output::note(&format!("Plugin `{plugin}` of the team is switched off for this key."));
    }
    Ok(())
}

/// A chain as a table.
pub(super) fn lines(plugins: &[EnabledPlugin], from: impl Fn(&PluginName) -> String) -> String {
    let row = |plugin: &EnabledPlugin| {
        let terms = plugin_terms::words(&plugin.terms).join(" ");
        [plugin.name.to_string(), version(plugin), from(&plugin.name), terms, in_one_line(&plugin.config)]
    };
    let rows: Vec<_> = plugins.iter().map(row).collect();
    table::table(["PLUGIN", "VERSION", "FROM", "TERMS", "CONFIG"], &rows)
}

/// The pinned version, if the plugin does not come from the plugin folder.
pub(super) fn version(plugin: &EnabledPlugin) -> String {
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
    /// Who switched it on, where that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'static str>,
}

impl<'a> EnabledView<'a> {
    pub(super) fn of(plugin: &'a EnabledPlugin) -> anyhow::Result<Self> {
        let config = serde_json::from_str(&plugin.config)?;
        Ok(Self {
            name: plugin.name.as_str(),
            version: plugin.release.as_ref().map(|release| release.version.to_string()),
            digest: plugin.release.as_ref().map(|release| release.digest.as_str()),
            config,
            terms: plugin_terms::words(&plugin.terms),
            from: None,
        })
    }

    /// The same, with who switched it on.
    pub(super) fn with_source(self, source: Source) -> Self {
        Self { from: Some(source.word()), ..self }
    }
}

pub(super) fn views(plugins: &[EnabledPlugin]) -> anyhow::Result<Vec<EnabledView<'_>>> {
    plugins.iter().map(EnabledView::of).collect()
}
