//! Where everything lies: the keys of items, and the attributes that every item may have.

use std::collections::HashMap;
use std::fmt::Write;

use aws_sdk_dynamodb::types::AttributeValue;
use jiff::civil::Date;
use sha2::{Digest, Sha256};

use crate::ids::{KeyId, PluginName};
use crate::metering::{self, Scope};
use crate::pipeline::Space;

/// The partition key.
pub(super) const PK: &str = "pk";
/// The sort key.
pub(super) const SK: &str = "sk";
/// The index for listings. It holds keys alone, so that nothing is written to it when an item changes.
pub(super) const INDEX: &str = "gsi1";
/// The partition key of the index.
pub(super) const INDEX_PK: &str = "gsi1pk";
/// The sort key of the index.
pub(super) const INDEX_SK: &str = "gsi1sk";
/// When DynamoDB may remove the item, in seconds since 1970. It may take days, so whoever reads looks too.
pub(super) const EXPIRES_AT: &str = "expires_at";

/// All teams lie together: they are few, and are read whole.
pub(super) const TEAMS: &str = "TEAMS";
/// The newest version of each plugin.
pub(super) const RELEASES: &str = "RELEASES";
/// What processes have counted of plugins.
pub(super) const STATUS: &str = "STATUS";
/// All keys, in the index.
pub(super) const KEYS: &str = "KEYS";
/// What the sort keys of plugins' values begin with.
pub(super) const VALUE: &str = "v#";

/// A longer model id stands in keys as its hash: sort keys end at 1024 bytes.
const LONGEST_MODEL: usize = 600;

/// The key of an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) pk: String,
    pub(super) sk: String,
}

impl Place {
    pub(super) fn new(pk: impl Into<String>, sk: impl Into<String>) -> Self {
        Self { pk: pk.into(), sk: sk.into() }
    }

    pub(super) fn attributes(&self) -> HashMap<String, AttributeValue> {
        let text = |text: &str| AttributeValue::S(text.to_owned());
        [(PK.to_owned(), text(&self.pk)), (SK.to_owned(), text(&self.sk))].into()
    }

    pub(super) fn key(id: &KeyId) -> Self {
        Self::new(format!("KEY#{id}"), "key")
    }

    pub(super) fn thought(key: &KeyId, tool_use_id: &str) -> Self {
        Self::new(format!("KEY#{key}"), format!("thought#{tool_use_id}"))
    }

    pub(super) fn team(name: &str) -> Self {
        Self::new(TEAMS, name)
    }

    pub(super) fn rollouts() -> Self {
        Self::new("ROLLOUTS", "all")
    }

    pub(super) fn release(plugin: &PluginName) -> Self {
        Self::new(RELEASES, plugin.as_str())
    }

    pub(super) fn status(plugin: &PluginName, release: &str, process: &str) -> Self {
        Self::new(STATUS, format!("{plugin}#{release}#{process}"))
    }

    pub(super) fn seed_root() -> Self {
        Self::new("SEED", "root")
    }

    pub(super) fn meter(of: &Scope) -> Self {
        Self::new(format!("METER#{}", scope(of)), "meter")
    }

    pub(super) fn value(space: &Space, key: &str) -> Self {
        Self::new(values(space), format!("{VALUE}{key}"))
    }

    pub(super) fn quota(space: &Space) -> Self {
        Self::new(values(space), "quota")
    }

    pub(super) fn usage(place: &metering::Place) -> Self {
        let metering::Place { day, key, team, model } = place;
        let team = team.as_ref().map(ToString::to_string).unwrap_or_default();
        Self::new(usage_of_key(key, *day), format!("{day}#{team}#{}", short(model)))
    }

    pub(super) fn answer(of: &Scope, digest: &[u8; 32]) -> Self {
        Self::new(answers(of), hex(digest))
    }

    pub(super) fn session(id: &str) -> Self {
        Self::new(format!("SESSION#{id}"), "session")
    }
}

/// The usage of a key in a month.
pub(super) fn usage_of_key(key: &KeyId, day: Date) -> String {
    format!("USE#{key}#{}", day.strftime("%Y-%m"))
}

/// The usage of all keys in a month, in the index.
pub(super) fn usage_of_all(day: Date) -> String {
    format!("USE#{}", day.strftime("%Y-%m"))
}

pub(super) fn values(space: &Space) -> String {
    format!("KV#{}#{}", space.plugin, space.tenant)
}

pub(super) fn answers(of: &Scope) -> String {
    format!("ANSWER#{}", scope(of))
}

fn scope(scope: &Scope) -> String {
    match scope {
        Scope::Key(id) => format!("key#{id}"),
        Scope::Team(name) => format!("team#{name}"),
    }
}

fn short(model: &str) -> String {
    if model.len() > LONGEST_MODEL { hex(&Sha256::digest(model.as_bytes())) } else { model.to_owned() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // A text takes whatever is written to it.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
