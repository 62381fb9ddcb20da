//! On which terms a key is really served: its own, over its team's, over the usual ones.

use std::collections::BTreeMap;

use super::{Guarding, Key, OnLoss, Policy, ResponseCaching, Tagging, Team};
use crate::chat::{Caching, Guardrail};
use crate::enabled::EnabledPlugin;
use crate::ids::ModelPattern;
use crate::metering::{Metered, Scope};

/// On which terms a key is served.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effective {
    /// Which models it may use; all, if there is no pattern.
    pub models: Vec<ModelPattern>,
    /// In which of the served regions models may be called; in all, if none is named.
    pub regions: Vec<String>,
    /// What else models are called.
    pub aliases: BTreeMap<String, String>,
    /// Which application inference profile stands for which model id.
    pub profiles: BTreeMap<String, String>,
    /// What happens when a part of a request has no effect.
    pub losses: OnLoss,
    /// What checks its prompts and answers.
    pub guardrail: Option<Guardrail>,
    /// Who marks what is worth keeping in the prompt cache.
    pub caching: Caching,
    /// Whether answers are kept.
    pub response_cache: ResponseCaching,
    /// Whether Bedrock notes with each call whose it is.
    pub tagging: Tagging,
    /// The plugins that run, in their order: the team's, then its own. One that both have runs at the
    /// team's place with the key's config.
    pub plugins: Vec<EnabledPlugin>,
    /// Itself and its team, where they have limits.
    pub metered: Vec<Metered>,
}

impl Effective {
    /// The terms of a key.
    pub fn of(key: &Key, team: Option<&Team>) -> Self {
        let layers = Layers { key: &key.policy, team: team.map(|team| &team.policy) };
        Self {
            models: layers.first(|policy| policy.models.as_ref()).unwrap_or_default(),
            regions: layers.first(|policy| policy.regions.as_ref()).unwrap_or_default(),
            aliases: layers.merged(|policy| &policy.aliases),
            profiles: layers.merged(|policy| &policy.profiles),
            losses: layers.first(|policy| policy.losses.as_ref()).unwrap_or_default(),
            guardrail: match layers.first(|policy| policy.guardrail.as_ref()) {
                Some(Guarding::By(guardrail)) => Some(guardrail),
                Some(Guarding::Off) | None => None,
            },
            caching: layers.first(|policy| policy.caching.as_ref()).unwrap_or_default(),
            response_cache: layers.first(|policy| policy.response_cache.as_ref()).unwrap_or_default(),
            tagging: layers.first(|policy| policy.tagging.as_ref()).unwrap_or_default(),
            plugins: chain(key, team),
            metered: metered(key, team),
        }
    }
}

/// The policies that a key is served by, its own first.
struct Layers<'a> {
    key: &'a Policy,
    team: Option<&'a Policy>,
}

impl<'a> Layers<'a> {
    fn first<T: Clone + 'a>(&self, member: impl Fn(&'a Policy) -> Option<&'a T>) -> Option<T> {
        member(self.key).or_else(|| self.team.and_then(&member)).cloned()
    }

    fn merged(
        &self,
        member: impl Fn(&'a Policy) -> &'a BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let mut all = self.team.map(&member).cloned().unwrap_or_default();
        all.extend(member(self.key).clone());
        all
    }
}

fn chain(key: &Key, team: Option<&Team>) -> Vec<EnabledPlugin> {
    let own = |name| key.plugins.iter().find(|plugin| plugin.name == name);
    let of_team = team.map(|team| team.plugins.as_slice()).unwrap_or_default();
    let first = of_team
        .iter()
        .filter(|plugin| !key.switched_off.contains(&plugin.name))
        .map(|plugin| own(plugin.name.clone()).unwrap_or(plugin));
    let is_of_team = |plugin: &EnabledPlugin| of_team.iter().any(|other| other.name == plugin.name);
    let then = key.plugins.iter().filter(|plugin| !is_of_team(plugin));
    first.chain(then).cloned().collect()
}

fn metered(key: &Key, team: Option<&Team>) -> Vec<Metered> {
    let own = Metered { scope: Scope::Key(key.id.clone()), limits: key.policy.limits.clone() };
    let teams = team
        .map(|team| Metered { scope: Scope::Team(team.name.clone()), limits: team.policy.limits.clone() });
    [Some(own), teams].into_iter().flatten().filter(|metered| !metered.limits.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use std::num::NonZeroU32;

    use jiff::Timestamp;

    use super::*;
    use crate::ids::{KeyId, PluginName, TeamName};
    use crate::metering::Limits;
    use crate::store::KeyName;

    fn plugin(name: &str, config: &str) -> EnabledPlugin {
        EnabledPlugin::new(PluginName::parse(name).unwrap(), config)
    }

    fn key() -> Key {
        Key::new(KeyId::parse("aaaaaaaaaa").unwrap(), KeyName::parse("a").unwrap(), Timestamp::UNIX_EPOCH)
    }

    fn team() -> Team {
        Team {
            name: TeamName::parse("search").unwrap(),
            created: Timestamp::UNIX_EPOCH,
            plugins: Vec::new(),
            policy: Policy::default(),
        }
    }

    #[expect(clippy::unnecessary_wraps, reason = "as a policy has it")]
    fn models(pattern: &str) -> Option<Vec<ModelPattern>> {
        Some(vec![ModelPattern::parse(pattern).unwrap()])
    }

    #[test]
    fn a_keys_own_terms_stand_over_its_teams() {
        let (mut key, mut team) = (key(), team());
        assert_eq!(Effective::of(&key, Some(&team)), Effective::default());
        team.policy.models = models("amazon.*");
        team.policy.losses = Some(OnLoss::Refuse);
        team.policy.aliases = [("fast", "a"), ("good", "b")].map(|(k, v)| (k.into(), v.into())).into();
        let inherited = Effective::of(&key, Some(&team));
        assert_eq!((Some(inherited.models), inherited.losses), (models("amazon.*"), OnLoss::Refuse));
        key.policy.models = models("meta.*");
        key.policy.losses = Some(OnLoss::Report);
        key.policy.aliases = [("fast".to_owned(), "c".to_owned())].into();
        let own = Effective::of(&key, Some(&team));
        assert_eq!((Some(own.models), own.losses), (models("meta.*"), OnLoss::Report));
        assert_eq!(own.aliases.values().collect::<Vec<_>>(), ["c", "b"]);
    }

    #[test]
    fn a_key_switches_its_teams_plugins_off_sets_them_otherwise_and_adds_its_own() {
        let (mut key, mut team) = (key(), team());
        team.plugins = vec![plugin("redact", "1"), plugin("guard", "2"), plugin("audit", "3")];
        key.plugins = vec![plugin("route", "4"), plugin("audit", "5")];
        key.switched_off = [PluginName::parse("guard").unwrap()].into();
        let plugins = Effective::of(&key, Some(&team)).plugins;
        let chain: Vec<_> = plugins.iter().map(|one| (one.name.as_str(), &*one.config)).collect();
        assert_eq!(chain, [("redact", "1"), ("audit", "5"), ("route", "4")]);
        assert_eq!(Effective::of(&key, None).plugins, key.plugins);
    }

    #[test]
    fn limits_of_both_count() {
        let (mut key, mut team) = (key(), team());
        let limits = Limits { requests_per_minute: NonZeroU32::new(5), ..Limits::default() };
        team.policy.limits = limits.clone();
        assert_eq!(Effective::of(&key, Some(&team)).metered.len(), 1);
        key.policy.limits = limits;
        let scopes: Vec<_> =
            Effective::of(&key, Some(&team)).metered.into_iter().map(|of| of.scope).collect();
        assert_eq!(scopes, [Scope::Key(key.id), Scope::Team(team.name)]);
    }
}
