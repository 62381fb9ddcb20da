//! Chat Completions, as Bedrock's OpenAI-compatible endpoint has it: read into a conversation of Converse,
//! which the same model answers, and written out as a completion or as its chunks.

mod completion;
mod conversation;
mod error;
mod message;
mod request;

pub(crate) use completion::{chunks, completion};
pub(crate) use error::Error;
pub(crate) use request::{Chat, read};

/// The model that a body names, if it names one.
pub(crate) fn model_of(body: &[u8]) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(body).ok()?;
    Some(body.get("model")?.as_str()?.to_owned())
}

#[cfg(test)]
mod tests;
