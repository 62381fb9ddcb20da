//! `adit key explain`: on which terms a key is really served, where each comes from, and what is used.

mod limits;
mod settings;
mod show;

use anyhow::anyhow;
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::key_plugin::EnabledView;
use super::plugin_source::Source;
use super::{key, key_argument, output, team_argument, when};
use crate::enabled::EnabledPlugin;
use crate::metering::{Meter, Metered};
use crate::store::{Effective, Key, Keys, Store, StoreError, Team};
use limits::{LimitView, RunningView};
use settings::Setting;

#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// The id of the key, its unique name, or the whole key.
    key: String,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(store: &dyn Store, args: ExplainArgs) -> anyhow::Result<()> {
    let key = key_argument::find(store, &args.key).await?;
    // As requests are served: with the releases that are rolled out to the key.
    let served = Keys::find(store, &key.id).await?.ok_or_else(|| StoreError::UnknownKey(key.id.clone()))?;
    let team = team_argument::of(store, &served.key).await?;
    let now = Timestamp::now();
    let mut meters = Vec::new();
    for metered in &served.terms.metered {
        let read = store.meter(&metered.scope, now).await;
        let mut meter = read.map_err(|failure| anyhow!("{}", failure.reason()))?;
        meter.sweep(now);
        meters.push((metered.clone(), meter));
    }
    let explained = Explained { key: &served.key, team: team.as_ref(), terms: &served.terms, meters, now };
    if args.json {
        return output::json(&explained.view()?);
    }
    Ok(output::result(&explained.text())?)
}

/// All that there is to say about a key.
struct Explained<'a> {
    key: &'a Key,
    team: Option<&'a Team>,
    terms: &'a Effective,
    /// The meters of the key and its team, where they have limits.
    meters: Vec<(Metered, Meter)>,
    now: Timestamp,
}

/// The same in JSON.
#[derive(Serialize)]
struct View<'a> {
    id: &'a str,
    name: &'a str,
    team: Option<&'a str>,
    state: &'static str,
    expires: Option<String>,
    settings: Vec<Setting>,
    plugins: Vec<EnabledView<'a>>,
    switched_off: Vec<&'a str>,
    limits: Vec<LimitView>,
    running: Vec<RunningView>,
}

impl Explained<'_> {
    fn view(&self) -> anyhow::Result<View<'_>> {
        let plugins = self.terms.plugins.iter();
        let plugins = plugins.map(|plugin| Ok(EnabledView::of(plugin)?.with_source(self.source(plugin))));
        Ok(View {
            id: self.key.id.as_str(),
            name: self.key.name.as_str(),
            team: self.team.map(|team| team.name.as_str()),
            state: key::state(self.key, self.now),
            expires: self.key.expires.map(when::second),
            settings: settings::all(self.key, self.team, self.terms),
            plugins: plugins.collect::<anyhow::Result<_>>()?,
            switched_off: self.switched_off().collect(),
            limits: limits::all(&self.meters, self.now),
            running: limits::running(&self.meters),
        })
    }

    fn source(&self, plugin: &EnabledPlugin) -> Source {
        Source::of(&self.key.plugins, self.of_team(), &plugin.name)
    }

    /// Whether a rollout has given a plugin another release than the one that was switched on.
    fn is_rolled_out(&self, plugin: &EnabledPlugin) -> bool {
        let pinned = self.key.plugins.iter().chain(self.of_team()).find(|pinned| pinned.name == plugin.name);
        pinned.is_some_and(|pinned| pinned.release != plugin.release)
    }

    /// The plugins of the team that do not run for the key.
    fn switched_off(&self) -> impl Iterator<Item = &str> {
        let of_team = self.of_team().iter().filter(|plugin| self.key.switched_off.contains(&plugin.name));
        of_team.map(|plugin| plugin.name.as_str())
    }

    fn of_team(&self) -> &[EnabledPlugin] {
        self.team.map(|team| team.plugins.as_slice()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
