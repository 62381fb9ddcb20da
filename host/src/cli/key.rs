//! `adit key`: make, list and revoke keys.

use std::collections::BTreeMap;

use anyhow::Context;
use clap::Subcommand;
use jiff::Timestamp;
use serde::Serialize;

use super::key_plugin::{self, EnabledView, KeyPluginCommand};
use super::key_policy::{self, KeyPolicyArgs, PolicyView};
use super::{key_argument, output, store, table};
use crate::store::{Key, KeyName, Label, NewKey};

#[derive(Debug, Subcommand)]
pub(super) enum KeyCommand {
    /// Make a key and print it, once.
    Create {
        /// What you call the key, such as `laptop`.
        name: KeyName,
        /// What you note about the key. Plugins can read it.
        #[arg(long = "label", value_name = "NAME=VALUE")]
        labels: Vec<Label>,
        /// Print the key alone, without the reminder.
        #[arg(long)]
        quiet: bool,
    },
    /// List all keys, the oldest first.
    List {
        /// Print one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Make a key invalid for good.
    Revoke {
        /// The id of the key, its unique name, or the whole key.
        key: String,
    },
    /// Show or change on which terms a key is served: models, losses, guardrail, caching.
    Policy(KeyPolicyArgs),
    /// Switch plugins on and off for a key.
    #[command(subcommand)]
    Plugin(KeyPluginCommand),
}

pub(super) async fn run(data: &store::Data, command: KeyCommand) -> anyhow::Result<()> {
    let settings = match &command {
        KeyCommand::Plugin(command) => command.settings(),
        _ => None,
    };
    let keys = &*store::open(data, settings).await?;
    match command {
        KeyCommand::Create { name, labels, quiet } => {
            let (api_key, key) = keys.create(NewKey { labels, ..NewKey::named(name) }).await?;
            let id = &key.id;
            output::result(api_key.expose())
                .with_context(|| format!("key `{id}` was made but could not be printed: revoke it"))?;
            if !quiet {
                output::note(&format!("Keep key `{}` ({}) now: it is not shown again.", key.id, key.name));
            }
        }
        KeyCommand::List { json } => {
            let all = keys.list().await?;
            if json {
                output::json(&all.iter().map(KeyView::of).collect::<anyhow::Result<Vec<_>>>()?)?;
            } else {
                let rows: Vec<_> = all.iter().map(row).collect();
                output::result(&table::table(
                    ["ID", "NAME", "CREATED", "STATE", "PLUGINS", "LABELS"],
                    &rows,
                ))?;
            }
        }
        KeyCommand::Revoke { key } => {
            let key = key_argument::find(keys, &key).await?;
            keys.revoke(&key.id, Timestamp::now()).await?;
            output::note(&format!("Key `{}` ({}) is revoked.", key.id, key.name));
        }
        KeyCommand::Policy(args) => key_policy::run(keys, args).await?,
        KeyCommand::Plugin(command) => key_plugin::run(data, keys, command).await?,
    }
    Ok(())
}

fn row(key: &Key) -> [String; 6] {
    let state = if key.revoked.is_some() { "revoked" } else { "active" };
    let plugins: Vec<_> = key.plugins.iter().map(|plugin| plugin.name.as_str()).collect();
    let labels: Vec<_> = key.labels.iter().map(ToString::to_string).collect();
    [
        key.id.to_string(),
        key.name.to_string(),
        key.created.strftime("%Y-%m-%d").to_string(),
        state.to_owned(),
        plugins.join(","),
        labels.join(","),
    ]
}

/// A key in JSON.
#[derive(Serialize)]
struct KeyView<'a> {
    id: &'a str,
    name: &'a str,
    labels: BTreeMap<&'a str, &'a str>,
    created: String,
    revoked: Option<String>,
    plugins: Vec<EnabledView<'a>>,
    policy: PolicyView,
}

impl<'a> KeyView<'a> {
    fn of(key: &'a Key) -> anyhow::Result<Self> {
        Ok(Self {
            id: key.id.as_str(),
            name: key.name.as_str(),
            labels: key.labels.iter().map(|label| (label.name.as_str(), label.value.as_str())).collect(),
            created: key.created.to_string(),
            revoked: key.revoked.as_ref().map(ToString::to_string),
            plugins: key_plugin::views(&key.plugins)?,
            policy: PolicyView::of(&key.policy),
        })
    }
}
