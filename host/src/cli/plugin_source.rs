use crate::enabled::EnabledPlugin;
use crate::ids::PluginName;
use crate::store::Team;

/// Who switched a plugin of a key on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The key.
    Key,
    /// Its team.
    Team,
    /// Its team, and the key gives it a config of its own.
    KeyInTeamsPlace,
}

impl Source {
    /// By the plugins of the key's own and those of its team.
    pub(super) fn of(own: &[EnabledPlugin], of_team: &[EnabledPlugin], plugin: &PluginName) -> Self {
        let among = |plugins: &[EnabledPlugin]| plugins.iter().any(|enabled| enabled.name == *plugin);
        match (among(own), among(of_team)) {
            (true, true) => Self::KeyInTeamsPlace,
            (false, true) => Self::Team,
            (_, false) => Self::Key,
        }
    }

    /// For programs.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Key | Self::KeyInTeamsPlace => "key",
            Self::Team => "team",
        }
    }

    /// For people.
    pub(super) fn words(self, team: Option<&Team>) -> String {
        let name = team.map(|team| team.name.as_str()).unwrap_or_default();
        match self {
            Self::Key => "key".to_owned(),
            Self::Team => format!("team {name}"),
            Self::KeyInTeamsPlace => "key (team's place)".to_owned(),
        }
    }
}
