//! What one model can do.

use std::num::NonZeroU32;

use serde::Deserialize;

use super::{Prices, Thinking};
use crate::chat::{MediaType, ServiceTier};

/// What one model can do on Bedrock. What is None is not known, unless its docstring says otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Capabilities {
    /// The name for the models that behave like this one, such as `Claude 4.5`.
    pub family: String,
    /// Which of Bedrock's APIs the model is called by.
    pub backend: Backend,
    /// The longest prompt and answer together, in tokens.
    pub context_tokens: Option<NonZeroU32>,
    /// The longest answer, thinking included, in tokens: what `maxTokens` may be.
    pub max_output_tokens: Option<NonZeroU32>,
    /// `system` of Converse.
    pub system: Support,
    /// `inferenceConfig.temperature`.
    pub temperature: Support,
    /// `inferenceConfig.topP`.
    pub top_p: Support,
    /// Whether temperature and top_p may stand in one request.
    pub sampling_pair: SamplingPair,
    /// Where `top_k` goes. None: nowhere.
    pub top_k: Option<TopK>,
    /// How many `stopSequences` there may be; 0 if the model takes none.
    pub max_stop_sequences: Option<u16>,
    /// How the model is told to think.
    pub thinking: Thinking,
    /// Whether the model's thinking bears a seal, without which Bedrock does not take it back.
    pub signature: Signature,
    /// Whether the last message may be the assistant's, for the model to go on with.
    pub prefill: Support,
    /// `toolConfig` of Converse. None: the model takes no tools.
    pub tools: Option<Tools>,
    /// How an answer is held to a JSON Schema.
    pub structured_output: StructuredOutput,
    /// `cachePoint` blocks. None: Bedrock refuses them for this model.
    pub caching: Option<Caching>,
    /// The formats of images that the model sees. Empty: it sees none.
    pub images: Vec<MediaType>,
    /// `document` blocks. None: the model takes none.
    pub documents: Option<DocumentLimits>,
    /// Media that lie in S3 (`source.s3Location`).
    pub s3_media: Support,
    /// Images and documents inside a `toolResult`. Where they are refused they can stand beside it.
    pub media_in_tool_result: Support,
    /// What `serviceTier.type` may be.
    pub service_tiers: Vec<ServiceTier>,
    /// `guardrailConfig` of Converse.
    pub guardrails: Support,
    /// What tokens cost.
    pub prices: Option<Prices>,
    /// How the model makes embeddings. None: it does not.
    pub embedding: Option<Embedding>,
    /// How the model makes images. None: it does not.
    pub image_generation: Option<ImageGeneration>,
}

impl Capabilities {
    /// The family of models that no entry names.
    pub const OTHER: &str = "Other";
}

/// What is assumed of a model that no entry knows.
impl Default for Capabilities {
    fn default() -> Self {
        Self {
            family: Self::OTHER.to_owned(),
            backend: Backend::Converse,
            context_tokens: None,
            max_output_tokens: None,
            system: Support::Accepted,
            temperature: Support::Accepted,
            top_p: Support::Accepted,
            sampling_pair: SamplingPair::Both,
            top_k: None,
            max_stop_sequences: None,
            thinking: Thinking::None,
            signature: Signature::Unsigned,
            prefill: Support::Accepted,
            tools: Some(Tools {
                any: Support::Accepted,
                named: Support::Accepted,
                parallel_switch: ParallelSwitch::None,
                strict: Support::Refused,
                streamed: Support::Accepted,
            }),
            structured_output: StructuredOutput::Tool,
            caching: None,
            images: MediaType::ALL.to_vec(),
            documents: Some(DocumentLimits::default()),
            s3_media: Support::Refused,
            media_in_tool_result: Support::Refused,
            service_tiers: ServiceTier::ALL.to_vec(),
            guardrails: Support::Accepted,
            prices: None,
            embedding: None,
            image_generation: None,
        }
    }
}

/// Whether a model takes a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Support {
    /// It does.
    Accepted,
    /// It does not, and Bedrock answers 400.
    Refused,
}

/// Which of Bedrock's APIs a model is called by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Backend {
    /// Converse and ConverseStream; for embeddings and images InvokeModel.
    Converse,
    /// Bedrock's own OpenAI-compatible endpoint, `/openai/v1`.
    #[serde(rename = "openai")]
    OpenAi,
}

/// Whether temperature and top_p may stand in one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SamplingPair {
    /// They may.
    Both,
    /// One of them has to go: top_p, because the temperature is what most people mean to set.
    OneOf,
}

/// Where `top_k` goes in `additionalModelRequestFields`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TopK {
    /// `top_k`.
    Plain,
    /// `inferenceConfig.topK`, for Nova.
    InferenceConfig,
}

/// Whether a model's thinking bears a seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Signature {
    /// It does, and has to come back with it in the history of a turn that calls tools.
    Signed,
    /// It does not; it is left out of the history.
    Unsigned,
}

/// How a model takes tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tools {
    /// `toolChoice.any`: some tool has to be called.
    pub any: Support,
    /// `toolChoice.tool`: this one has to be called.
    pub named: Support,
    /// How the model is kept from calling several tools at once.
    #[serde(default)]
    pub parallel_switch: ParallelSwitch,
    /// `toolSpec.strict`: calls are held to the schema.
    pub strict: Support,
    /// Tools in ConverseStream. Where they are refused, Converse has to be called even when the client
    /// wants a stream.
    pub streamed: Support,
}

/// How a model is kept from calling several tools at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParallelSwitch {
    /// It cannot be.
    #[default]
    None,
    /// `tool_choice.disable_parallel_tool_use` in `additionalModelRequestFields`, for Claude.
    DisableParallelToolUse,
}

/// How an answer is held to a JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StructuredOutput {
    /// By `outputConfig.textFormat` (Bedrock User Guide, "Get validated JSON results from models").
    Native,
    /// By a tool that the model has to call, whose input is the answer.
    Tool,
    /// By asking for it in the system prompt: nothing enforces it.
    Instruction,
}

/// What a model keeps of prompts (Bedrock User Guide, "Prompt caching").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caching {
    /// The shortest prefix that is kept, in tokens. A mark after less is taken, without effect.
    pub min_tokens: u32,
    /// How many `cachePoint` blocks a request may have.
    pub max_points: u8,
    /// `ttl: 1h`; five minutes are always possible.
    pub hour_ttl: Support,
    /// A mark in `system`.
    pub system: Support,
    /// A mark in `messages`.
    pub messages: Support,
    /// A mark in `toolConfig.tools`.
    pub tools: Support,
}

/// How many documents a request may have, and how large (API reference, `Message`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentLimits {
    /// How many there may be in a request.
    pub max_count: u16,
    /// The largest, in bytes. None: the model has no limit of its own for PDF.
    pub max_bytes: Option<u32>,
}

impl Default for DocumentLimits {
    fn default() -> Self {
        Self { max_count: 5, max_bytes: Some(4_718_592) }
    }
}

/// How a model makes embeddings.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Embedding {
    /// The shape of its requests and answers.
    pub api: EmbeddingApi,
    /// The lengths of vector that it can make, its own choice first. One alone cannot be chosen:
    /// it is no part of the request.
    pub dimensions: Vec<u16>,
    /// How many texts one call takes.
    pub max_texts: u16,
    /// The longest text, in characters.
    pub max_chars: Option<u32>,
}

/// Shapes of InvokeModel's body for embeddings (Bedrock User Guide, "Inference request parameters").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmbeddingApi {
    /// `inputText` alone.
    TitanV1,
    /// `inputText`, `dimensions`, `normalize`, `embeddingTypes`.
    TitanV2,
    /// `texts`, `input_type`.
    Cohere,
    /// `texts`, `input_type`, `output_dimension`, `embedding_types`.
    CohereV4,
    /// `taskType`, `singleEmbeddingParams`.
    Nova,
}

/// How a model makes images.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageGeneration {
    /// The shape of its requests and answers.
    pub api: ImageApi,
    /// How many one call makes.
    pub max_images: u8,
    /// As how many tokens of an answer an image counts, in limits and prices alike.
    pub tokens: u32,
    /// The same for one of more than [`ImageGeneration::LARGE`] pixels. None: there is no difference.
    pub large_tokens: Option<u32>,
}

impl ImageGeneration {
    /// Pixels beyond which an image is a large one: Amazon charges more from there on.
    pub const LARGE: u64 = 1024 * 1024;

    /// As how many tokens an image of so many pixels counts; of none, if the model chooses.
    pub fn tokens(&self, pixels: Option<u64>) -> u64 {
        let large = self.large_tokens.filter(|_| pixels.is_some_and(|pixels| pixels > Self::LARGE));
        u64::from(large.unwrap_or(self.tokens))
    }
}

/// Shapes of InvokeModel's body for images (Bedrock User Guide, "Inference request parameters").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ImageApi {
    /// `taskType`, `textToImageParams`, `imageGenerationConfig`.
    Amazon,
    /// `prompt`, `aspect_ratio`.
    Stability,
}
