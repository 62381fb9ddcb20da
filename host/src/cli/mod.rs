//! The operator's commands.
//!
//! What a command found goes to stdout, and nothing else does. Notes and errors go to stderr.

#[cfg(feature = "compiler")]
mod author;
mod enable;
mod explain;
mod grants;
mod key;
mod key_argument;
mod key_edit;
mod key_plugin;
mod key_policy;
mod key_principal;
mod log;
mod output;
mod plugin;
mod plugin_rollout;
mod plugin_source;
mod plugin_status;
mod plugin_terms;
mod policy;
mod precompile;
mod publish;
mod release;
mod requested;
mod response_cache;
pub mod serve;
mod settings;
mod stack;
mod store;
mod table;
mod team;
mod team_argument;
mod team_plugin;
mod usage;
mod when;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

pub use log::LogFormat;

/// A proxy for Amazon Bedrock: OpenAI-compatible outside, with WebAssembly plugins between.
#[derive(Debug, Parser)]
#[command(name = "adit", version, arg_required_else_help = true, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    data: store::Data,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests until stopped.
    Serve(ServeArgs),
    /// Make, list, change and revoke keys, switch plugins for them, and say what they may use.
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Make teams of keys, and say what their keys have in common.
    #[command(subcommand)]
    Team(team::TeamCommand),
    /// Show what was used, by whom, and what it cost.
    Usage(usage::UsageArgs),
    /// Forget answers that are kept.
    #[command(subcommand)]
    ResponseCache(response_cache::ResponseCacheCommand),
    /// Look at plugins, switch them on and off for keys, make them, and publish them.
    #[command(subcommand)]
    Plugin(plugin::PluginCommand),
    /// Make the tables of a store in DynamoDB.
    #[command(subcommand)]
    Store(store::StoreCommand),
    /// Look at a settings file.
    #[command(subcommand)]
    Settings(settings::SettingsCommand),
}

/// What `adit serve` is told, beside the data folder.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// Where to send requests instead of Amazon, such as the address of a `bedrock-sim`.
    #[arg(long, value_name = "URL")]
    pub upstream: Option<String>,
    /// How a line of the log looks.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
    /// The settings.
    #[command(flatten)]
    pub settings: SettingsFile,
}

/// The settings file, for commands that have no other `--config`.
#[derive(Debug, Clone, Args)]
pub struct SettingsFile {
    /// The same as `--settings`.
    #[arg(id = "config", long = "config", value_name = "FILE")]
    pub path: Option<PathBuf>,
}

/// Runs the command that was typed, and says on stderr why it failed.
pub fn run() -> ExitCode {
    match Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::note(&format!("error: {}", in_one_text(&error)));
            ExitCode::FAILURE
        }
    }
}

impl Cli {
    fn run(self) -> anyhow::Result<()> {
        match &self.command {
            Command::Serve(args) => crate::log::start("info", args.log_format.into())?,
            Command::Key(_)
            | Command::Team(_)
            | Command::Usage(_)
            | Command::ResponseCache(_)
            | Command::Plugin(_)
            | Command::Store(_)
            | Command::Settings(_) => crate::log::start("warn", LogFormat::Text.into())?,
        }
        let runtime = tokio::runtime::Runtime::new()?;
        runtime.block_on(async {
            match self.command {
                Command::Serve(args) => Box::pin(serve::run(&self.data, args)).await,
                Command::Key(command) => key::run(&self.data, command).await,
                Command::Team(command) => team::run(&self.data, command).await,
                Command::Usage(args) => usage::run(&self.data, args).await,
                Command::ResponseCache(command) => response_cache::run(&self.data, command).await,
                Command::Plugin(command) => Box::pin(plugin::run(&self.data, command)).await,
                Command::Store(command) => store::run(&self.data, command).await,
                Command::Settings(command) => settings::run(&self.data, command),
            }
        })
    }
}

/// An error and its causes, but for a cause that is told already.
fn in_one_text(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_commands_that_clap_accepts() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }

    #[test]
    fn tells_each_cause_once() {
        let error =
            anyhow::anyhow!("no such file").context("cannot read `a`: no such file").context("cannot start");
        assert_eq!(in_one_text(&error), "cannot start: cannot read `a`: no such file");
    }
}
