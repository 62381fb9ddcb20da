//! Keys: one item each. A change is made on what was read, and tried again if somebody was quicker.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::types::TransactWriteItem;
use jiff::Timestamp;

use super::super::{Edit, Key, KeyRecord, Keys, Principals, StoreError, StoredKey, Team};
use super::contention::{ATTEMPTS, pause};
use super::expression::Expression;
use super::fault::other;
use super::item::{Item, number};
use super::key_item::{self, VERSION};
use super::many::{Sorted, place_of};
use super::memory::Read;
use super::place::{KEYS, Place};
use super::table::{Outcome, Reading, Transacted};
use super::{Dynamo, releases, teams};
use crate::enabled::Rollout;
use crate::ids::{KeyId, TeamName};

#[async_trait]
impl Keys for Dynamo {
    async fn find(&self, id: &KeyId) -> Result<Option<Arc<StoredKey>>, StoreError> {
        if let Some(known) = self.memory.key(id) {
            return Ok(Some(known));
        }
        let before = self.memory.now();
        let Some(parts) = self.parts(id).await? else { return Ok(None) };
        let Parts { record, team, rollouts } = parts;
        let key = Arc::new(StoredKey::new(record, team.value.as_deref(), &rollouts.value));
        // Only keys that exist are kept in memory: made-up ids do not fill it.
        let at = before.at.min(team.at).min(rollouts.at);
        self.memory.keep_key(before, Read { value: Arc::clone(&key), at });
        Ok(Some(key))
    }

    async fn find_principal(&self, arn: &str, now: Timestamp) -> Result<Option<Arc<StoredKey>>, StoreError> {
        let principals = if let Some(known) = self.memory.principals() {
            known
        } else {
            let before = self.memory.now();
            let principals = Arc::new(Principals::of(self.list().await?.into_iter()));
            self.memory.keep_principals(before, Arc::clone(&principals));
            principals
        };
        match principals.find(arn, now) {
            Some(id) => Keys::find(self, id).await,
            None => Ok(None),
        }
    }

    async fn list(&self) -> Result<Vec<Key>, StoreError> {
        let items = self.main.listed(KEYS, Sorted::All).await?;
        let keys = items.iter().map(|item| key_item::read(item).map(|record| record.key));
        let mut keys: Vec<_> = keys.collect::<Result<_, _>>()?;
        keys.sort_by(|one, other| (one.created, &one.id).cmp(&(other.created, &other.id)));
        Ok(keys)
    }

    async fn insert(&self, record: KeyRecord) -> Result<(), StoreError> {
        for attempt in 1..=ATTEMPTS {
            match self.write(key_item::write(&record, 1), Expression::is_new(), None, &record.key).await? {
                Written::Done => {
                    self.memory.forget();
                    return Ok(());
                }
                Written::Changed => {
                    let why = format!("there is a key `{}` already", record.key.id);
                    return Err(other("PutItem", &self.main.name, why));
                }
                Written::Conflict => pause(attempt).await,
            }
        }
        Err(StoreError::Contended)
    }

    async fn edit(&self, id: &KeyId, edit: Edit<KeyRecord>) -> Result<Key, StoreError> {
        for attempt in 1..=ATTEMPTS {
            let item = self.main.get(&Place::key(id), Reading::Consistent).await?;
            let item = item.ok_or_else(|| StoreError::UnknownKey(id.clone()))?;
            let before = key_item::read(&item)?;
            let version: u64 = item.number(VERSION)?;
            let mut record = before.clone();
            edit(&mut record)?;
            record.key.id = id.clone();
            let unchanged = Expression::new().when("@ = $0", VERSION, [number(version)]);
            let item = key_item::write(&record, version.wrapping_add(1));
            match self.write(item, unchanged, Some(&before.key), &record.key).await? {
                Written::Done => {
                    self.memory.forget();
                    return Ok(record.key);
                }
                Written::Changed | Written::Conflict => pause(attempt).await,
            }
        }
        Err(StoreError::Contended)
    }
}

/// All that a key is served by.
struct Parts {
    record: KeyRecord,
    team: Read<Option<Arc<Team>>>,
    rollouts: Read<Arc<[Rollout]>>,
}

/// What came of writing a key.
enum Written {
    Done,
    /// It is not as it was read.
    Changed,
    /// Somebody else writes its team.
    Conflict,
}

impl Dynamo {
    /// Reads a key, and in the same call what it needs and is not known: the rollouts, and the team that it was
    /// in the last time. Only of a key that is new in a team that is not known either, the team is read after it.
    async fn parts(&self, id: &KeyId) -> Result<Option<Parts>, StoreError> {
        let before = self.memory.now();
        let rollouts = self.memory.rollouts();
        let likely = self.memory.last_team(id).filter(|name| self.memory.team(name).is_none());
        let mut places = vec![Place::key(id)];
        places.extend(rollouts.is_none().then(Place::rollouts));
        places.extend(likely.as_ref().map(|name| Place::team(name.as_str())));
        let items = self.main.get_all(&places, Reading::Eventual).await?;
        let find = |place: &Place| items.iter().find(|item| place_of(item).is_ok_and(|of| of == *place));

        let rollouts = if let Some(known) = rollouts {
            known
        } else {
            let all = find(&Place::rollouts()).map(releases::read_all).transpose()?.unwrap_or_default();
            let read = Read { value: all.into(), at: before.at };
            self.memory.keep_rollouts(before, read.clone());
            read
        };
        let Some(record) = find(&Place::key(id)).map(key_item::read).transpose()? else { return Ok(None) };
        let team = match &record.key.team {
            None => Read { value: None, at: before.at },
            Some(name) if likely.as_ref() == Some(name) => {
                let team = find(&Place::team(name.as_str())).map(teams::read).transpose()?;
                let read = Read { value: team.map(Arc::new), at: before.at };
                self.memory.keep_team(before, name, read.clone());
                read
            }
            Some(name) => self.team(name).await?,
        };
        Ok(Some(Parts { record, team, rollouts }))
    }

    /// Writes a key, and in the same transaction what that changes in the number of keys of its teams.
    async fn write(
        &self,
        item: Item,
        condition: Expression,
        before: Option<&Key>,
        after: &Key,
    ) -> Result<Written, StoreError> {
        let teams = self.team_changes(before, after)?;
        if teams.is_empty() {
            return Ok(match self.main.put(item, condition).await? {
                Outcome::Done(_) => Written::Done,
                Outcome::Refused(_) => Written::Changed,
            });
        }
        let mut writes = vec![self.main.put_in_transaction(item, condition)?];
        writes.extend(teams);
        match (self.main.transact(writes).await?, &after.team) {
            (Transacted::Done, _) => Ok(Written::Done),
            (Transacted::Refused(1..), Some(team)) => Err(StoreError::UnknownTeam(team.clone())),
            (Transacted::Refused(_), _) => Ok(Written::Changed),
            (Transacted::Conflict, _) => Ok(Written::Conflict),
        }
    }

    fn team_changes(&self, before: Option<&Key>, after: &Key) -> Result<Vec<TransactWriteItem>, StoreError> {
        let (was, is) = (before.and_then(member), member(after));
        let joins = after.team.as_ref().filter(|team| before.and_then(|key| key.team.as_ref()) != Some(team));
        let mut changes = Vec::new();
        // The team that has to be there first, so that a refusal can be told from others.
        if let Some(team) = joins {
            changes.push(self.count_keys(team, i64::from(is.is_some()))?);
        } else if is != was
            && let Some(team) = is
        {
            changes.push(self.count_keys(team, 1)?);
        }
        if is != was
            && let Some(team) = was
        {
            changes.push(self.count_keys(team, -1)?);
        }
        Ok(changes)
    }

    fn count_keys(&self, team: &TeamName, by: i64) -> Result<TransactWriteItem, StoreError> {
        let there = Expression::exists();
        let change = if by == 0 { there } else { there.add(teams::MEMBERS, by) };
        self.main.update_in_transaction(&Place::team(team.as_str()), change)
    }
}

/// The team whose number of keys it counts for.
fn member(key: &Key) -> Option<&TeamName> {
    key.team.as_ref().filter(|_| key.revoked.is_none())
}
