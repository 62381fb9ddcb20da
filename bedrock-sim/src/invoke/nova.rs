//! Amazon Nova Multimodal Embeddings, one text a call
//! (<https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html>).

use serde_json::{Value, json};

use super::schema::{self, Schema, optional, required};
use super::{Invocation, LONGEST_TEXT, vector};
use crate::converse::tokens;
use crate::error::ServiceError;

/// Tokens that are read of a text.
const MOST_TOKENS: usize = 8192;
/// Numbers in a vector when none are asked for.
const DIMENSION: u64 = 3072;

const PURPOSES: Schema = Schema::Choice(&[
    "GENERIC_INDEX",
    "GENERIC_RETRIEVAL",
    "TEXT_RETRIEVAL",
    "IMAGE_RETRIEVAL",
    "VIDEO_RETRIEVAL",
    "DOCUMENT_RETRIEVAL",
    "AUDIO_RETRIEVAL",
    "CLASSIFICATION",
    "CLUSTERING",
]);
const TEXT: Schema = Schema::Object(&[
    required("truncationMode", &Schema::Choice(&["START", "END", "NONE"])),
    required("value", &Schema::Text { least: 1, most: LONGEST_TEXT }),
]);
static REQUEST: Schema = Schema::Object(&[
    optional("schemaVersion", &Schema::Choice(&["nova-multimodal-embed-v1"])),
    required("taskType", &Schema::Choice(&["SINGLE_EMBEDDING"])),
    required(
        "singleEmbeddingParams",
        &Schema::Object(&[
            required("embeddingPurpose", &PURPOSES),
            optional("embeddingDimension", &Schema::Size(&[256, 384, 1024, 3072])),
            required("text", &TEXT),
        ]),
    ),
]);

pub(super) fn answer(body: &Value) -> Result<Invocation, ServiceError> {
    schema::check(body, &REQUEST)?;
    let parameter = |name: &str| body.pointer(&format!("/singleEmbeddingParams/{name}"));
    let text = parameter("text/value").and_then(Value::as_str).unwrap_or_default();
    let dimension = parameter("embeddingDimension").and_then(Value::as_u64).unwrap_or(DIMENSION);
    let words = tokens::split(text);
    let mode = parameter("text/truncationMode").and_then(Value::as_str);
    let surplus = words.len().saturating_sub(MOST_TOKENS);
    let read = match mode {
        _ if surplus == 0 => words.as_slice(),
        Some("START") => words.get(surplus..).unwrap_or_default(),
        Some("END") => words.get(..MOST_TOKENS).unwrap_or_default(),
        _ => {
            return Err(ServiceError::validation(format!(
                "The text input exceeds the maximum of {MOST_TOKENS} tokens and truncationMode is NONE."
            )));
        }
    };
    let kept = read.concat();
    let vector = vector::of(&kept, usize::try_from(dimension).unwrap_or_default(), true);
    let mut embedding = json!({"embeddingType": "TEXT", "embedding": vector});
    if let (Some(embedding), true) = (embedding.as_object_mut(), surplus > 0) {
        embedding.insert("truncatedCharLength".to_owned(), kept.chars().count().into());
    }
    let input_tokens = read.len() as u64;
    Ok(Invocation {
        texts: vec![text.to_owned()],
        answer: json!({"embeddings": [embedding]}),
        input_tokens: Some(input_tokens),
    })
}
