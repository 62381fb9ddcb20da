//! Each setting, and who has set it.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::cli::policy::view;
use crate::store::{Effective, Key, Policy, Team};

/// A setting as it counts for a key.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Setting {
    #[serde(rename = "setting")]
    pub(super) name: String,
    pub(super) value: String,
    pub(super) from: Origin,
}

/// Who has set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Origin {
    Key,
    Team,
    Default,
}

impl Origin {
    fn of(key: bool, team: bool) -> Self {
        match (key, team) {
            (true, _) => Self::Key,
            (false, true) => Self::Team,
            (false, false) => Self::Default,
        }
    }

    /// For people.
    pub(super) fn words(self, team: Option<&Team>) -> String {
        match self {
            Self::Key => "key".to_owned(),
            Self::Team => format!("team {}", team.map(|team| team.name.as_str()).unwrap_or_default()),
            Self::Default => "default".to_owned(),
        }
    }
}

/// All settings of a key. The values are those by which it is served.
pub(super) fn all(key: &Key, team: Option<&Team>, terms: &Effective) -> Vec<Setting> {
    let from = |is_set: fn(&Policy) -> bool| {
        Origin::of(is_set(&key.policy), team.is_some_and(|team| is_set(&team.policy)))
    };
    let one = |name: &str, value: String, from| Setting { name: name.to_owned(), value, from };
    let all_or = |texts: Vec<String>| if texts.is_empty() { "all".to_owned() } else { texts.join(", ") };
    let models = terms.models.iter().map(ToString::to_string).collect();
    let mut settings = vec![
        one("models", all_or(models), from(|policy| policy.models.is_some())),
        one("regions", all_or(terms.regions.clone()), from(|policy| policy.regions.is_some())),
        one("losses", view::losses(terms.losses).to_owned(), from(|policy| policy.losses.is_some())),
        one(
            "guardrail",
            view::guardrail(terms.guardrail.as_ref()),
            from(|policy| policy.guardrail.is_some()),
        ),
        one("caching", view::caching(terms.caching).to_owned(), from(|policy| policy.caching.is_some())),
        one(
            "response-cache",
            view::response_cache(terms.response_cache),
            from(|policy| policy.response_cache.is_some()),
        ),
        one("tagging", view::tagging(terms.tagging).to_owned(), from(|policy| policy.tagging.is_some())),
    ];
    let mut add = |kind: &str, pairs: &BTreeMap<String, String>, own: &BTreeMap<String, String>| {
        settings.extend(pairs.iter().map(|(name, value)| {
            let from = if own.contains_key(name) { Origin::Key } else { Origin::Team };
            one(&format!("{kind} {name}"), value.clone(), from)
        }));
    };
    add("alias", &terms.aliases, &key.policy.aliases);
    add("profile", &terms.profiles, &key.policy.profiles);
    settings
}
