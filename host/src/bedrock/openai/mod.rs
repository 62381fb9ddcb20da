//! Models that only Bedrock's own OpenAI-compatible endpoint has (user guide, "Invoke a model with the
//! OpenAI Chat Completions API"): `/openai/v1/chat/completions` of bedrock-runtime.
//!
//! Not a pipe for bytes: a request is written from [`chat`](crate::chat) and an answer read into it, as
//! with Converse, so plugins, limits and counts are the same. `request` writes the body, `chunk` and
//! `decoder` read both forms of the answer, `error` sorts refusals, `redirect` brings a call of the
//! SDK to this endpoint, and `call` makes it.

mod call;
mod chunk;
mod decoder;
mod error;
mod redirect;
mod request;
mod server_sent;
mod source;

pub(super) use call::OpenAiCall;
pub(super) use request::write;
