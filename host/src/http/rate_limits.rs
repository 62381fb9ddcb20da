//! How the limits of a key stand, in OpenAI's headers (API reference, "Rate limits", "in headers").

use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response};

use crate::metering::{Room, Standing};
use crate::pipeline::Rates;

pub(super) struct Names {
    pub(super) limit: HeaderName,
    pub(super) remaining: HeaderName,
    pub(super) reset: HeaderName,
}

pub(super) const REQUESTS: Names = Names {
    limit: HeaderName::from_static("x-ratelimit-limit-requests"),
    remaining: HeaderName::from_static("x-ratelimit-remaining-requests"),
    reset: HeaderName::from_static("x-ratelimit-reset-requests"),
};

pub(super) const TOKENS: Names = Names {
    limit: HeaderName::from_static("x-ratelimit-limit-tokens"),
    remaining: HeaderName::from_static("x-ratelimit-remaining-tokens"),
    reset: HeaderName::from_static("x-ratelimit-reset-tokens"),
};

/// The response with what is known; without limits nothing is.
pub(super) fn mark(mut response: Response<Body>, rates: &Rates) -> Response<Body> {
    let Standing { requests, tokens } = rates.so_far();
    add(&REQUESTS, requests, response.headers_mut());
    add(&TOKENS, tokens, response.headers_mut());
    response
}

fn add(names: &Names, room: Option<Room>, headers: &mut HeaderMap) {
    let Some(Room { limit, remaining, reset }) = room else { return };
    headers.insert(names.limit.clone(), limit.into());
    headers.insert(names.remaining.clone(), remaining.into());
    if let Ok(reset) = HeaderValue::from_str(&written(reset)) {
        headers.insert(names.reset.clone(), reset);
    }
}

/// As OpenAI writes a duration: `6m0s`, `1.5s`, `20ms`. A begun millisecond is a whole one.
fn written(duration: Duration) -> String {
    let ms = duration.as_nanos().div_ceil(1_000_000);
    let (minutes, rest) = (ms / 60_000, ms % 60_000);
    let seconds = match (rest / 1000, rest % 1000) {
        (whole, 0) => format!("{whole}s"),
        (0, part) if minutes == 0 => return format!("{part}ms"),
        (whole, part) => format!("{whole}.{}s", format!("{part:03}").trim_end_matches('0')),
    };
    if minutes == 0 { seconds } else { format!("{minutes}m{seconds}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_openai_writes_them() {
        for (ms, text) in [
            (0, "0s"),
            (20, "20ms"),
            (1000, "1s"),
            (8640, "8.64s"),
            (59_999, "59.999s"),
            (60_000, "1m0s"),
            (60_050, "1m0.05s"),
            (360_000, "6m0s"),
        ] {
            assert_eq!(written(Duration::from_millis(ms)), text);
        }
        assert_eq!(written(Duration::from_nanos(1)), "1ms");
    }
}
