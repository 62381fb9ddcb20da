//! `adit team plugin`: which plugins run for every key of a team, in which order.

use std::path::Path;

use clap::Subcommand;

use super::enable::EnableArgs;
use super::store::Data;
use super::{key_plugin, output, team_argument};
use crate::ids::{PluginName, TeamName};
use crate::store::Store;

#[derive(Debug, Subcommand)]
pub(super) enum TeamPluginCommand {
    /// Switch a plugin on for every key of a team, or give it another config. It counts from the next
    /// request on. A key that has it switched off, or with a config of its own, keeps that.
    Enable {
        /// The name of the team.
        name: TeamName,
        #[command(flatten)]
        args: Box<EnableArgs>,
    },
    /// Switch a plugin off for the team. It counts from the next request on.
    Disable {
        /// The name of the team.
        name: TeamName,
        /// The name of the plugin.
        plugin: PluginName,
    },
    /// List the plugins of a team in their order.
    List {
        /// The name of the team.
        name: TeamName,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
}

impl TeamPluginCommand {
    /// The settings file that it names.
    pub(super) fn settings(&self) -> Option<&Path> {
        match self {
            Self::Enable { args, .. } => args.settings.as_deref(),
            Self::Disable { .. } | Self::List { .. } => None,
        }
    }
}

pub(super) async fn run(data: &Data, store: &dyn Store, command: TeamPluginCommand) -> anyhow::Result<()> {
    match command {
        TeamPluginCommand::Enable { name, args } => {
            team_argument::find(store, &name).await?;
            let enabling = args.checked(data, store).await?;
            let (words, plugin, version) =
                (enabling.words(), enabling.plugin.name.clone(), enabling.version());
            store.enable_team_plugin(&name, enabling.plugin, enabling.position).await?;
            if let Some(version) = version {
                store.note_release(&plugin, version).await?;
            }
            output::note(&format!("{words} runs for the keys of team `{name}`."));
        }
        TeamPluginCommand::Disable { name, plugin } => {
            store.disable_team_plugin(&name, &plugin).await?;
            output::note(&format!("Plugin `{plugin}` no longer runs for team `{name}`."));
        }
        TeamPluginCommand::List { name, json } => {
            let plugins = team_argument::find(store, &name).await?.plugins;
            if json {
                return output::json(&key_plugin::views(&plugins)?);
            }
            output::result(&key_plugin::lines(&plugins, |_| "team".to_owned()))?;
        }
    }
    Ok(())
}
