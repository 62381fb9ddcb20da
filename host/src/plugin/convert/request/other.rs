//! Parts that the contract has no case for: an object with one member that names the part.

use serde::{Deserialize, Serialize};

use crate::chat::{CacheTtl, GuardedText, Qualifier};

/// What stands in `part.other`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Other {
    /// Prose with its place in a guardrail's work.
    GuardedText(Guarded),
    /// A mark for the prompt cache.
    CacheControl(CacheControl),
    /// What Bedrock reads itself.
    S3(S3),
    /// A URL that was not fetched. No plugin is asked before all are.
    Remote(String),
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Guarded {
    text: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    qualifiers: Vec<Purpose>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Purpose {
    GroundingSource,
    Query,
    GuardContent,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct S3 {
    pub(super) uri: String,
    #[serde(default)]
    media_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
}

/// Anthropic's `cache_control`, which clients send too.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CacheControl {
    #[serde(rename = "type")]
    kind: Ephemeral,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ttl: Option<Ttl>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ephemeral {
    Ephemeral,
}

#[derive(Debug, Serialize, Deserialize)]
enum Ttl {
    #[serde(rename = "5m")]
    FiveMinutes,
    #[serde(rename = "1h")]
    OneHour,
}

impl Other {
    pub(super) fn guarded(guarded: &GuardedText) -> Self {
        let GuardedText { text, qualifiers } = guarded;
        let qualifiers = qualifiers.iter().map(|qualifier| match qualifier {
            Qualifier::GroundingSource => Purpose::GroundingSource,
            Qualifier::Query => Purpose::Query,
            Qualifier::GuardContent => Purpose::GuardContent,
        });
        Self::GuardedText(Guarded { text: text.clone(), qualifiers: qualifiers.collect() })
    }

    pub(super) fn cache(ttl: CacheTtl) -> Self {
        Self::CacheControl(CacheControl::from(ttl))
    }

    pub(super) fn s3(uri: &str, media_type: &str, name: Option<&str>) -> Self {
        Self::S3(S3 { uri: uri.to_owned(), media_type: media_type.to_owned(), name: name.map(str::to_owned) })
    }

    pub(super) fn write(&self) -> String {
        // Strings and names of variants always become JSON.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What a plugin hands back. What serde says of it is not told: it may repeat a prompt.
    pub(super) fn read(json: &str) -> Result<Self, String> {
        serde_json::from_str(json).map_err(|_| {
            "`other` is none of `guarded_text`, `cache_control` and `s3` as the host writes them".to_owned()
        })
    }
}

impl From<Guarded> for GuardedText {
    fn from(Guarded { text, qualifiers }: Guarded) -> Self {
        let qualifiers = qualifiers.into_iter().map(|purpose| match purpose {
            Purpose::GroundingSource => Qualifier::GroundingSource,
            Purpose::Query => Qualifier::Query,
            Purpose::GuardContent => Qualifier::GuardContent,
        });
        Self { text, qualifiers: qualifiers.collect() }
    }
}

impl From<CacheTtl> for CacheControl {
    fn from(ttl: CacheTtl) -> Self {
        let ttl = match ttl {
            CacheTtl::Default => None,
            CacheTtl::FiveMinutes => Some(Ttl::FiveMinutes),
            CacheTtl::OneHour => Some(Ttl::OneHour),
        };
        Self { kind: Ephemeral::Ephemeral, ttl }
    }
}

impl From<CacheControl> for CacheTtl {
    fn from(CacheControl { kind: Ephemeral::Ephemeral, ttl }: CacheControl) -> Self {
        match ttl {
            None => Self::Default,
            Some(Ttl::FiveMinutes) => Self::FiveMinutes,
            Some(Ttl::OneHour) => Self::OneHour,
        }
    }
}
