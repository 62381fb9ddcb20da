//! InvokeModel: each family's own request and answer. Embedding models make vectors that depend on the text alone,
//! those that draw make the same image of anything, Titan Text answers as in Converse.

mod cohere;
mod image;
mod nova;
mod schema;
mod titan;
pub(crate) mod titan_text;
mod vector;

use serde_json::Value;

use crate::converse::validate::bare;
use crate::error::ServiceError;

/// The most characters of a text that Titan and Nova read.
const LONGEST_TEXT: usize = 50_000;

/// A request that the service would take.
#[derive(Debug)]
pub(crate) struct Invocation {
    /// What is embedded or drawn, in order.
    pub(crate) texts: Vec<String>,
    pub(crate) answer: Value,
    /// None for images.
    pub(crate) input_tokens: Option<u64>,
}

/// Checks the body for `model` and makes the answer.
pub(crate) fn answer(body: &[u8], model: &str) -> Result<Invocation, ServiceError> {
    let body = || json(body);
    match bare(model) {
        "amazon.titan-embed-text-v1" => titan::first(&body()?),
        "amazon.titan-embed-text-v2:0" => titan::second(&body()?),
        "amazon.nova-2-multimodal-embeddings-v1:0" => nova::answer(&body()?),
        "cohere.embed-english-v3" | "cohere.embed-multilingual-v3" => cohere::third(&body()?),
        "cohere.embed-v4:0" => cohere::fourth(&body()?),
        "amazon.nova-canvas-v1:0"
        | "amazon.titan-image-generator-v1"
        | "amazon.titan-image-generator-v2:0" => image::amazon(&body()?),
        "stability.sd3-5-large-v1:0"
        | "stability.stable-image-core-v1:1"
        | "stability.stable-image-ultra-v1:1" => image::stability(&body()?),
        other => Err(ServiceError::validation(format!(
            "The stand-in does not know how to invoke `{other}`: only models of embeddings and images, and Titan Text, have InvokeModel here."
        ))),
    }
}

fn json(body: &[u8]) -> Result<Value, ServiceError> {
    serde_json::from_slice(body).map_err(|_| {
        ServiceError::validation("Malformed input request, please reformat your input and try again.")
    })
}

#[cfg(test)]
mod tests;
