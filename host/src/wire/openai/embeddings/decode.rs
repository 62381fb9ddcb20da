use std::borrow::Cow;

use super::input;
use crate::chat::{EmbeddingRequest, Purpose};
use crate::error::Failure;
use crate::wire::openai::decode::{Body, Dropped, Text, fault, model};
use crate::wire::openai::fields::EMBEDDINGS;

/// What a request body said.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The texts, and how they become vectors.
    pub request: EmbeddingRequest,
    /// How the vectors are written.
    pub format: VectorFormat,
    /// What was left out although it says something, each once. Plain ASCII.
    pub dropped: Vec<Cow<'static, str>>,
}

/// How vectors are written (`encoding_format`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VectorFormat {
    /// A list of numbers.
    Float,
    /// The 32-bit floats in little-endian order, as base64. OpenAI's SDKs ask for it by default.
    Base64,
}

/// Reads the body of `POST /v1/embeddings`. Faults are those of Chat Completions.
pub fn decode(body: &[u8]) -> Result<Decoded, Failure> {
    let mut dropped = Dropped::default();
    let body = Body::scan(body, &EMBEDDINGS)?;
    body.treat_what_is_not_mapped(&mut dropped)?;
    let model = model(&body)?;
    let request = EmbeddingRequest {
        dimensions: dimensions(&body)?,
        purpose: purpose(&body)?,
        ..EmbeddingRequest::new(model, input::decode(&body)?)
    };
    Ok(Decoded { request, format: format(&body)?, dropped: dropped.into_names() })
}

/// `dimensions`
fn dimensions(body: &Body<'_>) -> Result<Option<u32>, Failure> {
    let Some(dimensions) = body.read::<f64>("dimensions")? else { return Ok(None) };
    if dimensions.fract() != 0.0 || !(1.0..=f64::from(u32::MAX)).contains(&dimensions) {
        return Err(fault::invalid("dimensions", "has to be a whole number from 1"));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a whole number in range, see above"
    )]
    Ok(Some(dimensions as u32))
}

/// `encoding_format`
fn format(body: &Body<'_>) -> Result<VectorFormat, Failure> {
    match body.read::<Text<'_>>("encoding_format")?.as_ref().map(Text::as_str) {
        Some("float") | None => Ok(VectorFormat::Float),
        Some("base64") => Ok(VectorFormat::Base64),
        Some(_) => Err(fault::invalid("encoding_format", "has to be \"float\" or \"base64\"")),
    }
}

/// `input_type`, which OpenAI does not have: in the words of Cohere, whose models demand it.
fn purpose(body: &Body<'_>) -> Result<Option<Purpose>, Failure> {
    let Some(purpose) = body.read::<Text<'_>>("input_type")? else { return Ok(None) };
    match purpose.as_str() {
        "search_document" => Ok(Some(Purpose::Document)),
        "search_query" => Ok(Some(Purpose::Query)),
        "classification" => Ok(Some(Purpose::Classification)),
        "clustering" => Ok(Some(Purpose::Clustering)),
        _ => Err(fault::invalid(
            "input_type",
            "has to be \"search_document\", \"search_query\", \"classification\" or \"clustering\"",
        )),
    }
}
