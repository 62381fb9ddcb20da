//! `adit settings`: whether a server would take a settings file.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::output;
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum SettingsCommand {
    /// Say whether a server would take a settings file, and if not, in which line it is wrong.
    Check {
        /// The file.
        file: PathBuf,
    },
}

pub(super) fn run(data: &Path, command: SettingsCommand) -> anyhow::Result<()> {
    let SettingsCommand::Check { file } = command;
    Config::load(Some(&file), data)?;
    output::note(&format!("`{}` can be used.", file.display()));
    Ok(())
}
