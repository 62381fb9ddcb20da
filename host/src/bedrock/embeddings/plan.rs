use crate::bedrock::estimate;
use crate::bedrock::request::{Dropped, Metadata};
use crate::capability::{Capabilities, Embedding, EmbeddingApi};
use crate::chat::{EmbeddingRequest, Purpose};
use crate::error::{Failure, Kind};

/// What to ask for when a model makes no embeddings.
const INSTEAD: &str = "ask for an embedding model: `amazon.titan-embed-text-v2:0`, `cohere.embed-english-v3`, \
                       `cohere.embed-multilingual-v3`, `cohere.embed-v4:0` or \
                       `amazon.nova-2-multimodal-embeddings-v1:0`";

/// What a model is asked for one request, after it is certain that it can be asked.
#[derive(Debug)]
pub(super) struct Plan {
    /// As it is called: an id or ARN.
    pub(super) model: String,
    /// The shape of bodies and answers.
    pub(super) api: EmbeddingApi,
    /// Numbers in a vector. None: nothing is said about it.
    pub(super) dimensions: Option<u32>,
    /// What the vectors are for.
    pub(super) purpose: Purpose,
    /// In which regions; all, if none is named.
    pub(super) regions: Vec<String>,
    /// What Bedrock notes with each call, as a JSON object.
    pub(super) metadata: Option<String>,
    /// What the client said and the model cannot be told.
    pub(super) dropped: Vec<String>,
    /// Texts in a call.
    batch: usize,
    inputs: Vec<String>,
}

impl Plan {
    /// Fails if the model makes no embeddings, none of that length, or none of texts that long.
    pub(super) fn new(request: EmbeddingRequest, capabilities: &Capabilities) -> Result<Self, Failure> {
        let Some(embedding) = &capabilities.embedding else { return Err(not_for_embeddings(capabilities)) };
        check_lengths(&request.inputs, embedding)?;
        let mut dropped = Dropped(dropped(&request, embedding));
        let metadata = Metadata::of(&request.metadata, &mut dropped);
        let metadata = (!metadata.is_empty()).then(|| serde_json::to_string(&metadata).ok()).flatten();
        Ok(Self {
            api: embedding.api,
            dimensions: dimensions(&request, embedding)?,
            batch: batch(embedding),
            metadata,
            dropped: dropped.0,
            model: request.called().to_owned(),
            regions: request.destination.regions,
            purpose: request.purpose.unwrap_or_default(),
            inputs: request.inputs,
        })
    }

    /// Tokens of all texts, by estimate.
    pub(super) fn input_tokens(&self) -> u64 {
        estimate::tokens(self.inputs.iter().map(String::len).sum())
    }

    /// How many calls it takes.
    pub(super) fn calls(&self) -> usize {
        self.inputs.len().div_ceil(self.batch)
    }

    /// The texts of one of the calls.
    pub(super) fn texts(&self, call: usize) -> &[String] {
        self.inputs.chunks(self.batch).nth(call).unwrap_or_default()
    }
}

/// Titan has no word for what vectors are for.
fn dropped(request: &EmbeddingRequest, embedding: &Embedding) -> Vec<String> {
    match (embedding.api, request.purpose) {
        (EmbeddingApi::TitanV1 | EmbeddingApi::TitanV2, Some(_)) => vec!["input_type".to_owned()],
        _ => Vec::new(),
    }
}

/// How many texts the shape of a call has place for, and the model takes.
fn batch(embedding: &Embedding) -> usize {
    match embedding.api {
        EmbeddingApi::TitanV1 | EmbeddingApi::TitanV2 | EmbeddingApi::Nova => 1,
        EmbeddingApi::Cohere | EmbeddingApi::CohereV4 => usize::from(embedding.max_texts).max(1),
    }
}

/// The length to ask for. One that cannot be chosen is not asked for.
fn dimensions(request: &EmbeddingRequest, embedding: &Embedding) -> Result<Option<u32>, Failure> {
    let Some(wanted) = request.dimensions else { return Ok(None) };
    if !embedding.dimensions.iter().any(|known| u32::from(*known) == wanted) {
        let known: Vec<String> = embedding.dimensions.iter().map(u16::to_string).collect();
        let message = format!("`dimensions` has to be one of {} for this model", known.join(", "));
        return Err(Failure::invalid("dimensions", message).with_code("invalid_value"));
    }
    Ok(Some(wanted).filter(|_| embedding.dimensions.len() > 1))
}

/// Found out before any call, of which there may be many.
fn check_lengths(inputs: &[String], embedding: &Embedding) -> Result<(), Failure> {
    let Some(most) = embedding.max_chars else { return Ok(()) };
    // A text has at least as many bytes as characters.
    let is_too_long = |text: &String| text.len() > most as usize && text.chars().count() > most as usize;
    let Some(place) = inputs.iter().position(is_too_long) else { return Ok(()) };
    let path = if inputs.len() == 1 { "input".to_owned() } else { format!("input[{place}]") };
    let message = format!("`{path}` is longer than {most} characters, which is the most for this model");
    Err(Failure::new(Kind::ContextLength, message).with_param(path))
}

fn not_for_embeddings(capabilities: &Capabilities) -> Failure {
    if capabilities.family == Capabilities::OTHER {
        let message = format!("the model is not known to make embeddings: {INSTEAD}");
        return Failure::new(Kind::ModelNotFound, message).with_param("model");
    }
    let message = format!("`model` is one of {}, which make no embeddings: {INSTEAD}", capabilities.family);
    Failure::invalid("model", message).with_code("invalid_value")
}
