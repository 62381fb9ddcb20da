//! Bodies of InvokeModel (Bedrock user guide, "Inference request parameters": Amazon Titan Text
//! Embeddings, Cohere Embed v3 and v4; Nova user guide, "Complete embeddings request and response
//! schema").
//!
//! No model is told to cut a text that is too long: an embedding of half a text is a wrong one, and
//! OpenAI refuses it too.

use serde::Serialize;

use super::plan::Plan;
use crate::capability::EmbeddingApi;
use crate::chat::Purpose;

/// Writes the body of the call for these texts.
pub(super) fn write(plan: &Plan, texts: &[String]) -> serde_json::Result<Vec<u8>> {
    let text = texts.first().map_or("", String::as_str);
    match plan.api {
        EmbeddingApi::TitanV1 => serde_json::to_vec(&Titan { input_text: text, dimensions: None }),
        EmbeddingApi::TitanV2 => serde_json::to_vec(&Titan { input_text: text, dimensions: plan.dimensions }),
        EmbeddingApi::Cohere => serde_json::to_vec(&Cohere {
            texts,
            input_type: cohere(plan.purpose),
            output_dimension: None,
            embedding_types: None,
        }),
        EmbeddingApi::CohereV4 => serde_json::to_vec(&Cohere {
            texts,
            input_type: cohere(plan.purpose),
            output_dimension: plan.dimensions,
            embedding_types: Some(["float"]),
        }),
        EmbeddingApi::Nova => serde_json::to_vec(&Nova {
            task_type: "SINGLE_EMBEDDING",
            single_embedding_params: NovaParams {
                embedding_purpose: nova(plan.purpose),
                embedding_dimension: plan.dimensions,
                text: NovaText { truncation_mode: "NONE", value: text },
            },
        }),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Titan<'a> {
    input_text: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dimensions: Option<u32>,
}

#[derive(Serialize)]
struct Cohere<'a> {
    texts: &'a [String],
    input_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_dimension: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding_types: Option<[&'static str; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Nova<'a> {
    task_type: &'static str,
    single_embedding_params: NovaParams<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NovaParams<'a> {
    embedding_purpose: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    embedding_dimension: Option<u32>,
    text: NovaText<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NovaText<'a> {
    truncation_mode: &'static str,
    value: &'a str,
}

fn cohere(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Document => "search_document",
        Purpose::Query => "search_query",
        Purpose::Classification => "classification",
        Purpose::Clustering => "clustering",
    }
}

/// A question is asked of texts, because nothing else can be embedded here.
fn nova(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Document => "GENERIC_INDEX",
        Purpose::Query => "TEXT_RETRIEVAL",
        Purpose::Classification => "CLASSIFICATION",
        Purpose::Clustering => "CLUSTERING",
    }
}
