//! A file of entries as it is written. Every member but `pattern` is optional; unknown ones are refused.

use std::num::NonZeroU32;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::pattern::Pattern;
use super::words;
use super::{
    Backend, Caching, Capabilities, DocumentLimits, Embedding, ImageGeneration, Prices, SamplingPair,
    Signature, StructuredOutput, Support, Thinking, Tools, TopK,
};
use crate::chat::{MediaType, ServiceTier};
use crate::toml_text::{self, TomlFault};

/// What a file says about models, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Entries(pub(super) Vec<Entry>);

impl Entries {
    /// Reads a file of `[[model]]` tables, each with a `pattern`.
    pub fn parse(text: &str) -> Result<Self, TomlFault> {
        let file: File = toml_text::read(text)?;
        Ok(Self(file.model))
    }

    /// The same, written as JSON.
    pub(super) fn parse_json(text: &str) -> Result<Self, serde_json::Error> {
        let file: File = serde_json::from_str(text)?;
        Ok(Self(file.model))
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    model: Vec<Entry>,
}

/// What is said of the models whose id fits.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) pattern: Pattern,
    family: Option<String>,
    backend: Option<Backend>,
    context_tokens: Option<NonZeroU32>,
    max_output_tokens: Option<NonZeroU32>,
    system: Option<Support>,
    temperature: Option<Support>,
    top_p: Option<Support>,
    sampling_pair: Option<SamplingPair>,
    top_k: Option<TopKPlace>,
    max_stop_sequences: Option<u16>,
    thinking: Option<Thinking>,
    signature: Option<Signature>,
    prefill: Option<Support>,
    tools: Option<Maybe<Tools>>,
    structured_output: Option<StructuredOutput>,
    caching: Option<Maybe<Caching>>,
    #[serde(default, deserialize_with = "words::maybe_list")]
    images: Option<Vec<MediaType>>,
    documents: Option<Maybe<DocumentLimits>>,
    s3_media: Option<Support>,
    media_in_tool_result: Option<Support>,
    #[serde(default, deserialize_with = "words::maybe_list")]
    service_tiers: Option<Vec<ServiceTier>>,
    guardrails: Option<Support>,
    prices: Option<Prices>,
    embedding: Option<Embedding>,
    image_generation: Option<ImageGeneration>,
}

impl Entry {
    /// Overrides what the entry speaks of.
    pub(super) fn apply(&self, to: &mut Capabilities) {
        fn set<T: Clone>(to: &mut T, value: Option<&T>) {
            if let Some(value) = value {
                to.clone_from(value);
            }
        }
        set(&mut to.family, self.family.as_ref());
        set(&mut to.backend, self.backend.as_ref());
        set(&mut to.system, self.system.as_ref());
        set(&mut to.temperature, self.temperature.as_ref());
        set(&mut to.top_p, self.top_p.as_ref());
        set(&mut to.sampling_pair, self.sampling_pair.as_ref());
        set(&mut to.thinking, self.thinking.as_ref());
        set(&mut to.signature, self.signature.as_ref());
        set(&mut to.prefill, self.prefill.as_ref());
        set(&mut to.structured_output, self.structured_output.as_ref());
        set(&mut to.images, self.images.as_ref());
        set(&mut to.s3_media, self.s3_media.as_ref());
        set(&mut to.media_in_tool_result, self.media_in_tool_result.as_ref());
        set(&mut to.service_tiers, self.service_tiers.as_ref());
        set(&mut to.guardrails, self.guardrails.as_ref());
        set(&mut to.tools, self.tools.as_ref().map(|tools| &tools.0));
        set(&mut to.caching, self.caching.as_ref().map(|caching| &caching.0));
        set(&mut to.documents, self.documents.as_ref().map(|documents| &documents.0));
        to.top_k = self.top_k.map_or(to.top_k, TopKPlace::place);
        to.context_tokens = self.context_tokens.or(to.context_tokens);
        to.max_output_tokens = self.max_output_tokens.or(to.max_output_tokens);
        to.max_stop_sequences = self.max_stop_sequences.or(to.max_stop_sequences);
        to.prices = self.prices.or(to.prices);
        to.embedding = self.embedding.clone().or(to.embedding.take());
        to.image_generation = self.image_generation.or(to.image_generation);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
enum TopKPlace {
    #[serde(rename = "refused")]
    Refused,
    #[serde(rename = "top_k")]
    Plain,
    #[serde(rename = "inferenceConfig.topK")]
    InferenceConfig,
}

impl TopKPlace {
    fn place(self) -> Option<TopK> {
        match self {
            Self::Refused => None,
            Self::Plain => Some(TopK::Plain),
            Self::InferenceConfig => Some(TopK::InferenceConfig),
        }
    }
}

/// A table, or `false` for there being none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Maybe<T>(Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TableOrFalse<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for TableOrFalse<T> {
            type Value = Maybe<T>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a table or `false`")
            }

            fn visit_bool<E: Error>(self, value: bool) -> Result<Self::Value, E> {
                if value { Err(E::custom("`true` says too little: write a table")) } else { Ok(Maybe(None)) }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(|value| Maybe(Some(value)))
            }
        }

        deserializer.deserialize_any(TableOrFalse(std::marker::PhantomData))
    }
}
