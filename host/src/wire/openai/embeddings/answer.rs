use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Serialize, Serializer};

use super::VectorFormat;
use crate::chat;
use crate::error::{Failure, Kind};

/// Writes vectors, a `CreateEmbeddingResponse`. `model` is the model that was asked.
pub fn answer(model: &str, format: VectorFormat, embeddings: &chat::Embeddings) -> Result<Bytes, Failure> {
    let vectors = embeddings.vectors.iter().enumerate();
    let response = Response {
        object: "list",
        data: vectors.map(|(index, vector)| Entry::new(index, vector, format)).collect(),
        model,
        usage: Usage { prompt_tokens: embeddings.input_tokens, total_tokens: embeddings.input_tokens },
    };
    serde_json::to_vec(&response).map(Bytes::from).map_err(|error| {
        Failure::new(Kind::Internal, "the answer could not be written").with_internal(error.to_string())
    })
}

#[derive(Serialize)]
struct Response<'a> {
    object: &'static str,
    data: Vec<Entry<'a>>,
    model: &'a str,
    usage: Usage,
}

#[derive(Serialize)]
struct Entry<'a> {
    object: &'static str,
    index: usize,
    embedding: Vector<'a>,
}

impl<'a> Entry<'a> {
    fn new(index: usize, vector: &'a [f32], format: VectorFormat) -> Self {
        let embedding = match format {
            VectorFormat::Float => Vector::Float(vector),
            VectorFormat::Base64 => Vector::Base64(vector),
        };
        Self { object: "embedding", index, embedding }
    }
}

#[derive(Serialize)]
struct Usage {
    prompt_tokens: u64,
    total_tokens: u64,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Vector<'a> {
    Float(&'a [f32]),
    #[serde(serialize_with = "base64")]
    Base64(&'a [f32]),
}

fn base64<S: Serializer>(numbers: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
    let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    serializer.serialize_str(&STANDARD.encode(bytes))
}
