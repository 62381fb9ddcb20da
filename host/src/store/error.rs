//! How the store fails.

use std::error::Error;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::{Failure, Kind};
use crate::ids::{KeyId, PluginName, TeamName};

/// Why the store could not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has held the database for longer than the store waits.
    #[error("the key store is locked by another process: try again, or end what holds `adit.db` open")]
    Locked,
    /// The database cannot be read or written.
    #[error("cannot use the key store: {0}")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// A newer Adit has written the database.
    #[error(
        "cannot open `{}`: it has version {found}, this Adit knows up to {known}: run the newer Adit, or choose another data folder",
        path.display()
    )]
    NewerVersion {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this Adit understands.
        known: i64,
    },
    /// The file is something else. It is left as it is.
    #[error(
        "cannot open `{}`: it is not a database of Adit: move it away, restore it from a backup, or choose another data folder",
        path.display()
    )]
    NotADatabase {
        /// The file.
        path: PathBuf,
    },
    /// The file is a database, but a damaged one. It is left as it is.
    #[error("cannot read the key store: it is damaged ({detail}): restore it from a backup")]
    Damaged {
        /// What does not fit.
        detail: String,
    },
    /// The folder or the file cannot be made or opened.
    #[error("cannot open `{}`: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// This build has no SQLite.
    #[error(
        "this Adit keeps nothing in a folder: name a DynamoDB table, `table` in Parameter Store or `[store]` in the settings"
    )]
    NoFolder,
    /// A key or the seed root cannot be drawn.
    #[error("the operating system gives no random numbers: {0}")]
    Randomness(getrandom::Error),
    /// There is no key with this id.
    #[error("there is no key `{0}`")]
    UnknownKey(KeyId),
    /// There is no team with this name.
    #[error("there is no team `{0}`: `adit team create {0}` makes it")]
    UnknownTeam(TeamName),
    /// There is a team with this name already.
    #[error("there is a team `{0}` already")]
    DuplicateTeam(TeamName),
    /// The team has keys.
    #[error("team `{team}` still has {keys} keys: put them into another team first, or revoke them")]
    TeamInUse {
        /// The team.
        team: TeamName,
        /// How many keys.
        keys: u32,
    },
    /// Others were quicker, again and again.
    #[error("the store is changed by many at once: try again")]
    Contended,
    /// The id is that of a session of another key.
    #[error("the session belongs to another key")]
    ForeignSession,
    /// The session holds more than a store keeps.
    #[error("a session keeps at most {} bytes", super::Session::MAX_BYTES)]
    SessionTooLarge,
    /// The chain has no such plugin.
    #[error("plugin `{plugin}` is not enabled for {owner}")]
    NotEnabled {
        /// The key or the team, as a person reads it.
        owner: String,
        /// The plugin.
        plugin: PluginName,
    },
    /// No release of the plugin is rolled out.
    #[error("there is no rollout of plugin `{0}`")]
    NoRollout(PluginName),
    /// The rollout is not one for all keys.
    #[error(
        "the rollout of plugin `{0}` is not at 100 per cent, or has stepped back: take it there first, or stop it"
    )]
    UnfinishedRollout(PluginName),
    /// Two labels of a key have the same name.
    #[error("label `{0}` is given twice")]
    DuplicateLabel(String),
}

impl From<getrandom::Error> for StoreError {
    fn from(error: getrandom::Error) -> Self {
        Self::Randomness(error)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(Kind::StoreUnavailable, "the key store cannot be read at the moment")
            .with_internal(error.to_string())
            .with_retry_after(Duration::from_secs(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_client_no_path() {
        let failure = Failure::from(StoreError::NotADatabase { path: PathBuf::from("/srv/adit/adit.db") });
        assert_eq!(failure.kind, Kind::StoreUnavailable);
        assert!(!failure.message.contains("/srv"));
        assert!(failure.internal.is_some_and(|internal| internal.contains("`/srv/adit/adit.db`")));
    }
}
