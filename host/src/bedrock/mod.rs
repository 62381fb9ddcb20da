//! Bedrock: the only place that knows its SDK.
//!
//! `request` writes a Converse body, `response` and `stream` read the two forms of its answer (both
//! through `writer`, which keeps the order that [`chat::Event`](crate::chat::Event) promises) and
//! `error` sorts what can go wrong. `embeddings` and `images` have bodies of InvokeModel, `invoke` sends those that plugins write. `client`,
//! `call`, `count` and `models` do the calling: in one of the [`Regions`](region::Regions), and again as [`retry`] decides.
//! `openai` is for models that are not in Converse.

mod assessment;
mod call;
#[cfg(any(test, feature = "fuzzing"))]
mod canned;
mod client;
mod count;
mod document;
mod embeddings;
mod error;
mod estimate;
mod images;
mod invoke;
mod models;
mod openai;
mod profile;
mod reader;
mod region;
mod request;
mod response;
mod retry;
mod sdk;
mod stream;
mod target;
mod warm;
mod writer;

#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzz;
#[cfg(test)]
mod tests;

pub use client::Bedrock;
