//! Enabled plugins, their releases and terms. Unknown members are an error, because to overlook
//! a term of a newer Adit would be to break it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::enabled::{
    Acknowledged, Digest, EnabledPlugin, Grants, Limits, OnFailure, Release, Reuse, Terms, Version,
};
use crate::ids::PluginName;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlugin {
    name: String,
    config: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    release: Option<String>,
    #[serde(default, skip_serializing_if = "Raw::is_empty")]
    terms: Raw,
}

/// A whole chain.
pub(in crate::store) fn write_chain(plugins: &[EnabledPlugin]) -> String {
    let raw: Vec<RawPlugin> = plugins
        .iter()
        .map(|plugin| RawPlugin {
            name: plugin.name.to_string(),
            config: plugin.config.to_string(),
            release: plugin.release.as_ref().map(write_release),
            terms: Raw::of(&plugin.terms),
        })
        .collect();
    // Texts, flags and numbers: nothing that could fail to be written.
    serde_json::to_string(&raw).unwrap_or_else(|_| "[]".to_owned())
}

pub(in crate::store) fn read_chain(text: &str) -> Result<Vec<EnabledPlugin>, String> {
    let raw: Vec<RawPlugin> = serde_json::from_str(text).map_err(|error| format!("the plugins: {error}"))?;
    raw.into_iter()
        .map(|raw| {
            Ok(EnabledPlugin {
                name: PluginName::parse(raw.name).map_err(|error| error.to_string())?,
                config: raw.config.into(),
                release: raw.release.as_deref().map(read_release).transpose()?,
                terms: raw.terms.into_terms()?,
            })
        })
        .collect()
}

pub(in crate::store) fn write_release(release: &Release) -> String {
    format!("{} {}", release.version, release.digest)
}

pub(in crate::store) fn read_release(text: &str) -> Result<Release, String> {
    let (version, digest) = text.split_once(' ').ok_or("the release of a plugin has no digest")?;
    Ok(Release {
        version: Version::parse(version).map_err(|error| error.to_string())?,
        digest: Digest::parse(digest).map_err(|error| error.to_string())?,
    })
}

#[derive(Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grants: Vec<String>,
    #[serde(skip_serializing_if = "is_false")]
    acknowledged: bool,
    #[serde(skip_serializing_if = "is_false")]
    fail_open: bool,
    #[serde(skip_serializing_if = "is_false")]
    reuse: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    memory_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    init_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_hook_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_hook_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_total_ms: Option<u64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Raw {
    fn of(terms: &Terms) -> Self {
        let Terms { grants, acknowledged, on_failure, reuse, limits } = terms;
        let Limits { memory_bytes, init, request_hook, stream_hook, request_total } = limits;
        Self {
            grants: grants.texts(),
            acknowledged: *acknowledged == Acknowledged::Leaks,
            fail_open: *on_failure == OnFailure::Open,
            reuse: *reuse == Reuse::PerKey,
            memory_bytes: *memory_bytes,
            init_ms: init.map(millis),
            request_hook_ms: request_hook.map(millis),
            stream_hook_ms: stream_hook.map(millis),
            request_total_ms: request_total.map(millis),
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn into_terms(self) -> Result<Terms, String> {
        let mut grants = Grants::default();
        for grant in &self.grants {
            grants.add(grant).map_err(|error| error.to_string())?;
        }
        Ok(Terms {
            grants,
            acknowledged: if self.acknowledged { Acknowledged::Leaks } else { Acknowledged::Nothing },
            on_failure: if self.fail_open { OnFailure::Open } else { OnFailure::Closed },
            reuse: if self.reuse { Reuse::PerKey } else { Reuse::Never },
            limits: Limits {
                memory_bytes: self.memory_bytes,
                init: self.init_ms.map(Duration::from_millis),
                request_hook: self.request_hook_ms.map(Duration::from_millis),
                stream_hook: self.stream_hook_ms.map(Duration::from_millis),
                request_total: self.request_total_ms.map(Duration::from_millis),
            },
        })
    }
}

#[cfg(feature = "sqlite")]
pub(in crate::store) fn write_terms(terms: &Terms) -> String {
    // Texts, flags and numbers: nothing that could fail to be written.
    serde_json::to_string(&Raw::of(terms)).unwrap_or_else(|_| "{}".to_owned())
}

#[cfg(feature = "sqlite")]
pub(in crate::store) fn read_terms(text: &str) -> Result<Terms, String> {
    if text == "{}" {
        return Ok(Terms::default());
    }
    let raw: Raw = serde_json::from_str(text).map_err(|error| format!("the terms of a plugin: {error}"))?;
    raw.into_terms()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn terms_come_back_as_they_were_written() {
        let mut terms = Terms {
            acknowledged: Acknowledged::Leaks,
            on_failure: OnFailure::Open,
            reuse: Reuse::PerKey,
            ..Terms::default()
        };
        for grant in ["kv", "http=api.example.com", "secret=token"] {
            terms.grants.add(grant).unwrap();
        }
        terms.limits.memory_bytes = Some(64 << 20);
        terms.limits.request_total = Some(Duration::from_millis(7));
        assert_eq!(read_terms(&write_terms(&terms)).unwrap(), terms);
        assert_eq!(write_terms(&Terms::default()), "{}");
        assert_eq!(read_terms("{}").unwrap(), Terms::default());
        assert!(read_terms(r#"{"fail_sideways":true}"#).is_err());

        let name = PluginName::parse("redact").unwrap();
        let release = Some(Release { version: Version::parse("1.4.0").unwrap(), digest: Digest::of(b"x") });
        let chain = [
            EnabledPlugin::new(name.clone(), r#"{"a":"b"}"#),
            EnabledPlugin { release, terms, ..EnabledPlugin::new(name, "{}") },
        ];
        assert_eq!(read_chain(&write_chain(&chain)).unwrap(), chain);
    }

    #[test]
    fn a_release_comes_back_as_it_was_written() {
        let release = Release { version: Version::parse("1.4.0").unwrap(), digest: Digest::of(b"x") };
        assert_eq!(read_release(&write_release(&release)).unwrap(), release);
        assert!(read_release("1.4.0").is_err());
    }
}
