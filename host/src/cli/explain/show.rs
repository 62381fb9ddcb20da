//! What there is to say about a key, for people.

use super::{Explained, limits, settings};
use crate::cli::{key, key_plugin, table, when};

impl Explained<'_> {
    pub(super) fn text(&self) -> String {
        let parts = [self.head(), self.settings(), self.chain(), self.limits(), self.running()];
        parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
    }

    fn head(&self) -> String {
        let team = self.team.map(|team| format!(", team {}", team.name)).unwrap_or_default();
        let expires = self.key.expires.map(|time| format!(", until {}", when::second(time)));
        let (id, name, state) = (&self.key.id, &self.key.name, key::state(self.key, self.now));
        format!("key {id} ({name}){team}, {state}{}", expires.unwrap_or_default())
    }

    fn settings(&self) -> String {
        let settings = settings::all(self.key, self.team, self.terms);
        let rows: Vec<_> = settings
            .into_iter()
            .map(|setting| [setting.name, setting.from.words(self.team), setting.value])
            .collect();
        // A value is not cut: it is what was asked for.
        table::whole(["SETTING", "FROM", "VALUE"], &rows)
    }

    fn chain(&self) -> String {
        let mut lines = Vec::new();
        if self.terms.plugins.is_empty() {
            lines.push("no plugin runs".to_owned());
        } else {
            let from = |name: &crate::ids::PluginName| {
                let plugin = self.terms.plugins.iter().find(|plugin| plugin.name == *name);
                let source = plugin.map(|plugin| self.source(plugin).words(self.team)).unwrap_or_default();
                let rolled_out = plugin.is_some_and(|plugin| self.is_rolled_out(plugin));
                if rolled_out { format!("{source}, rollout") } else { source }
            };
            lines.push(key_plugin::lines(&self.terms.plugins, from));
        }
        lines.extend(
            self.switched_off().map(|plugin| format!("{plugin}: of the team, switched off by the key")),
        );
        lines.join("\n")
    }

    fn limits(&self) -> String {
        let limits = limits::all(&self.meters, self.now);
        if limits.is_empty() {
            return "no limits".to_owned();
        }
        let row = |limit: limits::LimitView| {
            let [most, now] = limit.words;
            [limit.limit, limit.of, most, now]
        };
        table::whole(["LIMIT", "FROM", "MOST", "NOW"], &limits.into_iter().map(row).collect::<Vec<_>>())
    }

    fn running(&self) -> String {
        let running = limits::running(&self.meters);
        if running.is_empty() {
            return String::new();
        }
        let row =
            |one: &limits::RunningView| [one.request.clone(), one.of.clone(), one.since.clone(), one.taken()];
        table::whole(["RUNNING", "FROM", "SINCE", "TAKEN"], &running.iter().map(row).collect::<Vec<_>>())
    }
}
