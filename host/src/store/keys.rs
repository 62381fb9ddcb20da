//! Keys and teams, and how they are changed.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;

use super::{ApiKey, Key, KeyName, KeyRecord, Label, Policy, StoreError, StoredKey, Team, chain};
use crate::enabled::EnabledPlugin;
use crate::ids::{KeyId, PluginName, TeamName};

/// A change of what is kept. It may be tried again on what somebody else has changed meanwhile, so it
/// decides by what it is given alone.
pub type Edit<T> = Box<dyn Fn(&mut T) -> Result<(), StoreError> + Send + Sync>;

/// Where a plugin stands in a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// After all others. A plugin that is enabled already keeps its place.
    Last,
    /// Right before this one. A plugin that is enabled already moves there.
    Before(PluginName),
}

/// What an operator says of a new key.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What it is called.
    pub name: KeyName,
    /// What is noted about it.
    pub labels: Vec<Label>,
    /// The team that it belongs to.
    pub team: Option<TeamName>,
    /// Until when it is valid.
    pub expires: Option<Timestamp>,
}

impl NewKey {
    /// A key with nothing but a name.
    pub fn named(name: KeyName) -> Self {
        Self { name, labels: Vec::new(), team: None, expires: None }
    }
}

/// The keys.
#[async_trait]
pub trait Keys: Send + Sync {
    /// The key with this id as it is served, invalid ones included. Called on every request: it is fast. What
    /// another process has changed counts after 30 s at the latest; what this one has, at once.
    async fn find(&self, id: &KeyId) -> Result<Option<Arc<StoredKey>>, StoreError>;

    /// The key that a caller counts as whom AWS has authenticated: of those that are valid and name it,
    /// the one with the longest pattern, and of these the oldest.
    async fn find_principal(&self, arn: &str, now: Timestamp) -> Result<Option<Arc<StoredKey>>, StoreError>;

    /// All keys, invalid ones included, the oldest first, with the releases that are pinned for them.
    async fn list(&self) -> Result<Vec<Key>, StoreError>;

    /// Keeps a key that is new. Its team has to be there.
    async fn insert(&self, record: KeyRecord) -> Result<(), StoreError>;

    /// Changes a key, all or nothing. A team that it is put into has to be there.
    async fn edit(&self, id: &KeyId, edit: Edit<KeyRecord>) -> Result<Key, StoreError>;

    /// Makes a key without plugins. The [`ApiKey`] is the only place that ever holds its secret.
    async fn create(&self, new: NewKey) -> Result<(ApiKey, Key), StoreError> {
        let api_key = ApiKey::generate()?;
        let key = Key {
            labels: sorted(new.labels)?,
            team: new.team,
            expires: new.expires.map(to_the_millisecond),
            ..Key::new(api_key.id().clone(), new.name, to_the_millisecond(Timestamp::now()))
        };
        self.insert(KeyRecord::new(key.clone(), api_key.secret_hash().clone())).await?;
        Ok((api_key, key))
    }

    /// Gives a key another secret. The one that it has is good until a time.
    async fn rotate(&self, id: &KeyId, until: Timestamp) -> Result<ApiKey, StoreError> {
        let api_key = ApiKey::generate_for(id)?;
        let hash = api_key.secret_hash().clone();
        let until = to_the_millisecond(until);
        self.edit(
            id,
            Box::new(move |record| {
                record.rotate(hash.clone(), until);
                Ok(())
            }),
        )
        .await?;
        Ok(api_key)
    }

    /// Makes a key invalid for good. A key that is revoked already keeps its first time.
    async fn revoke(&self, id: &KeyId, at: Timestamp) -> Result<(), StoreError> {
        let at = to_the_millisecond(at);
        let revoke = move |record: &mut KeyRecord| {
            record.key.revoked.get_or_insert(at);
            Ok(())
        };
        self.edit(id, Box::new(revoke)).await.map(drop)
    }

    /// Gives a key other terms.
    async fn set_policy(&self, id: &KeyId, policy: Policy) -> Result<(), StoreError> {
        let set = move |record: &mut KeyRecord| {
            record.key.policy = policy.clone();
            Ok(())
        };
        self.edit(id, Box::new(set)).await.map(drop)
    }

    /// Puts a plugin into the chain of a key, and takes it back in if it was switched off for it. If it
    /// is there already, its config is replaced.
    async fn enable_plugin(
        &self,
        id: &KeyId,
        plugin: EnabledPlugin,
        position: Position,
    ) -> Result<(), StoreError> {
        let owner = id.to_string();
        let enable = move |record: &mut KeyRecord| {
            record.key.switched_off.remove(&plugin.name);
            chain::enable(&mut record.key.plugins, plugin.clone(), &position)
                .map_err(|plugin| StoreError::NotEnabled { owner: format!("key `{owner}`"), plugin })
        };
        self.edit(id, Box::new(enable)).await.map(drop)
    }

    /// Takes a plugin out of the chain of a key.
    async fn disable_plugin(&self, id: &KeyId, plugin: &PluginName) -> Result<(), StoreError> {
        let (owner, plugin) = (id.to_string(), plugin.clone());
        let disable = move |record: &mut KeyRecord| {
            chain::disable(&mut record.key.plugins, &plugin)
                .map_err(|plugin| StoreError::NotEnabled { owner: format!("key `{owner}`"), plugin })
        };
        self.edit(id, Box::new(disable)).await.map(drop)
    }

    /// Keeps a plugin of its team from running for a key, and takes the key's own config for it away.
    async fn switch_off_plugin(&self, id: &KeyId, plugin: &PluginName) -> Result<(), StoreError> {
        let plugin = plugin.clone();
        let switch_off = move |record: &mut KeyRecord| {
            record.key.plugins.retain(|enabled| enabled.name != plugin);
            record.key.switched_off.insert(plugin.clone());
            Ok(())
        };
        self.edit(id, Box::new(switch_off)).await.map(drop)
    }

    /// Has a plugin of its team run for a key as it runs for the team.
    async fn take_back_plugin(&self, id: &KeyId, plugin: &PluginName) -> Result<(), StoreError> {
        let plugin = plugin.clone();
        let take_back = move |record: &mut KeyRecord| {
            record.key.plugins.retain(|enabled| enabled.name != plugin);
            record.key.switched_off.remove(&plugin);
            Ok(())
        };
        self.edit(id, Box::new(take_back)).await.map(drop)
    }
}

/// The teams.
#[async_trait]
pub trait Teams: Send + Sync {
    /// All teams, by their names.
    async fn teams(&self) -> Result<Vec<Team>, StoreError>;

    /// Keeps a team that is new.
    async fn create_team(&self, team: Team) -> Result<(), StoreError>;

    /// Changes a team, all or nothing. Its name stays.
    async fn edit_team(&self, name: &TeamName, edit: Edit<Team>) -> Result<Team, StoreError>;

    /// Removes a team that no key belongs to any more.
    async fn remove_team(&self, name: &TeamName) -> Result<(), StoreError>;

    /// Puts a plugin into the chain of a team. If it is there already, its config is replaced.
    async fn enable_team_plugin(
        &self,
        name: &TeamName,
        plugin: EnabledPlugin,
        position: Position,
    ) -> Result<(), StoreError> {
        let owner = format!("team `{name}`");
        let enable = move |team: &mut Team| {
            chain::enable(&mut team.plugins, plugin.clone(), &position)
                .map_err(|plugin| StoreError::NotEnabled { owner: owner.clone(), plugin })
        };
        self.edit_team(name, Box::new(enable)).await.map(drop)
    }

    /// Takes a plugin out of the chain of a team.
    async fn disable_team_plugin(&self, name: &TeamName, plugin: &PluginName) -> Result<(), StoreError> {
        let (owner, plugin) = (format!("team `{name}`"), plugin.clone());
        let disable = move |team: &mut Team| {
            chain::disable(&mut team.plugins, &plugin)
                .map_err(|plugin| StoreError::NotEnabled { owner: owner.clone(), plugin })
        };
        self.edit_team(name, Box::new(disable)).await.map(drop)
    }
}

/// By name, each name once.
fn sorted(mut labels: Vec<Label>) -> Result<Vec<Label>, StoreError> {
    labels.sort();
    let twice = labels.iter().zip(labels.iter().skip(1)).find(|(one, next)| one.name == next.name);
    match twice {
        Some((label, _)) => Err(StoreError::DuplicateLabel(label.name.clone())),
        None => Ok(labels),
    }
}

/// As exactly as times are kept.
fn to_the_millisecond(time: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(time.as_millisecond()).unwrap_or(time)
}
