//! The highest version of each plugin that was ever switched on.

use rusqlite::{Connection, OptionalExtension};

use super::super::StoreError;
use super::Sqlite;
use crate::enabled::Version;
use crate::ids::PluginName;

impl Sqlite {
    /// The highest version of a plugin that was ever noted.
    pub async fn newest_release(&self, plugin: &PluginName) -> Result<Option<Version>, StoreError> {
        let plugin = plugin.clone();
        self.read(move |transaction| find(transaction, &plugin)).await
    }

    /// Notes that a version was switched on. A lower one changes nothing.
    pub async fn note_release(&self, plugin: &PluginName, version: Version) -> Result<(), StoreError> {
        let plugin = plugin.clone();
        self.write(move |transaction| {
            if find(transaction, &plugin)?.is_none_or(|newest| newest < version) {
                transaction.execute(
                    "INSERT OR REPLACE INTO newest_release (plugin, version) VALUES (?1, ?2)",
                    [plugin.as_str(), &version.to_string()],
                )?;
            }
            Ok(())
        })
        .await
    }
}

fn find(connection: &Connection, plugin: &PluginName) -> Result<Option<Version>, StoreError> {
    let version: Option<String> = connection
        .prepare_cached("SELECT version FROM newest_release WHERE plugin = ?1")?
        .query_row([plugin.as_str()], |row| row.get(0))
        .optional()?;
    let version = version.map(|text| Version::parse(&text)).transpose();
    version.map_err(|fault| StoreError::Damaged { detail: fault.to_string() })
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
