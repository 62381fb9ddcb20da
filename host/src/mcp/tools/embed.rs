use rmcp::model::{CallToolResult, JsonObject};
use serde::Deserialize;
use serde_json::json;

use super::{Description, Fault, Nature, structured};
use crate::chat::{EmbeddingRequest, Purpose};
use crate::mcp::arguments::{read, wrong};
use crate::mcp::desk::Desk;
use crate::pipeline::Embedded;

/// The most texts of one call.
const MOST: usize = 2048;

pub(super) fn description() -> Description {
    Description {
        title: "Turn texts into vectors",
        text: "Turn texts into vectors (embeddings) with a model of Amazon Bedrock, one for each text and in the same \
               order. Vectors of texts that mean the same are close to each other. Only models whose `embedding` \
               `bedrock_describe_model` shows can do it.",
        input: json!({
            "type": "object",
            "properties": {
                "model": {"type": "string", "description": "a model of `bedrock_list_models` that makes embeddings"},
                "input": {
                    "description": "the text, or several",
                    "anyOf": [
                        {"type": "string"},
                        {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": MOST},
                    ],
                },
                "dimensions": {"type": "integer", "minimum": 1, "description": "numbers in a vector, where the model lets you choose"},
                "purpose": {
                    "type": "string",
                    "enum": ["document", "query", "classification", "clustering"],
                    "description": "what the vectors are for; `document` if left out",
                },
            },
            "required": ["model", "input"],
            "additionalProperties": false,
        }),
        output: Some(json!({
            "type": "object",
            "properties": {
                "model": {"type": "string"},
                "embeddings": {"type": "array", "items": {"type": "array", "items": {"type": "number"}}},
                "input_tokens": {"type": "integer"},
                "without_effect": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["model", "embeddings", "input_tokens", "without_effect"],
        })),
        nature: Nature::Open,
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    model: String,
    input: Input,
    dimensions: Option<u32>,
    purpose: Option<Use>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "expected a text, or a list of texts")]
enum Input {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Use {
    Document,
    Query,
    Classification,
    Clustering,
}

pub(super) async fn call(arguments: Option<JsonObject>, desk: &dyn Desk) -> Result<CallToolResult, Fault> {
    let Arguments { model, input, dimensions, purpose } = read(arguments)?;
    let inputs = match input {
        Input::One(text) => vec![text],
        Input::Many(texts) => texts,
    };
    if inputs.is_empty() || inputs.len() > MOST || inputs.iter().any(String::is_empty) {
        return Err(
            Box::new(wrong(&format!("`input` has to be 1 to {MOST} texts that say something"))).into()
        );
    }
    let purpose = purpose.map(|purpose| match purpose {
        Use::Document => Purpose::Document,
        Use::Query => Purpose::Query,
        Use::Classification => Purpose::Classification,
        Use::Clustering => Purpose::Clustering,
    });
    let request = EmbeddingRequest { dimensions, purpose, ..EmbeddingRequest::new(model, inputs) };
    let Embedded { model, dropped, embeddings } = desk.embed(request).await?;
    Ok(structured(json!({
        "model": model,
        "embeddings": embeddings.vectors,
        "input_tokens": embeddings.input_tokens,
        "without_effect": dropped,
    })))
}
