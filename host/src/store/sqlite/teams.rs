//! Teams, in rows.

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::super::record::{damaged, enabled, policy};
use super::super::{Edit, StoreError, Team, Teams};
use super::Sqlite;
use super::rows::time;
use crate::ids::TeamName;

const COLUMNS: &str = "name, created, plugins, policy";

#[async_trait]
impl Teams for Sqlite {
    async fn teams(&self) -> Result<Vec<Team>, StoreError> {
        self.read(|transaction| all(transaction)).await
    }

    async fn create_team(&self, team: Team) -> Result<(), StoreError> {
        self.write(move |transaction| {
            if find(transaction, &team.name)?.is_some() {
                return Err(StoreError::DuplicateTeam(team.name.clone()));
            }
            write(transaction, &team)
        })
        .await
    }

    async fn edit_team(&self, name: &TeamName, edit: Edit<Team>) -> Result<Team, StoreError> {
        let name = name.clone();
        self.write(move |transaction| {
            let mut team = existing(transaction, &name)?;
            edit(&mut team)?;
            team.name = name;
            write(transaction, &team)?;
            Ok(team)
        })
        .await
    }

    async fn remove_team(&self, name: &TeamName) -> Result<(), StoreError> {
        let name = name.clone();
        self.write(move |transaction| {
            existing(transaction, &name)?;
            let keys = transaction
                .prepare_cached("SELECT count(*) FROM key WHERE team = ?1 AND revoked IS NULL")?
                .query_row([name.as_str()], |row| row.get::<_, u32>(0))?;
            if keys > 0 {
                return Err(StoreError::TeamInUse { team: name, keys });
            }
            transaction.execute("UPDATE key SET team = NULL WHERE team = ?1", [name.as_str()])?;
            transaction.execute("DELETE FROM team WHERE name = ?1", [name.as_str()])?;
            Ok(())
        })
        .await
    }
}

pub(super) fn all(connection: &Connection) -> Result<Vec<Team>, StoreError> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} FROM team ORDER BY name"))?;
    let rows = statement.query_map([], raw)?;
    rows.map(|row| read(row?)).collect()
}

pub(super) fn find(connection: &Connection, name: &TeamName) -> Result<Option<Team>, StoreError> {
    let row = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM team WHERE name = ?1"))?
        .query_row([name.as_str()], raw)
        .optional()?;
    row.map(read).transpose()
}

pub(super) fn existing(connection: &Connection, name: &TeamName) -> Result<Team, StoreError> {
    find(connection, name)?.ok_or_else(|| StoreError::UnknownTeam(name.clone()))
}

pub(super) fn write(connection: &Connection, team: &Team) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO team (name, created, plugins, policy) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (name) DO UPDATE SET plugins = excluded.plugins, policy = excluded.policy",
        )?
        .execute(params![
            team.name.as_str(),
            team.created.as_millisecond(),
            enabled::write_chain(&team.plugins),
            policy::write(&team.policy)
        ])?;
    Ok(())
}

type Raw = (String, i64, String, String);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn read((name, created, plugins, terms): Raw) -> Result<Team, StoreError> {
    Ok(Team {
        name: TeamName::parse(name).map_err(damaged)?,
        created: time(created)?,
        plugins: enabled::read_chain(&plugins).map_err(damaged)?,
        policy: policy::read(&terms).map_err(damaged)?,
    })
}
