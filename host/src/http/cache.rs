//! What a client says to the response cache in headers, and what it is told.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, header};

use crate::error::Failure;
use crate::metering::Scope;
use crate::pipeline::{CacheNote, CacheOutcome, CacheTerms, CacheWish};
use crate::store::{ResponseCaching, Sharing, StoredKey};

pub(super) const CACHE: HeaderName = HeaderName::from_static("x-adit-cache");

/// On which terms answers are kept for a request of the key, if they are.
pub(super) fn terms(
    key: &StoredKey,
    headers: &HeaderMap,
    told: CacheNote,
) -> Result<Option<CacheTerms>, Failure> {
    let wish = wish(headers)?;
    let ResponseCaching::On(policy) = key.terms.response_cache else { return Ok(None) };
    let scope = match (policy.sharing, &key.key.team) {
        (Sharing::Team, Some(team)) => Scope::Team(team.clone()),
        (Sharing::Team, None) | (Sharing::Key, _) => Scope::Key(key.key.id.clone()),
    };
    Ok(Some(CacheTerms { scope, lifetime: policy.lifetime, requests: policy.requests, wish, told }))
}

/// `x-adit-cache: bypass`, or what HTTP has for it (RFC 9111, section 5.2.1).
fn wish(headers: &HeaderMap) -> Result<CacheWish, Failure> {
    match headers.get(CACHE).map(HeaderValue::as_bytes) {
        Some(b"bypass") => return Ok(CacheWish::Bypass),
        Some(_) => {
            return Err(Failure::invalid(CACHE.as_str(), "the header `x-adit-cache` has to be `bypass`")
                .with_code("invalid_value"));
        }
        None => {}
    }
    let values = headers.get_all(header::CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let asked: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    let asks = |directive: &str| asked.iter().any(|one| one.eq_ignore_ascii_case(directive));
    Ok(if asks("no-store") {
        CacheWish::Bypass
    } else if asks("no-cache") {
        CacheWish::Renew
    } else {
        CacheWish::Use
    })
}

/// The response with what the cache has done, if it was asked.
pub(super) fn mark(mut response: Response<Body>, note: &CacheNote) -> Response<Body> {
    let Some(outcome) = note.so_far() else { return response };
    let headers = response.headers_mut();
    let word = match outcome {
        CacheOutcome::Hit { age } => {
            headers.insert(header::AGE, age.as_secs().into());
            "hit"
        }
        CacheOutcome::Miss => "miss",
        CacheOutcome::Bypass => "bypass",
    };
    headers.insert(CACHE, HeaderValue::from_static(word));
    response
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_client_bypasses_or_renews_what_is_kept() {
        for (name, value, expected) in [
            ("x-adit-cache", "bypass", Some(CacheWish::Bypass)),
            ("x-adit-cache", "hit", None),
            ("cache-control", "max-age=0, No-Store", Some(CacheWish::Bypass)),
            ("cache-control", "no-cache", Some(CacheWish::Renew)),
            ("cache-control", "max-age=60", Some(CacheWish::Use)),
            ("x-other", "no-cache", Some(CacheWish::Use)),
        ] {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_static(value))]);
            assert_eq!(wish(&headers).ok(), expected, "{name}: {value}");
        }
    }
}
