//! The settings file as it is written. Every member is optional; unknown ones are refused.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};
use std::path::PathBuf;

use serde::Deserialize;

use super::cors::AllowedOrigin;
use super::mcp::{Prompt, Resource};
use super::{HostPattern, PublicKey, S3Prefix, SecretName, SecretSource, TableName, TelemetryFormat};
use crate::capability::{Bare, bare};
use crate::ids::{InvalidId, PluginName};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Settings {
    pub(super) plugins: Option<PathBuf>,
    pub(super) max_body_bytes: Option<NonZeroUsize>,
    pub(super) auth: Auth,
    pub(super) cors: Cors,
    pub(super) mcp: Mcp,
    pub(super) bedrock: Bedrock,
    pub(super) fetch: Fetch,
    pub(super) s3: S3,
    pub(super) secrets: BTreeMap<SecretName, SecretSource>,
    pub(super) plugin_http: PluginHttp,
    pub(super) catalog: Option<Catalog>,
    pub(super) store: Option<Store>,
    pub(super) timeouts: Timeouts,
    pub(super) telemetry: Telemetry,
    pub(super) plugin_limits: PluginLimits,
    pub(super) plugin_breaker: Breaker,
    pub(super) reasoning: Reasoning,
    pub(super) models: Option<PathBuf>,
    pub(super) aliases: BTreeMap<Text, Text>,
    pub(super) profiles: BTreeMap<OpaqueArn, ModelId>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct S3 {
    pub(super) allow: Vec<S3Prefix>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Catalog {
    pub(super) location: Text,
    #[serde(default)]
    pub(super) trusted_keys: Vec<PublicKey>,
    #[serde(default)]
    pub(super) endpoint: Option<Text>,
    #[serde(default)]
    pub(super) path_style: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Store {
    pub(super) table: TableName,
    #[serde(default)]
    pub(super) cache_table: Option<TableName>,
    #[serde(default)]
    pub(super) region: Option<Text>,
    #[serde(default)]
    pub(super) endpoint: Option<Text>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Telemetry {
    pub(super) format: Option<TelemetryFormat>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PluginHttp {
    pub(super) private_hosts: Vec<HostPattern>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Auth {
    pub(super) iam: bool,
    pub(super) origin_secret: Option<SecretName>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Cors {
    pub(super) origins: Vec<AllowedOrigin>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Mcp {
    pub(super) enabled: Option<bool>,
    pub(super) allowed_hosts: Option<Vec<Text>>,
    pub(super) allowed_origins: Option<Vec<AllowedOrigin>>,
    pub(super) session_minutes: Option<NonZeroU32>,
    pub(super) prompts: Vec<Prompt>,
    pub(super) resources: Vec<Resource>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Reasoning {
    pub(super) replay: Option<Replay>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Replay {
    Capsule,
    Store,
    Off,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Bedrock {
    /// `region = "a"` is short for `regions = ["a"]`.
    #[serde(alias = "region")]
    pub(super) regions: Regions,
    pub(super) endpoint: Option<Text>,
    pub(super) max_attempts: Option<NonZeroU32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_field_names, reason = "the file says the unit of each")]
pub(super) struct Timeouts {
    pub(super) total_ms: Option<NonZeroU64>,
    pub(super) idle_ms: Option<NonZeroU64>,
    pub(super) first_event_ms: Option<NonZeroU64>,
    pub(super) keep_alive_ms: Option<u64>,
    pub(super) settle_ms: Option<NonZeroU64>,
}

/// One region, or a list of different ones.
#[derive(Debug, Default, Deserialize)]
#[serde(try_from = "OneOrMany")]
pub(super) struct Regions(pub(super) Vec<String>);

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl TryFrom<OneOrMany> for Regions {
    type Error = &'static str;

    fn try_from(regions: OneOrMany) -> Result<Self, Self::Error> {
        let regions = match regions {
            OneOrMany::One(region) => vec![region],
            OneOrMany::Many(regions) => regions,
        };
        let mut names: Vec<&str> = regions.iter().map(|name| name.trim()).collect();
        if names.is_empty() || names.contains(&"") {
            return Err("names no region; leave it out instead");
        }
        names.sort_unstable();
        if names.windows(2).any(|pair| pair.first() == pair.last()) {
            return Err("names a region twice");
        }
        Ok(Self(regions))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Fetch {
    pub(super) enabled: bool,
    pub(super) max_bytes: Option<NonZeroUsize>,
    pub(super) timeout_ms: Option<NonZeroU64>,
    pub(super) max_redirects: Option<u32>,
    pub(super) allow_hosts: Option<Vec<HostPattern>>,
}

/// A text that says something.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Text(pub(super) String);

impl TryFrom<String> for Text {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.trim().is_empty() { Err("is blank; leave it out instead") } else { Ok(Self(text)) }
    }
}

/// An ARN that does not name its model.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct OpaqueArn(pub(super) String);

impl TryFrom<String> for OpaqueArn {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match bare(&text) {
            Bare::Opaque(_) => Ok(Self(text)),
            Bare::Id(_) => Err(format!(
                "`{text}` needs no line in `[profiles]`: it is no ARN, or one that names its model itself"
            )),
        }
    }
}

/// The id of a model or an inference profile, or an ARN that names its model.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Text")]
pub(super) struct ModelId(pub(super) String);

impl TryFrom<Text> for ModelId {
    type Error = String;

    fn try_from(Text(text): Text) -> Result<Self, Self::Error> {
        match bare(&text) {
            Bare::Id(_) => Ok(Self(text)),
            Bare::Opaque(_) => Err(format!("`{text}` does not say which model it is: write a model id")),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PluginLimits {
    pub(super) memory_bytes: Option<NonZeroUsize>,
    pub(super) init_ms: Option<NonZeroU64>,
    pub(super) request_hook_ms: Option<NonZeroU64>,
    pub(super) stream_hook_ms: Option<NonZeroU64>,
    pub(super) request_total_ms: Option<NonZeroU64>,
    pub(super) max_memory_bytes: Option<NonZeroUsize>,
    pub(super) max_init_ms: Option<NonZeroU64>,
    pub(super) max_request_hook_ms: Option<NonZeroU64>,
    pub(super) max_stream_hook_ms: Option<NonZeroU64>,
    pub(super) max_request_total_ms: Option<NonZeroU64>,
    pub(super) request_output_bytes: Option<NonZeroUsize>,
    pub(super) stream_output_bytes: Option<NonZeroUsize>,
    pub(super) window_bytes: Option<NonZeroUsize>,
    pub(super) instances: Option<NonZeroU32>,
    pub(super) instances_per_key: Option<NonZeroU32>,
    pub(super) of: BTreeMap<Name, Allowance>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Allowance {
    pub(super) memory_bytes: Option<NonZeroUsize>,
    pub(super) init_ms: Option<NonZeroU64>,
    pub(super) request_hook_ms: Option<NonZeroU64>,
    pub(super) stream_hook_ms: Option<NonZeroU64>,
    pub(super) request_total_ms: Option<NonZeroU64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Breaker {
    pub(super) failures: Option<u32>,
    pub(super) pause_ms: Option<NonZeroU64>,
}

/// The name of a plugin.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Name(pub(super) PluginName);

impl TryFrom<String> for Name {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        PluginName::parse(text).map(Self)
    }
}
