//! `adit key`: make, list, change and revoke keys.

use std::collections::BTreeMap;

use anyhow::Context;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use super::explain::{self, ExplainArgs};
use super::key_edit::{self, KeyEditArgs, KeyRotateArgs};
use super::key_plugin::{self, EnabledView, KeyPluginCommand};
use super::key_policy::{self, KeyPolicyArgs};
use super::key_principal::{self, KeyPrincipalCommand};
use super::policy::PolicyView;
use super::when::Future;
use super::{key_argument, output, store, table};
use crate::ids::TeamName;
use crate::store::{Effective, Key, KeyName, Label, NewKey, Principal, Store, Team, Verification};

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key and print it, once.
    Create(CreateArgs),
    /// List all keys, the oldest first.
    List {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Change what a key is called, whose it is, and how long it is valid.
    Edit(KeyEditArgs),
    /// Give a key a new secret and print it, once. The old one is good for a while.
    Rotate(KeyRotateArgs),
    /// Make a key invalid for good.
    Revoke {
        /// The id of the key, its unique name, or the whole key.
        key: String,
    },
    /// Show or change on which terms a key is served, and what it may use.
    Policy(Box<KeyPolicyArgs>),
    /// Show on which terms a key is really served, where each comes from, and what is used of its limits.
    Explain(ExplainArgs),
    /// Switch plugins on and off for a key.
    #[command(subcommand)]
    Plugin(KeyPluginCommand),
    /// Say which callers that AWS has authenticated count as a key.
    #[command(subcommand)]
    Principal(KeyPrincipalCommand),
}

#[derive(Debug, Args)]
pub(super) struct CreateArgs {
    /// What you call the key, such as `laptop`.
    name: KeyName,
    /// The team that it belongs to.
    #[arg(long, value_name = "TEAM")]
    team: Option<TeamName>,
    /// Until when it is valid: a day, a time, or how long from now, such as `90d`. For good, unless it is
    /// said.
    #[arg(long, value_name = "TIME")]
    expires: Option<Future>,
    /// What you note about the key. Plugins can read it.
    #[arg(long = "label", value_name = "NAME=VALUE")]
    labels: Vec<Label>,
    /// Print the key alone, without the reminder.
    #[arg(long)]
    quiet: bool,
}

pub(super) async fn run(data: &store::Data, command: KeyCommand) -> anyhow::Result<()> {
    let keys = &*store::open(data).await?;
    match command {
        KeyCommand::Create(args) => create(keys, args).await?,
        KeyCommand::List { json } => list(keys, json).await?,
        KeyCommand::Edit(args) => key_edit::edit(keys, args).await?,
        KeyCommand::Rotate(args) => key_edit::rotate(keys, args).await?,
        KeyCommand::Revoke { key } => {
            let key = key_argument::find(keys, &key).await?;
            keys.revoke(&key.id, Timestamp::now()).await?;
            output::note(&format!("Key `{}` ({}) is revoked.", key.id, key.name));
        }
        KeyCommand::Policy(args) => key_policy::run(keys, *args).await?,
        KeyCommand::Explain(args) => explain::run(keys, args).await?,
        // It is large, and rarely typed.
        KeyCommand::Plugin(command) => Box::pin(key_plugin::run(data, keys, command)).await?,
        KeyCommand::Principal(command) => key_principal::run(keys, command).await?,
    }
    Ok(())
}

async fn create(keys: &dyn Store, args: CreateArgs) -> anyhow::Result<()> {
    let CreateArgs { name, team, expires, labels, quiet } = args;
    let expires = expires.map(|time| time.after(Timestamp::now())).transpose()?;
    let (api_key, key) = keys.create(NewKey { name, labels, team, expires }).await?;
    let id = &key.id;
    output::result(api_key.expose())
        .with_context(|| format!("key `{id}` was made but could not be printed: revoke it"))?;
    if !quiet {
        output::note(&format!("Keep key `{}` ({}) now: it is not shown again.", key.id, key.name));
    }
    Ok(())
}

async fn list(keys: &dyn Store, json: bool) -> anyhow::Result<()> {
    let (all, teams, now) = (keys.list().await?, keys.teams().await?, Timestamp::now());
    if json {
        let views = all.iter().map(|key| KeyView::of(key, now)).collect::<anyhow::Result<Vec<_>>>()?;
        return output::json(&views);
    }
    let rows: Vec<_> = all.iter().map(|key| row(key, &teams, now)).collect();
    let headings = ["ID", "NAME", "TEAM", "EXPIRES", "STATE", "PLUGINS", "LABELS"];
    Ok(output::result(&table::table(headings, &rows))?)
}

fn row(key: &Key, teams: &[Team], now: Timestamp) -> [String; 7] {
    let team = teams.iter().find(|team| Some(&team.name) == key.team.as_ref());
    let plugins = Effective::of(key, team).plugins;
    let plugins: Vec<_> = plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    let labels: Vec<_> = key.labels.iter().map(ToString::to_string).collect();
    [
        key.id.to_string(),
        key.name.to_string(),
        key.team.as_ref().map(ToString::to_string).unwrap_or_default(),
        key.expires.map(|expires| expires.strftime("%Y-%m-%d").to_string()).unwrap_or_default(),
        state(key, now).to_owned(),
        plugins.join(","),
        labels.join(","),
    ]
}

/// Whether a key is valid, in a word.
pub(super) fn state(key: &Key, now: Timestamp) -> &'static str {
    match key.validity(now) {
        Verification::Verified => "active",
        Verification::Revoked => "revoked",
        Verification::Expired | Verification::WrongSecret => "expired",
    }
}

/// A key in JSON.
#[derive(Serialize)]
struct KeyView<'a> {
    id: &'a str,
    name: &'a str,
    team: Option<&'a str>,
    labels: BTreeMap<&'a str, &'a str>,
    created: String,
    expires: Option<String>,
    revoked: Option<String>,
    state: &'static str,
    plugins: Vec<EnabledView<'a>>,
    switched_off: Vec<&'a str>,
    principals: Vec<&'a str>,
    policy: PolicyView,
}

impl<'a> KeyView<'a> {
    fn of(key: &'a Key, now: Timestamp) -> anyhow::Result<Self> {
        Ok(Self {
            id: key.id.as_str(),
            name: key.name.as_str(),
            team: key.team.as_ref().map(TeamName::as_str),
            labels: key.labels.iter().map(|label| (label.name.as_str(), label.value.as_str())).collect(),
            created: key.created.to_string(),
            expires: key.expires.as_ref().map(ToString::to_string),
            revoked: key.revoked.as_ref().map(ToString::to_string),
            state: state(key, now),
            plugins: key_plugin::views(&key.plugins)?,
            switched_off: key.switched_off.iter().map(crate::ids::PluginName::as_str).collect(),
            principals: key.principals.iter().map(Principal::as_str).collect(),
            policy: PolicyView::of(&key.policy),
        })
    }
}
