//! `adit team`: keys that belong together.

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::key_plugin::{self, EnabledView};
use super::policy::{self, PolicyArgs, PolicyView};
use super::team_plugin::{self, TeamPluginCommand};
use super::{output, store, table, team_argument};
use crate::ids::TeamName;
use crate::store::{Key, Policy, Store, Team};

#[derive(Debug, Subcommand)]
pub(super) enum TeamCommand {
    /// Make a team.
    Create {
        /// What it is called: lower-case letters, digits, `-` and `_`.
        name: TeamName,
    },
    /// List all teams.
    List {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Show a team: its terms, its plugins and its keys.
    Show {
        /// The name of the team.
        name: TeamName,
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Show or change on which terms the keys of a team are served, and what they may use together.
    Policy(TeamPolicyArgs),
    /// Switch plugins on and off for every key of a team.
    #[command(subcommand)]
    Plugin(TeamPluginCommand),
    /// Remove a team that has no valid keys any more.
    Remove {
        /// The name of the team.
        name: TeamName,
    },
}

/// Without any option the terms are shown. What is not named stays as it is.
#[derive(Debug, Args)]
pub(super) struct TeamPolicyArgs {
    /// The name of the team.
    name: TeamName,
    #[command(flatten)]
    policy: Box<PolicyArgs>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(data: &store::Data, command: TeamCommand) -> anyhow::Result<()> {
    let store = &*store::open(data).await?;
    match command {
        TeamCommand::Create { name } => {
            let created = Timestamp::now();
            let team = Team { name: name.clone(), created, plugins: Vec::new(), policy: Policy::default() };
            store.create_team(team).await?;
            output::note(&format!(
                "Team `{name}` is there. `adit key create NAME --team {name}` makes a key in it."
            ));
            Ok(())
        }
        TeamCommand::List { json } => list(store, json).await,
        TeamCommand::Show { name, json } => show(store, &name, json).await,
        TeamCommand::Policy(args) => set_policy(store, args).await,
        TeamCommand::Plugin(command) => team_plugin::run(data, store, command).await,
        TeamCommand::Remove { name } => {
            store.remove_team(&name).await?;
            output::note(&format!("Team `{name}` is removed."));
            Ok(())
        }
    }
}

async fn list(store: &dyn Store, json: bool) -> anyhow::Result<()> {
    let (teams, keys) = (store.teams().await?, store.list().await?);
    if json {
        let views = teams.iter().map(|team| TeamView::of(team, &keys)).collect::<anyhow::Result<Vec<_>>>()?;
        return output::json(&views);
    }
    let row = |team: &Team| {
        let plugins: Vec<_> = team.plugins.iter().map(|plugin| plugin.name.as_str()).collect();
        let created = team.created.strftime("%Y-%m-%d").to_string();
        [team.name.to_string(), created, valid(team, &keys).count().to_string(), plugins.join(",")]
    };
    let rows: Vec<_> = teams.iter().map(row).collect();
    Ok(output::result(&table::table(["TEAM", "CREATED", "KEYS", "PLUGINS"], &rows))?)
}

async fn show(store: &dyn Store, name: &TeamName, json: bool) -> anyhow::Result<()> {
    let team = team_argument::find(store, name).await?;
    let keys = store.list().await?;
    if json {
        return output::json(&TeamView::of(&team, &keys)?);
    }
    let mut parts = vec![policy::lines(&team.policy)];
    if !team.plugins.is_empty() {
        parts.push(key_plugin::lines(&team.plugins, |_| "team".to_owned()));
    }
    let rows: Vec<_> = valid(&team, &keys).map(|key| [key.id.to_string(), key.name.to_string()]).collect();
    if !rows.is_empty() {
        parts.push(table::table(["KEY", "NAME"], &rows));
    }
    Ok(output::result(&parts.join("\n\n"))?)
}

async fn set_policy(store: &dyn Store, args: TeamPolicyArgs) -> anyhow::Result<()> {
    let mut team = team_argument::find(store, &args.name).await?;
    let mut changed = team.policy.clone();
    args.policy.apply(&mut changed);
    if changed != team.policy {
        let said = args.policy;
        let change = move |team: &mut Team| {
            said.apply(&mut team.policy);
            Ok(())
        };
        team = store.edit_team(&args.name, Box::new(change)).await?;
        output::note(&format!("The keys of team `{}` are served on new terms from now on.", team.name));
    }
    if args.json {
        return output::json(&PolicyView::of(&team.policy));
    }
    Ok(output::result(&policy::lines(&team.policy))?)
}

fn valid<'a>(team: &'a Team, keys: &'a [Key]) -> impl Iterator<Item = &'a Key> {
    keys.iter().filter(|key| key.team.as_ref() == Some(&team.name) && key.revoked.is_none())
}

/// A team in JSON.
#[derive(Serialize)]
struct TeamView<'a> {
    name: &'a str,
    created: String,
    keys: Vec<&'a str>,
    plugins: Vec<EnabledView<'a>>,
    policy: PolicyView,
}

impl<'a> TeamView<'a> {
    fn of(team: &'a Team, keys: &'a [Key]) -> anyhow::Result<Self> {
        Ok(Self {
            name: team.name.as_str(),
            created: team.created.to_string(),
            keys: valid(team, keys).map(|key| key.id.as_str()).collect(),
            plugins: key_plugin::views(&team.plugins)?,
            policy: PolicyView::of(&team.policy),
        })
    }
}
