//! Releases that run for some keys, in rows.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::super::{Rollouts, StoreError};
use super::rows::{damaged, time};
use super::{Sqlite, enabled};
use crate::enabled::{Percent, Release, Rollout};
use crate::ids::PluginName;

#[async_trait]
impl Rollouts for Sqlite {
    async fn rollouts(&self) -> Result<Vec<Rollout>, StoreError> {
        self.read(|transaction| all(transaction)).await
    }

    async fn start_rollout(&self, rollout: Rollout) -> Result<(), StoreError> {
        self.write(move |transaction| replace(transaction, &rollout)).await
    }

    async fn stop_rollout(&self, plugin: &PluginName) -> Result<(), StoreError> {
        let plugin = plugin.clone();
        self.write(move |transaction| remove(transaction, &plugin)).await
    }

    async fn finish_rollout(&self, plugin: &PluginName) -> Result<Release, StoreError> {
        let plugin = plugin.clone();
        self.write(move |transaction| finish(transaction, &plugin)).await
    }
}

pub(super) fn all(connection: &Connection) -> Result<Vec<Rollout>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT plugin, release, percent, max_failures, failures, stopped FROM rollout ORDER BY plugin",
    )?;
    let rows = statement.query_map([], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get::<_, String>(1)?,
            row.get::<_, u8>(2)?,
            row.get(3)?,
            row.get::<_, i64>(4)?,
            row.get::<_, Option<i64>>(5)?,
        ))
    })?;
    rows.map(|row| {
        let (plugin, release, percent, step_back_after, failures, stopped) = row?;
        Ok(Rollout {
            plugin: PluginName::parse(plugin).map_err(damaged)?,
            release: enabled::read_release(&release).map_err(damaged)?,
            percent: Percent::new(percent).ok_or_else(|| damaged("more than 100 per cent"))?,
            step_back_after,
            failures: u64::try_from(failures).unwrap_or_default(),
            stepped_back: stopped.map(time).transpose()?,
        })
    })
    .collect()
}

fn replace(connection: &Connection, rollout: &Rollout) -> Result<(), StoreError> {
    let Rollout { plugin, release, percent, step_back_after, failures, stepped_back } = rollout;
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO rollout (plugin, release, percent, max_failures, failures, stopped) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            plugin.as_str(),
            enabled::write_release(release),
            percent.number(),
            step_back_after,
            i64::try_from(*failures).unwrap_or(i64::MAX),
            stepped_back.map(Timestamp::as_millisecond)
        ])?;
    Ok(())
}

fn remove(connection: &Connection, plugin: &PluginName) -> Result<(), StoreError> {
    let removed =
        connection.prepare_cached("DELETE FROM rollout WHERE plugin = ?1")?.execute([plugin.as_str()])?;
    if removed == 0 { Err(StoreError::NoRollout(plugin.clone())) } else { Ok(()) }
}

/// Pins the release for every key that has the plugin, and ends the rollout.
fn finish(transaction: &Transaction<'_>, plugin: &PluginName) -> Result<Release, StoreError> {
    let mut rollouts = all(transaction)?.into_iter();
    let rollout = rollouts
        .find(|rollout| rollout.plugin == *plugin)
        .ok_or_else(|| StoreError::NoRollout(plugin.clone()))?;
    if rollout.percent != Percent::ALL || rollout.stepped_back.is_some() {
        return Err(StoreError::UnfinishedRollout(plugin.clone()));
    }
    transaction
        .prepare_cached("UPDATE enabled_plugin SET release = ?2 WHERE name = ?1")?
        .execute([plugin.as_str(), &enabled::write_release(&rollout.release)])?;
    remove(transaction, plugin)?;
    Ok(rollout.release)
}

/// Counts failures against the rollout of a release. If that ends it, the answer is how many there
/// were.
pub(super) fn note_failures(
    connection: &Connection,
    plugin: &PluginName,
    release: &Release,
    failures: u64,
    now: Timestamp,
) -> Result<Option<u64>, StoreError> {
    let noted = connection
        .prepare_cached(
            "UPDATE rollout SET failures = failures + ?3, \
             stopped = CASE WHEN failures + ?3 >= max_failures THEN ?4 END \
             WHERE plugin = ?1 AND release = ?2 AND stopped IS NULL RETURNING failures, stopped IS NOT NULL",
        )?
        .query_row(
            params![
                plugin.as_str(),
                enabled::write_release(release),
                i64::try_from(failures).unwrap_or(i64::MAX),
                now.as_millisecond()
            ],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, bool>(1)?)),
        )
        .optional()?;
    Ok(noted.filter(|(_, ended)| *ended).map(|(failures, _)| u64::try_from(failures).unwrap_or_default()))
}
