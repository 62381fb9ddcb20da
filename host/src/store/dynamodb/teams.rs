//! Teams: few, in one partition. Each knows how many keys it has that are not revoked: they are counted in the
//! transactions that write keys.

use std::sync::Arc;

use async_trait::async_trait;

use super::super::record::{damaged, enabled, policy};
use super::super::{Edit, KeyRecord, Keys, StoreError, Team, Teams};
use super::Dynamo;
use super::contention::{ATTEMPTS, pause};
use super::expression::Expression;
use super::item::{Item, number, text, time};
use super::key_item::VERSION;
use super::many::Sorted;
use super::memory::Read;
use super::place::{Place, TEAMS};
use super::table::{Outcome, Reading};
use crate::ids::TeamName;

/// How many keys a team has that are not revoked.
pub(super) const MEMBERS: &str = "members";

#[async_trait]
impl Teams for Dynamo {
    async fn teams(&self) -> Result<Vec<Team>, StoreError> {
        self.main.query(TEAMS, Sorted::All, Reading::Consistent).await?.iter().map(read).collect()
    }

    async fn create_team(&self, team: Team) -> Result<(), StoreError> {
        let item = Item::at(&Place::team(team.name.as_str()))
            .with(VERSION, number(1))
            .with(MEMBERS, number(0))
            .with("name", text(team.name.as_str()))
            .with("created", time(team.created))
            .with("plugins", text(enabled::write_chain(&team.plugins)))
            .with("policy", text(policy::write(&team.policy)));
        match self.main.put(item, Expression::is_new()).await? {
            Outcome::Done(_) => {
                self.memory.forget();
                Ok(())
            }
            Outcome::Refused(_) => Err(StoreError::DuplicateTeam(team.name)),
        }
    }

    async fn edit_team(&self, name: &TeamName, edit: Edit<Team>) -> Result<Team, StoreError> {
        let place = Place::team(name.as_str());
        for attempt in 1..=ATTEMPTS {
            let item = self.main.get(&place, Reading::Consistent).await?;
            let item = item.ok_or_else(|| StoreError::UnknownTeam(name.clone()))?;
            let mut team = read(&item)?;
            let version: u64 = item.number(VERSION)?;
            edit(&mut team)?;
            team.name = name.clone();
            // The number of its keys is left to those who change keys.
            let change = Expression::new()
                .when("@ = $0", VERSION, [number(version)])
                .set(VERSION, number(version.wrapping_add(1)))
                .set("plugins", text(enabled::write_chain(&team.plugins)))
                .set("policy", text(policy::write(&team.policy)));
            if let Outcome::Done(_) = self.main.update(&place, change).await? {
                self.memory.forget();
                return Ok(team);
            }
            pause(attempt).await;
        }
        Err(StoreError::Contended)
    }

    async fn remove_team(&self, name: &TeamName) -> Result<(), StoreError> {
        let unused = Expression::exists().when("@ <= $0", MEMBERS, [number(0)]);
        if let Outcome::Refused(item) = self.main.delete(&Place::team(name.as_str()), unused).await? {
            return Err(if item.is_empty() {
                StoreError::UnknownTeam(name.clone())
            } else {
                StoreError::TeamInUse { team: name.clone(), keys: item.number(MEMBERS)? }
            });
        }
        self.memory.forget();
        // Revoked keys, which are not counted, may still name it.
        for key in self.list().await?.into_iter().filter(|key| key.team.as_ref() == Some(name)) {
            let name = name.clone();
            let leave = move |record: &mut KeyRecord| {
                record.key.team.take_if(|team| *team == name);
                Ok(())
            };
            self.edit(&key.id, Box::new(leave)).await?;
        }
        Ok(())
    }
}

impl Dynamo {
    /// The team of a key that is served. None: it was removed.
    pub(super) async fn team(&self, name: &TeamName) -> Result<Read<Option<Arc<Team>>>, StoreError> {
        if let Some(known) = self.memory.team(name) {
            return Ok(known);
        }
        let before = self.memory.now();
        let item = self.main.get(&Place::team(name.as_str()), Reading::Eventual).await?;
        let value = item.as_ref().map(read).transpose()?.map(Arc::new);
        let found = Read { value, at: before.at };
        self.memory.keep_team(before, name, found.clone());
        Ok(found)
    }
}

pub(super) fn read(item: &Item) -> Result<Team, StoreError> {
    Ok(Team {
        name: TeamName::parse(item.text("name")?).map_err(damaged)?,
        created: item.time("created")?,
        plugins: enabled::read_chain(item.text("plugins")?).map_err(damaged)?,
        policy: policy::read(item.text("policy")?).map_err(damaged)?,
    })
}
