//! A release and terms as the texts of their columns. Unknown members are an error, because to overlook
//! a term of a newer Adit would be to break it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::enabled::{Acknowledged, Digest, Grants, Limits, OnFailure, Release, Reuse, Terms, Version};

pub(super) fn write_release(release: &Release) -> String {
    format!("{} {}", release.version, release.digest)
}

pub(super) fn read_release(text: &str) -> Result<Release, String> {
    let (version, digest) = text.split_once(' ').ok_or("the release of a plugin has no digest")?;
    Ok(Release {
        version: Version::parse(version).map_err(|error| error.to_string())?,
        digest: Digest::parse(digest).map_err(|error| error.to_string())?,
    })
}

#[derive(Default, Serialize, Deserialize)]
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

pub(super) fn write_terms(terms: &Terms) -> String {
    let Terms { grants, acknowledged, on_failure, reuse, limits } = terms;
    let Limits { memory_bytes, init, request_hook, stream_hook, request_total } = limits;
    let raw = Raw {
        grants: grants.texts(),
        acknowledged: *acknowledged == Acknowledged::Leaks,
        fail_open: *on_failure == OnFailure::Open,
        reuse: *reuse == Reuse::PerKey,
        memory_bytes: *memory_bytes,
        init_ms: init.map(millis),
        request_hook_ms: request_hook.map(millis),
        stream_hook_ms: stream_hook.map(millis),
        request_total_ms: request_total.map(millis),
    };
    // Texts, flags and numbers: nothing that could fail to be written.
    serde_json::to_string(&raw).unwrap_or_else(|_| "{}".to_owned())
}

pub(super) fn read_terms(text: &str) -> Result<Terms, String> {
    if text == "{}" {
        return Ok(Terms::default());
    }
    let raw: Raw = serde_json::from_str(text).map_err(|error| format!("the terms of a plugin: {error}"))?;
    let mut grants = Grants::default();
    for grant in &raw.grants {
        grants.add(grant).map_err(|error| error.to_string())?;
    }
    Ok(Terms {
        grants,
        acknowledged: if raw.acknowledged { Acknowledged::Leaks } else { Acknowledged::Nothing },
        on_failure: if raw.fail_open { OnFailure::Open } else { OnFailure::Closed },
        reuse: if raw.reuse { Reuse::PerKey } else { Reuse::Never },
        limits: Limits {
            memory_bytes: raw.memory_bytes,
            init: raw.init_ms.map(Duration::from_millis),
            request_hook: raw.request_hook_ms.map(Duration::from_millis),
            stream_hook: raw.stream_hook_ms.map(Duration::from_millis),
            request_total: raw.request_total_ms.map(Duration::from_millis),
        },
    })
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
    }

    #[test]
    fn a_release_comes_back_as_it_was_written() {
        let release = Release { version: Version::parse("1.4.0").unwrap(), digest: Digest::of(b"x") };
        assert_eq!(read_release(&write_release(&release)).unwrap(), release);
        assert!(read_release("1.4.0").is_err());
    }
}
