//! Patience with others that write the same.

use std::time::Duration;

/// How often a change is tried that others were quicker with.
pub(super) const ATTEMPTS: u32 = 10;

/// The longest pause after the first attempt, in µs. It doubles.
const FIRST: u64 = 4_000;
/// The longest pause of all, in µs.
const LONGEST: u64 = 200_000;

/// Waits before attempt number `attempt`, which counts from 1: for any part of a time that doubles, so that those who met do not
/// meet again.
pub(super) async fn pause(attempt: u32) {
    let most = FIRST.saturating_mul(1 << attempt.min(10)).min(LONGEST);
    // Without random numbers all wait for the same time, which still is a pause.
    let random = getrandom::u64().unwrap_or(most);
    tokio::time::sleep(Duration::from_micros(random % (most + 1))).await;
}
