//! Keys as rows, and back. The only place with SQL, but for the tables themselves.

use std::fmt::Display;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::super::{Key, KeyName, Label, Policy, SecretHash, SeedRoot, StoreError, StoredKey};
use super::{enabled, policy};
use crate::enabled::EnabledPlugin;
use crate::ids::{KeyId, PluginName};

pub(super) fn find_key(connection: &Connection, id: &KeyId) -> Result<Option<StoredKey>, StoreError> {
    let row = connection
        .prepare_cached("SELECT name, secret_hash, created, revoked, policy FROM key WHERE id = ?1")?
        .query_row([id.as_str()], |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, [u8; 32]>(1)?,
                row.get(2)?,
                row.get::<_, Option<i64>>(3)?,
                row.get::<_, String>(4)?,
            ))
        })
        .optional()?;
    let Some((name, secret_hash, created, revoked, policy)) = row else {
        return Ok(None);
    };
    let key = Key {
        id: id.clone(),
        name: KeyName::parse(name).map_err(damaged)?,
        labels: labels(connection, id)?,
        created: time(created)?,
        revoked: revoked.map(time).transpose()?,
        plugins: plugins(connection, id)?,
        policy: policy::read(&policy).map_err(damaged)?,
    };
    Ok(Some(StoredKey::new(key, SecretHash::from_bytes(secret_hash))))
}

pub(super) fn existing_key(connection: &Connection, id: &KeyId) -> Result<StoredKey, StoreError> {
    find_key(connection, id)?.ok_or_else(|| StoreError::UnknownKey(id.clone()))
}

pub(super) fn keys(connection: &Connection) -> Result<Vec<Key>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id FROM key ORDER BY created, rowid")?;
    let ids = statement.query_map([], |row| row.get::<_, String>(0))?;
    ids.map(|id| Ok(existing_key(connection, &KeyId::parse(id?).map_err(damaged)?)?.key)).collect()
}

pub(super) fn insert_key(connection: &Connection, stored: &StoredKey) -> Result<(), StoreError> {
    let key = &stored.key;
    connection
        .prepare_cached("INSERT INTO key (id, name, secret_hash, created) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![
            key.id.as_str(),
            key.name.as_str(),
            stored.secret_hash().as_bytes(),
            key.created.as_millisecond()
        ])?;
    let mut statement =
        connection.prepare_cached("INSERT INTO label (key_id, name, value) VALUES (?1, ?2, ?3)")?;
    for label in &key.labels {
        statement.execute([key.id.as_str(), &label.name, &label.value])?;
    }
    Ok(())
}

pub(super) fn revoke_key(connection: &Connection, id: &KeyId, at: Timestamp) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached("UPDATE key SET revoked = coalesce(revoked, ?2) WHERE id = ?1")?
        .execute(params![id.as_str(), at.as_millisecond()])?;
    if changed == 0 { Err(StoreError::UnknownKey(id.clone())) } else { Ok(()) }
}

pub(super) fn replace_policy(connection: &Connection, id: &KeyId, policy: &Policy) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached("UPDATE key SET policy = ?2 WHERE id = ?1")?
        .execute([id.as_str(), &policy::write(policy)])?;
    if changed == 0 { Err(StoreError::UnknownKey(id.clone())) } else { Ok(()) }
}

pub(super) fn replace_plugins(
    connection: &Connection,
    id: &KeyId,
    plugins: &[EnabledPlugin],
) -> Result<(), StoreError> {
    connection.prepare_cached("DELETE FROM enabled_plugin WHERE key_id = ?1")?.execute([id.as_str()])?;
    let mut statement = connection
        .prepare_cached("INSERT INTO enabled_plugin (key_id, place, name, config, release, terms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    for (place, plugin) in (0_i64..).zip(plugins) {
        statement.execute(params![
            id.as_str(),
            place,
            plugin.name.as_str(),
            &*plugin.config,
            plugin.release.as_ref().map(enabled::write_release),
            enabled::write_terms(&plugin.terms)
        ])?;
    }
    Ok(())
}

pub(super) fn seed_root(connection: &Connection) -> Result<SeedRoot, StoreError> {
    let bytes = connection.query_row("SELECT bytes FROM seed_root", [], |row| row.get(0)).optional()?;
    bytes.map(SeedRoot::new).ok_or_else(|| damaged("the seed root is missing"))
}

/// Keeps the one that is there.
pub(super) fn insert_seed_root(connection: &Connection, seed_root: &SeedRoot) -> Result<(), StoreError> {
    connection
        .execute("INSERT OR IGNORE INTO seed_root (only, bytes) VALUES (1, ?1)", [seed_root.expose()])?;
    Ok(())
}

/// A number that is another one whenever a key, or what is rolled out to keys, has changed.
pub(super) fn key_revision(connection: &Connection) -> Result<i64, StoreError> {
    let mut statement = connection.prepare_cached("SELECT number FROM key_revision")?;
    Ok(statement.query_row([], |row| row.get(0))?)
}

/// A point in time from its column: milliseconds since 1970.
pub(super) fn time(milliseconds: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_millisecond(milliseconds).map_err(damaged)
}

fn labels(connection: &Connection, id: &KeyId) -> Result<Vec<Label>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT name, value FROM label WHERE key_id = ?1 ORDER BY name")?;
    let labels =
        statement.query_map([id.as_str()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    labels
        .map(|label| {
            let (name, value) = label?;
            Label::parse(name, value).map_err(damaged)
        })
        .collect()
}

fn plugins(connection: &Connection, id: &KeyId) -> Result<Vec<EnabledPlugin>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT name, config, release, terms FROM enabled_plugin WHERE key_id = ?1 ORDER BY place",
    )?;
    let plugins = statement.query_map([id.as_str()], |row| {
        Ok((
            row.get::<_, String>(0)?,
            row.get(1)?,
            row.get::<_, Option<String>>(2)?,
            row.get::<_, String>(3)?,
        ))
    })?;
    plugins
        .map(|plugin| {
            let (name, config, release, terms) = plugin?;
            Ok(EnabledPlugin {
                name: PluginName::parse(name).map_err(damaged)?,
                config,
                release: release.as_deref().map(enabled::read_release).transpose().map_err(damaged)?,
                terms: enabled::read_terms(&terms).map_err(damaged)?,
            })
        })
        .collect()
}

pub(super) fn damaged(detail: impl Display) -> StoreError {
    StoreError::Damaged { detail: detail.to_string() }
}
