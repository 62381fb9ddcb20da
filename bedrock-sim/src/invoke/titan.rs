//! Amazon Titan Text Embeddings, both versions
//! (<https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html>).

use serde_json::{Map, Value, json};

use super::schema::{self, Schema, optional, required};
use super::{Invocation, LONGEST_TEXT, vector};
use crate::converse::tokens;
use crate::error::ServiceError;

/// Tokens in the longest text.
const MOST_TOKENS: u64 = 8192;
/// Numbers in a vector of the first version.
const FIRST_DIMENSION: usize = 1536;
/// Numbers in a vector of the second version when none are asked for.
const SECOND_DIMENSION: u64 = 1024;

const TEXT: Schema = Schema::Text { least: 1, most: LONGEST_TEXT };
const TYPES: Schema = Schema::List { of: &Schema::Choice(&["float", "binary"]), least: 1, most: 2 };
static FIRST: Schema = Schema::Object(&[required("inputText", &TEXT)]);
static SECOND: Schema = Schema::Object(&[
    required("inputText", &TEXT),
    optional("dimensions", &Schema::Size(&[256, 512, 1024])),
    optional("normalize", &Schema::Flag),
    optional("embeddingTypes", &TYPES),
]);

pub(super) fn first(body: &Value) -> Result<Invocation, ServiceError> {
    schema::check(body, &FIRST)?;
    let (text, input_tokens) = read(body)?;
    let answer =
        json!({"embedding": vector::of(&text, FIRST_DIMENSION, false), "inputTextTokenCount": input_tokens});
    Ok(Invocation { texts: vec![text], answer, input_tokens: Some(input_tokens) })
}

pub(super) fn second(body: &Value) -> Result<Invocation, ServiceError> {
    schema::check(body, &SECOND)?;
    let (text, input_tokens) = read(body)?;
    let dimension = body.get("dimensions").and_then(Value::as_u64).unwrap_or(SECOND_DIMENSION);
    let unit = body.get("normalize").and_then(Value::as_bool).unwrap_or(true);
    let vector = vector::of(&text, usize::try_from(dimension).unwrap_or_default(), unit);
    let kinds = match body.get("embeddingTypes").and_then(Value::as_array) {
        Some(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        None => vec!["float"],
    };
    let by_type: Map<String, Value> =
        kinds.iter().map(|kind| ((*kind).to_owned(), typed(&vector, kind))).collect();
    let mut answer = json!({"embeddingsByType": by_type, "inputTextTokenCount": input_tokens});
    if let (Some(answer), true) = (answer.as_object_mut(), kinds.contains(&"float")) {
        answer.insert("embedding".to_owned(), json!(vector));
    }
    Ok(Invocation { texts: vec![text], answer, input_tokens: Some(input_tokens) })
}

/// Titan writes a number of a binary vector as 0 or 1, without packing eight to a byte.
fn typed(vector: &[f64], kind: &str) -> Value {
    if kind == "binary" {
        return vector.iter().map(|number| u8::from(*number > 0.0)).collect();
    }
    vector::typed(vector, kind).into()
}

fn read(body: &Value) -> Result<(String, u64), ServiceError> {
    let text = body.get("inputText").and_then(Value::as_str).unwrap_or_default();
    let count = tokens::count(text);
    if count > MOST_TOKENS {
        return Err(ServiceError::validation(format!(
            "400 Bad Request: Too many input tokens. Max input tokens: {MOST_TOKENS}, request input token count: {count} "
        )));
    }
    Ok((text.to_owned(), count))
}
