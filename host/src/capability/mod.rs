//! What each model on Bedrock can do: data, not code.
//!
//! [`Models`] holds the entries of `models.toml`, and after them those of the operator. Each entry has
//! a pattern and says some things about the models whose id fits; all that fit are applied in order,
//! so the general ones stand first and later ones override single members. What results is a
//! [`Capabilities`], which is asked when a request is written. A model that no entry knows has
//! [`Capabilities::default`]: whatever Converse takes in general, and nothing that only some models do.

mod bare;
mod capabilities;
mod models;
mod pattern;
mod prices;
mod raw;
#[cfg(test)]
mod tests;
mod thinking;
mod words;

pub use bare::{Bare, bare};
pub use capabilities::{
    Backend, Caching, Capabilities, DocumentLimits, Embedding, EmbeddingApi, ImageApi, ImageGeneration,
    ParallelSwitch, SamplingPair, Signature, StructuredOutput, Support, Tools, TopK,
};
pub use models::{Models, Operator};
pub use prices::{Price, Prices};
pub use raw::Entries;
pub use thinking::{Budgets, Efforts, Thinking};
