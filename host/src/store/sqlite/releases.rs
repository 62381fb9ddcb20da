//! Releases that run for some keys, in rows.

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::super::record::{damaged, enabled};
use super::super::{PluginStatus, Releases, StoreError};
use super::rows::time;
use super::{Sqlite, health, teams};
use crate::enabled::{Percent, Release, Rollout, Version};
use crate::ids::PluginName;

#[async_trait]
impl Releases for Sqlite {
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

    async fn newest_release(&self, plugin: &PluginName) -> Result<Option<Version>, StoreError> {
        let plugin = plugin.clone();
        self.read(move |transaction| newest(transaction, &plugin)).await
    }

    async fn note_release(&self, plugin: &PluginName, version: Version) -> Result<(), StoreError> {
        let plugin = plugin.clone();
        self.write(move |transaction| {
            if newest(transaction, &plugin)?.is_none_or(|newest| newest < version) {
                transaction.execute(
                    "INSERT OR REPLACE INTO newest_release (plugin, version) VALUES (?1, ?2)",
                    [plugin.as_str(), &version.to_string()],
                )?;
            }
            Ok(())
        })
        .await
    }

    async fn plugin_status(&self) -> Result<Vec<PluginStatus>, StoreError> {
        self.read(health::status).await
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

/// Pins the release for every key and team that has the plugin, and ends the rollout.
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
    for mut team in teams::all(transaction)? {
        for enabled in team.plugins.iter_mut().filter(|enabled| enabled.name == *plugin) {
            enabled.release = Some(rollout.release.clone());
        }
        teams::write(transaction, &team)?;
    }
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

fn newest(connection: &Connection, plugin: &PluginName) -> Result<Option<Version>, StoreError> {
    let version: Option<String> = connection
        .prepare_cached("SELECT version FROM newest_release WHERE plugin = ?1")?
        .query_row([plugin.as_str()], |row| row.get(0))
        .optional()?;
    let version = version.map(|text| Version::parse(&text)).transpose();
    version.map_err(damaged)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[tokio::test]
    async fn the_highest_version_stays() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(folder.path()).unwrap();
        let plugin = PluginName::parse("redact").unwrap();
        assert_eq!(store.newest_release(&plugin).await.unwrap(), None);
        for (noted, newest) in [("1.9.0", "1.9.0"), ("1.10.0", "1.10.0"), ("1.2.0", "1.10.0")] {
            store.note_release(&plugin, Version::parse(noted).unwrap()).await.unwrap();
            assert_eq!(store.newest_release(&plugin).await.unwrap().unwrap().to_string(), newest);
        }
    }
}
