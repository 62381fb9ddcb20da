//! Bedrock: the only place that knows its SDK.
//!
//! `request` writes a Converse body, `response` and `stream` read the two forms of its answer (both
//! through `writer`, which keeps the order that [`chat::Event`](crate::chat::Event) promises) and
//! `error` sorts what can go wrong. `client` and `models` do the calling; the rest is pure.

mod call;
mod client;
mod document;
mod endpoint;
mod error;
mod models;
mod reader;
mod request;
mod response;
mod stream;
mod writer;

#[cfg(test)]
mod tests;

pub use client::Bedrock;
pub use endpoint::InvalidEndpoint;
