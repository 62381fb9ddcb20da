use serde::Deserialize;

use crate::bedrock::error;
use crate::capability::EmbeddingApi;
use crate::error::Failure;

/// What one call gave.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Answer {
    /// One for each text of the call, in order.
    pub(super) vectors: Vec<Vec<f32>>,
    /// Tokens that were read; 0 if Bedrock does not say.
    pub(super) input_tokens: u64,
}

/// Reads the body of an answer to a call of so many texts. `counted` is the token count that stood
/// beside it.
///
/// Fails with [`Kind::UnreadableAnswer`](crate::error::Kind::UnreadableAnswer) if it holds anything else
/// than one vector of finite numbers for each text.
pub(super) fn read(
    api: EmbeddingApi,
    body: &[u8],
    texts: usize,
    counted: Option<u64>,
) -> Result<Answer, Failure> {
    let (vectors, own_count) = parse(api, body).map_err(|_| error::unreadable())?;
    let is_vector = |vector: &Vec<f32>| !vector.is_empty() && vector.iter().all(|number| number.is_finite());
    if vectors.len() != texts || !vectors.iter().all(is_vector) {
        return Err(error::unreadable());
    }
    Ok(Answer { vectors, input_tokens: counted.or(own_count).unwrap_or_default() })
}

/// The vectors, and the token count of Titan's body.
fn parse(api: EmbeddingApi, body: &[u8]) -> serde_json::Result<(Vec<Vec<f32>>, Option<u64>)> {
    Ok(match api {
        EmbeddingApi::TitanV1 | EmbeddingApi::TitanV2 => {
            let titan: Titan = serde_json::from_slice(body)?;
            (vec![titan.embedding], titan.input_text_token_count)
        }
        EmbeddingApi::Cohere | EmbeddingApi::CohereV4 => {
            let cohere: Cohere = serde_json::from_slice(body)?;
            match cohere.embeddings {
                CohereVectors::Plain(vectors) | CohereVectors::ByType { float: vectors } => (vectors, None),
            }
        }
        EmbeddingApi::Nova => {
            let nova: Nova = serde_json::from_slice(body)?;
            (nova.embeddings.into_iter().map(|entry| entry.embedding).collect(), None)
        }
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Titan {
    embedding: Vec<f32>,
    input_text_token_count: Option<u64>,
}

#[derive(Deserialize)]
struct Cohere {
    embeddings: CohereVectors,
}

/// A list, or one for each of the `embedding_types` that were asked for.
#[derive(Deserialize)]
#[serde(untagged)]
enum CohereVectors {
    Plain(Vec<Vec<f32>>),
    ByType { float: Vec<Vec<f32>> },
}

#[derive(Deserialize)]
struct Nova {
    embeddings: Vec<NovaVector>,
}

#[derive(Deserialize)]
struct NovaVector {
    embedding: Vec<f32>,
}
