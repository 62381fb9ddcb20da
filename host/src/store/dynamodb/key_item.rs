//! A key as an item.

use jiff::Timestamp;

use super::super::record::{damaged, enabled, policy};
use super::super::{Key, KeyName, KeyRecord, Label, Principal, SecretHash, Secrets, StoreError};
use super::item::{Item, bytes, number, text, time};
use super::place::{INDEX_PK, INDEX_SK, KEYS, Place};
use crate::ids::{KeyId, PluginName, TeamName};

/// Counts the changes of an item, so that no two are made of the same state.
pub(super) const VERSION: &str = "version";

pub(super) fn write(record: &KeyRecord, version: u64) -> Item {
    let KeyRecord { key, secrets } = record;
    let list = |texts: Vec<&str>| text(serde_json::Value::from(texts).to_string());
    let labels: Vec<_> = key.labels.iter().map(|label| [label.name.as_str(), label.value.as_str()]).collect();
    let former = secrets.former.as_ref();
    Item::at(&Place::key(&key.id))
        .with(INDEX_PK, text(KEYS))
        // The oldest first: 13 digits are enough until the year 2286.
        .with(INDEX_SK, text(format!("{:013}#{}", key.created.as_millisecond(), key.id)))
        .with(VERSION, number(version))
        .with("id", text(key.id.as_str()))
        .with("name", text(key.name.as_str()))
        .with("labels", text(serde_json::to_string(&labels).unwrap_or_default()))
        .with_some("team", key.team.as_ref().map(|team| text(team.as_str())))
        .with("created", time(key.created))
        .with_some("expires", key.expires.map(time))
        .with_some("revoked", key.revoked.map(time))
        .with("plugins", text(enabled::write_chain(&key.plugins)))
        .with("switched_off", list(key.switched_off.iter().map(PluginName::as_str).collect()))
        .with("principals", list(key.principals.iter().map(Principal::as_str).collect()))
        .with("policy", text(policy::write(&key.policy)))
        .with("secret_hash", bytes(secrets.current.as_bytes().as_slice()))
        .with_some("former_hash", former.map(|(hash, _)| bytes(hash.as_bytes().as_slice())))
        .with_some("former_until", former.map(|(_, until)| time(*until)))
}

pub(super) fn read(item: &Item) -> Result<KeyRecord, StoreError> {
    let labels: Vec<(String, String)> = serde_json::from_str(item.text("labels")?).map_err(damaged)?;
    let labels = labels.into_iter().map(|(name, value)| Label::parse(name, value));
    let key = Key {
        id: KeyId::parse(item.text("id")?).map_err(damaged)?,
        name: KeyName::parse(item.text("name")?).map_err(damaged)?,
        labels: labels.collect::<Result<_, _>>().map_err(damaged)?,
        team: item.maybe_text("team")?.map(TeamName::parse).transpose().map_err(damaged)?,
        created: item.time("created")?,
        expires: item.maybe_time("expires")?,
        revoked: item.maybe_time("revoked")?,
        plugins: enabled::read_chain(item.text("plugins")?).map_err(damaged)?,
        switched_off: parsed(item.list("switched_off")?, PluginName::parse)?,
        principals: parsed(item.list("principals")?, Principal::parse)?,
        policy: policy::read(item.text("policy")?).map_err(damaged)?,
    };
    let secrets = Secrets { current: hash(item.bytes("secret_hash")?)?, former: former(item)? };
    Ok(KeyRecord { key, secrets })
}

fn former(item: &Item) -> Result<Option<(SecretHash, Timestamp)>, StoreError> {
    let Some(bytes) = item.maybe_bytes("former_hash")? else { return Ok(None) };
    Ok(Some((hash(bytes)?, item.time("former_until")?)))
}

fn hash(bytes: &[u8]) -> Result<SecretHash, StoreError> {
    let bytes = bytes.try_into().map_err(|_| damaged("the hash of a secret has another length"))?;
    Ok(SecretHash::from_bytes(bytes))
}

fn parsed<T, E: std::fmt::Display, C: FromIterator<T>>(
    texts: Vec<String>,
    parse: impl Fn(String) -> Result<T, E>,
) -> Result<C, StoreError> {
    texts.into_iter().map(parse).collect::<Result<_, _>>().map_err(damaged)
}
