//! `adit response-cache`: answers that are kept.

use clap::Subcommand;

use super::{key_argument, output, store, team_argument};
use crate::ids::TeamName;
use crate::metering::Scope;

#[derive(Debug, Subcommand)]
pub(super) enum ResponseCacheCommand {
    /// Forget all answers that are kept for a key, or for a team.
    Purge {
        /// The id of the key, its unique name, or the whole key.
        #[arg(required_unless_present = "team", conflicts_with = "team")]
        key: Option<String>,
        /// The team whose keys share answers.
        #[arg(long, value_name = "TEAM")]
        team: Option<TeamName>,
    },
}

pub(super) async fn run(data: &store::Data, command: ResponseCacheCommand) -> anyhow::Result<()> {
    let ResponseCacheCommand::Purge { key, team } = command;
    let store = &*store::open(data).await?;
    let scope = match (team, key) {
        (Some(team), _) => Scope::Team(team_argument::find(store, &team).await?.name),
        (None, key) => Scope::Key(key_argument::find(store, &key.unwrap_or_default()).await?.id),
    };
    let answers = store.purge_answers(&scope).await?;
    output::note(&match answers {
        1 => "1 answer is forgotten.".to_owned(),
        answers => format!("{answers} answers are forgotten."),
    });
    Ok(())
}
