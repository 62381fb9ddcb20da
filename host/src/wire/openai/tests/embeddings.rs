//! Texts in, vectors out.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::schema::{judge, schemas};
use super::{check, fixture};
use crate::chat::{EmbeddingRequest, Embeddings};
use crate::error::Kind;
use crate::wire::openai::embeddings::{VectorFormat, answer, decode};
use crate::wire::openai::fields::EMBEDDINGS;

#[test]
fn requests() {
    check("embeddings", |case| match decode(case.as_bytes()) {
        Ok(decoded) => {
            // All that a client can say.
            let EmbeddingRequest { model, inputs, dimensions, purpose, .. } = decoded.request;
            let said = format!(
                "model: {model:?}, inputs: {inputs:?}, dimensions: {dimensions:?}, purpose: {purpose:?}"
            );
            format!("EmbeddingRequest {{ {said} }}\n{:?} dropped {:?}", decoded.format, decoded.dropped)
        }
        Err(failure) => {
            assert_eq!(failure.kind, Kind::InvalidRequest);
            let (param, code) = (failure.param.as_deref().unwrap_or("-"), failure.code.as_deref().unwrap());
            format!("400 {param} {code}\n{}", failure.message)
        }
    });
}

#[test]
fn an_input_has_at_most_2048_entries() {
    let body = |entry: &Value, count| json!({"model": "m", "input": vec![entry; count]}).to_string();
    for entry in [json!("a"), json!([15339])] {
        let decoded = decode(body(&entry, 2048).as_bytes()).unwrap();
        assert_eq!(decoded.request.inputs.len(), 2048);
        let failure = decode(body(&entry, 2049).as_bytes()).unwrap_err();
        assert_eq!(failure.param.as_deref(), Some("input"));
    }
    // The tokens of one text are no entries.
    assert_eq!(decode(body(&json!(15339), 8191).as_bytes()).unwrap().request.inputs.len(), 1);
}

#[test]
fn no_message_of_a_fault_repeats_a_text() {
    for input in
        [json!({"secret": 1}), json!(["a", {"secret": 1}]), json!([5, "secret"]), json!([["secret"]])]
    {
        let body = json!({"model": "m", "input": input, "encoding_format": "float"}).to_string();
        let failure = decode(body.as_bytes()).unwrap_err();
        assert!(!failure.message.contains("secret"), "{}", failure.message);
    }
}

fn two() -> Embeddings {
    let vectors = vec![vec![0.25, -1.0, 1.5e-8], vec![f32::MIN_POSITIVE, 0.1, 3.0]];
    Embeddings { vectors, input_tokens: 7 }
}

fn written(format: VectorFormat) -> Value {
    serde_json::from_slice(&answer("m", format, &two()).unwrap()).unwrap()
}

#[test]
fn vectors_are_lists_of_numbers_or_their_bytes() {
    let text = answer("m", VectorFormat::Float, &two()).unwrap();
    assert_eq!(
        text,
        r#"{"object":"list","data":[{"object":"embedding","index":0,"embedding":[0.25,-1.0,1.5e-8]},{"object":"embedding","index":1,"embedding":[1.1754944e-38,0.1,3.0]}],"model":"m","usage":{"prompt_tokens":7,"total_tokens":7}}"#
    );
    let mut packed = written(VectorFormat::Base64);
    assert_eq!(packed["data"][0]["embedding"], "AACAPgAAgL9Z2YAy");
    for entry in packed["data"].as_array_mut().unwrap() {
        let bytes = STANDARD.decode(entry["embedding"].as_str().unwrap()).unwrap();
        let numbers = bytes.chunks(4).map(|number| f32::from_le_bytes(number.try_into().unwrap()));
        entry["embedding"] = numbers.collect::<Vec<_>>().into();
    }
    let lists: Vec<Vec<f32>> = packed["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| serde_json::from_value(entry["embedding"].clone()).unwrap())
        .collect();
    assert_eq!(lists, two().vectors);
    if let Some(schemas) = schemas() {
        judge(&schemas, "CreateEmbeddingResponse", &packed);
        judge(&schemas, "CreateEmbeddingResponse", &written(VectorFormat::Float));
    }
}

#[test]
fn the_table_knows_every_field_of_a_request() {
    assert!(EMBEDDINGS.fields.is_sorted_by(|one, next| one.name < next.name));
    let Some(schemas) = schemas() else { return };
    let documented = schemas.named("CreateEmbeddingRequest")["properties"].as_object().unwrap();
    let known = EMBEDDINGS.fields.iter().map(|field| field.name).filter(|name| *name != "input_type");
    assert!(known.eq(documented.keys().map(String::as_str)));
}

#[test]
fn takes_what_other_gateways_take() {
    let Some(recorded) = fixture("translation-cases.json") else { return };
    for case in recorded.as_array().unwrap().iter().filter(|case| case["api"] == "openai-embeddings") {
        let decoded = decode(case["request"].to_string().as_bytes()).unwrap();
        assert_eq!(decoded.dropped, Vec::<String>::new(), "{}", case["id"]);
    }
}
