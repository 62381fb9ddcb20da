//! `adit plugin`: what lies in the plugin folder, who has it, how it does, and what is published.

use std::path::PathBuf;

use clap::Subcommand;
use serde::Serialize;

use super::key_plugin::{self, SwitchCommand};
use super::plugin_rollout::{self, RolloutArgs};
use super::precompile::{self, PrecompileArgs};
use super::publish::{self, PublishArgs, ReleasesArgs};
use super::{SettingsFile, output, plugin_status, store, table};
use crate::plugin::{Catalog, Entry};

#[derive(Debug, Subcommand)]
pub(super) enum PluginCommand {
    /// List the plugins, with what keeps one from being used.
    List {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: SettingsFile,
    },
    #[command(flatten)]
    Switch(SwitchCommand),
    /// Show what the plugins did, and which releases are rolled out.
    Status {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Try a release with some of the keys that have its plugin.
    Rollout(RolloutArgs),
    /// Make a key that signs releases, and print its public half for `[catalog] trusted_keys`.
    Keygen {
        /// The file to make, which nobody else may read.
        file: PathBuf,
    },
    /// Check a plugin, compile it, sign it, and put it into a catalog as a release.
    Publish(PublishArgs),
    /// Compile a published release for the engine of this Adit, sign the code, and add it to the catalog.
    Precompile(PrecompileArgs),
    /// List what a catalog holds.
    Releases(ReleasesArgs),
    #[cfg(feature = "compiler")]
    #[command(flatten)]
    Author(super::author::AuthorCommand),
}

pub(super) async fn run(data: &store::Data, command: PluginCommand) -> anyhow::Result<()> {
    match command {
        PluginCommand::List { json, settings } => list(&data.with(settings), json).await,
        PluginCommand::Switch(command) => key_plugin::switch(data, &*store::open(data).await?, command).await,
        PluginCommand::Status { json } => plugin_status::run(&*store::open(data).await?, json).await,
        #[cfg(feature = "compiler")]
        PluginCommand::Author(command) => super::author::run(command).await,
        PluginCommand::Rollout(args) => {
            let data = &data.with(args.settings.clone());
            plugin_rollout::run(data, &*store::open(data).await?, args).await
        }
        PluginCommand::Keygen { file } => publish::keygen(&file),
        PluginCommand::Publish(arguments) => publish::publish(data, arguments).await,
        PluginCommand::Precompile(arguments) => precompile::precompile(data, arguments).await,
        PluginCommand::Releases(arguments) => publish::releases(data, arguments).await,
    }
}

async fn list(data: &store::Data, json: bool) -> anyhow::Result<()> {
    let settings = data.config()?;
    let entries = Catalog::open(&settings.plugins, &settings.limits)?.list().await;
    if json {
        return output::json(&entries.iter().map(EntryView::of).collect::<Vec<_>>());
    }
    let rows: Vec<_> = entries.iter().map(row).collect();
    output::result(&table::table(["PLUGIN", "VERSION", "SIZE", "STATE", "IMPORTS", "HOOKS"], &rows))?;
    // Too long for a table.
    for problem in entries.iter().filter_map(|entry| entry.problem.as_deref()) {
        output::note(problem);
    }
    if entries.iter().any(|entry| entry.problem.is_some()) {
        output::note("A server that loaded another file of that name before runs on with it.");
    }
    Ok(())
}

fn row(entry: &Entry) -> [String; 6] {
    let state = if entry.problem.is_some() { "refused" } else { "ready" };
    [
        entry.name.clone(),
        entry.version.clone().unwrap_or_default(),
        format!("{} KiB", entry.size_bytes.div_ceil(1024)),
        state.to_owned(),
        entry.imports.join(","),
        entry.hooks.join(","),
    ]
}

/// A plugin in JSON.
#[derive(Serialize)]
struct EntryView<'a> {
    name: &'a str,
    version: Option<&'a str>,
    hooks: &'a [&'static str],
    imports: &'a [&'static str],
    size_bytes: u64,
    problem: Option<&'a str>,
}

impl<'a> EntryView<'a> {
    fn of(entry: &'a Entry) -> Self {
        Self {
            name: &entry.name,
            version: entry.version.as_deref(),
            hooks: &entry.hooks,
            imports: &entry.imports,
            size_bytes: entry.size_bytes,
            problem: entry.problem.as_deref(),
        }
    }
}
