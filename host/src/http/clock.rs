/// Seconds since 1970, as OpenAI's `created` counts them.
pub(super) fn unix_seconds() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_second()).unwrap_or_default()
}

/// Milliseconds since 1970.
pub(super) fn unix_milliseconds() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or_default()
}
