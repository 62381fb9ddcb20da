//! No input may produce a 500 or a panic.
//!
//! A target takes any bytes, sends them through the real router, pipeline and Bedrock client, and
//! panics when a promise is broken. Only the network is missing: Bedrock answers from memory.
//! `fuzz_targets` makes a program for libFuzzer of each; `tests/bounded` runs them for some seconds.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a target panics: that is how it tells"
)]

mod converse_stream;
mod converse_whole;
pub mod frames;
mod host;
mod refusal;
mod request;
mod sse;
mod tool_capsule;

pub use converse_stream::converse_stream;
pub use converse_whole::converse_whole;
pub use request::{chat_request, completion_request, embedding_request};
pub use tool_capsule::tool_capsule;

/// A number that depends on every byte: choices within a target follow from its input alone.
fn hash(data: &[u8]) -> usize {
    crc32fast::hash(data) as usize
}
