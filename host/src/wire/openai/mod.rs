//! OpenAI Chat Completions, as `POST /v1/chat/completions` speaks it (OpenAI's API reference 2.3.0).
//!
//! Pure: bytes in, values out, and the other way round. Ids and the clock come in as parameters.
//!
//! * [`decode`] reads a request body; every fault is a 400 that names the field.
//! * [`StreamEncoder`] and [`whole`] write the same answer in pieces or in one piece.
//! * [`refuse_remote`] is for operators who let nothing be fetched.
//! * [`completions`] is the older endpoint, [`embeddings`] the one for vectors.
//! * [`error_body`] and [`models`] write the two small bodies.

pub mod completions;
pub mod embeddings;

mod decode;
mod encode;
mod failure;
mod fields;
mod format;
mod models;

pub use decode::{Decoded, Dropped, UsageChunk, decode, refuse_remote};
pub use encode::{Incomplete, StreamEncoder, whole};
pub use failure::{error_body, error_code};
pub use format::{Encoder, Format, Head};
pub use models::{Model, model, models};

#[cfg(test)]
mod tests;
