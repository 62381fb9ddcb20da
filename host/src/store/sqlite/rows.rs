//! Keys as rows, and back.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};

use super::super::record::{damaged, enabled, policy};
use super::super::{Key, KeyName, KeyRecord, Label, Principal, SecretHash, Secrets, SeedRoot, StoreError};
use crate::enabled::EnabledPlugin;
use crate::ids::{KeyId, PluginName, TeamName};

const COLUMNS: &str = "id, name, secret_hash, created, revoked, policy, team, expires, former_hash, \
                       former_until, switched_off, principals";

/// A row of `key`, as it is.
struct Raw {
    id: String,
    name: String,
    secret_hash: [u8; 32],
    created: i64,
    revoked: Option<i64>,
    policy: String,
    team: Option<String>,
    expires: Option<i64>,
    former_hash: Option<[u8; 32]>,
    former_until: Option<i64>,
    switched_off: String,
    principals: String,
}

impl Raw {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            name: row.get(1)?,
            secret_hash: row.get(2)?,
            created: row.get(3)?,
            revoked: row.get(4)?,
            policy: row.get(5)?,
            team: row.get(6)?,
            expires: row.get(7)?,
            former_hash: row.get(8)?,
            former_until: row.get(9)?,
            switched_off: row.get(10)?,
            principals: row.get(11)?,
        })
    }

    fn record(self, connection: &Connection) -> Result<KeyRecord, StoreError> {
        let id = KeyId::parse(self.id).map_err(damaged)?;
        let switched_off = list(&self.switched_off)?.into_iter().map(PluginName::parse);
        let principals = list(&self.principals)?.into_iter().map(Principal::parse);
        let former = self.former_hash.map(SecretHash::from_bytes).zip(self.former_until);
        let key = Key {
            name: KeyName::parse(self.name).map_err(damaged)?,
            labels: labels(connection, &id)?,
            team: self.team.map(TeamName::parse).transpose().map_err(damaged)?,
            created: time(self.created)?,
            expires: self.expires.map(time).transpose()?,
            revoked: self.revoked.map(time).transpose()?,
            plugins: plugins(connection, &id)?,
            switched_off: switched_off.collect::<Result<_, _>>().map_err(damaged)?,
            principals: principals.collect::<Result<_, _>>().map_err(damaged)?,
            policy: policy::read(&self.policy).map_err(damaged)?,
            id,
        };
        let secrets = Secrets {
            current: SecretHash::from_bytes(self.secret_hash),
            former: former.map(|(hash, until)| Ok::<_, StoreError>((hash, time(until)?))).transpose()?,
        };
        Ok(KeyRecord { key, secrets })
    }
}

pub(super) fn find_key(connection: &Connection, id: &KeyId) -> Result<Option<KeyRecord>, StoreError> {
    let raw = connection
        .prepare_cached(&format!("SELECT {COLUMNS} FROM key WHERE id = ?1"))?
        .query_row([id.as_str()], Raw::read)
        .optional()?;
    raw.map(|raw| raw.record(connection)).transpose()
}

pub(super) fn existing_key(connection: &Connection, id: &KeyId) -> Result<KeyRecord, StoreError> {
    find_key(connection, id)?.ok_or_else(|| StoreError::UnknownKey(id.clone()))
}

/// All, the oldest first.
pub(super) fn keys(connection: &Connection) -> Result<Vec<KeyRecord>, StoreError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM key ORDER BY created, rowid"))?;
    let rows = statement.query_map([], Raw::read)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(|raw| raw.record(connection)).collect()
}

pub(super) fn insert_key(connection: &Connection, record: &KeyRecord) -> Result<(), StoreError> {
    connection
        .prepare_cached(&format!(
            "INSERT INTO key ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
        ))?
        .execute(params_from_iter(values(record)))?;
    write_labels(connection, &record.key)?;
    write_plugins(connection, &record.key.id, &record.key.plugins)
}

/// Writes all of a key that is there but its id.
pub(super) fn replace_key(connection: &Connection, record: &KeyRecord) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "UPDATE key SET name = ?2, secret_hash = ?3, created = ?4, revoked = ?5, policy = ?6, team = ?7, \
             expires = ?8, former_hash = ?9, former_until = ?10, switched_off = ?11, principals = ?12 \
             WHERE id = ?1",
        )?
        .execute(params_from_iter(values(record)))?;
    let id = record.key.id.as_str();
    connection.prepare_cached("DELETE FROM label WHERE key_id = ?1")?.execute([id])?;
    connection.prepare_cached("DELETE FROM enabled_plugin WHERE key_id = ?1")?.execute([id])?;
    write_labels(connection, &record.key)?;
    write_plugins(connection, &record.key.id, &record.key.plugins)
}

/// The columns, in their order.
fn values(record: &KeyRecord) -> [rusqlite::types::Value; 12] {
    use rusqlite::types::Value::{self, Blob, Integer, Null, Text};
    let KeyRecord { key, secrets } = record;
    let integer = |time: Option<Timestamp>| time.map_or(Null, |time| Integer(time.as_millisecond()));
    let text = |text: Option<&str>| text.map_or(Null, |text| Text(text.to_owned()));
    let hash = |hash: &SecretHash| Blob(hash.as_bytes().to_vec());
    let switched_off: Vec<&str> = key.switched_off.iter().map(PluginName::as_str).collect();
    let principals: Vec<&str> = key.principals.iter().map(Principal::as_str).collect();
    let former = secrets.former.as_ref();
    let values: [Value; 12] = [
        text(Some(key.id.as_str())),
        text(Some(key.name.as_str())),
        hash(&secrets.current),
        integer(Some(key.created)),
        integer(key.revoked),
        Text(policy::write(&key.policy)),
        text(key.team.as_ref().map(TeamName::as_str)),
        integer(key.expires),
        former.map_or(Null, |(former, _)| hash(former)),
        integer(former.map(|(_, until)| *until)),
        Text(serde_json::Value::from(switched_off).to_string()),
        Text(serde_json::Value::from(principals).to_string()),
    ];
    values
}

fn write_labels(connection: &Connection, key: &Key) -> Result<(), StoreError> {
    let mut statement =
        connection.prepare_cached("INSERT INTO label (key_id, name, value) VALUES (?1, ?2, ?3)")?;
    for label in &key.labels {
        statement.execute([key.id.as_str(), &label.name, &label.value])?;
    }
    Ok(())
}

fn write_plugins(connection: &Connection, id: &KeyId, plugins: &[EnabledPlugin]) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached(
        "INSERT INTO enabled_plugin (key_id, place, name, config, release, terms) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
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

fn list(json: &str) -> Result<Vec<String>, StoreError> {
    serde_json::from_str(json).map_err(damaged)
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
