//! Cohere Embed 3 and 4
//! (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html>). Images are left out.

use serde_json::{Map, Value, json};

use super::schema::{self, Schema, optional, required};
use super::{Invocation, vector};
use crate::converse::tokens;
use crate::error::ServiceError;

/// Texts in one call.
const MOST_TEXTS: usize = 96;
/// Numbers in a vector of Embed 3.
const THIRD_DIMENSION: u64 = 1024;
/// Numbers in a vector of Embed 4 when none are asked for.
const FOURTH_DIMENSION: u64 = 1536;

const INPUT_TYPE: Schema =
    Schema::Choice(&["search_document", "search_query", "classification", "clustering"]);
const TYPES: Schema =
    Schema::List { of: &Schema::Choice(&["float", "int8", "uint8", "binary", "ubinary"]), least: 1, most: 5 };
static THIRD: Schema = Schema::Object(&[
    required(
        "texts",
        &Schema::List { of: &Schema::Text { least: 1, most: 2048 }, least: 1, most: MOST_TEXTS },
    ),
    required("input_type", &INPUT_TYPE),
    optional("truncate", &Schema::Choice(&["NONE", "START", "END"])),
    optional("embedding_types", &TYPES),
]);
static FOURTH: Schema = Schema::Object(&[
    required(
        "texts",
        &Schema::List { of: &Schema::Text { least: 1, most: usize::MAX }, least: 1, most: MOST_TEXTS },
    ),
    required("input_type", &INPUT_TYPE),
    optional("truncate", &Schema::Choice(&["NONE", "LEFT", "RIGHT"])),
    optional("embedding_types", &TYPES),
    optional("output_dimension", &Schema::Size(&[256, 512, 1024, 1536])),
    optional("max_tokens", &Schema::Count),
]);

pub(super) fn third(body: &Value) -> Result<Invocation, ServiceError> {
    schema::check(body, &THIRD)?;
    Ok(embed(body, THIRD_DIMENSION))
}

pub(super) fn fourth(body: &Value) -> Result<Invocation, ServiceError> {
    schema::check(body, &FOURTH)?;
    Ok(embed(body, body.get("output_dimension").and_then(Value::as_u64).unwrap_or(FOURTH_DIMENSION)))
}

/// Without types the vectors come as a list, with types as a list under each.
fn embed(body: &Value, dimension: u64) -> Invocation {
    let strings = |name: &str| -> Option<Vec<String>> {
        let list = body.get(name)?.as_array()?;
        Some(list.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    };
    let texts = strings("texts").unwrap_or_default();
    let dimension = usize::try_from(dimension).unwrap_or_default();
    let vectors: Vec<Vec<f64>> = texts.iter().map(|text| vector::of(text, dimension, true)).collect();
    let (embeddings, response_type) = match strings("embedding_types") {
        None => (json!(vectors), "embeddings_floats"),
        Some(kinds) => {
            let typed = |kind: &str| -> Value {
                vectors.iter().map(|vector| Value::from(vector::typed(vector, kind))).collect()
            };
            let by_type: Map<String, Value> =
                kinds.into_iter().map(|kind| (kind.clone(), typed(&kind))).collect();
            (Value::Object(by_type), "embeddings_by_type")
        }
    };
    // Recorded: the texts come back in lower case.
    let lower: Vec<String> = texts.iter().map(|text| text.to_lowercase()).collect();
    let answer = json!({
        "embeddings": embeddings,
        "id": "00000000-0000-4000-8000-000000000000",
        "response_type": response_type,
        "texts": lower,
    });
    let input_tokens = texts.iter().map(|text| tokens::count(text)).sum();
    Invocation { texts, answer, input_tokens: Some(input_tokens) }
}
