use rmcp::model::{CallToolResult, JsonObject};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Description, Fault, Nature, structured};
use crate::capability::{Capabilities, ImageGeneration, Price, Prices, StructuredOutput, Support, Thinking};
use crate::mcp::arguments::{read, wrong};
use crate::mcp::desk::{Desk, ModelCard};

pub(super) fn list_description() -> Description {
    Description {
        title: "List the models",
        text: "List the models that the caller's key may use, with what each costs and how much it reads and writes. \
               Narrow it with `filter`, a part of a model's id, maker or family, such as `claude`, and with `does`.",
        input: json!({
            "type": "object",
            "properties": {
                "filter": {"type": "string", "description": "a part of a model's id, maker or family"},
                "does": {
                    "type": "string",
                    "enum": ["chat", "embeddings", "images"],
                    "description": "only models that answer in text, that make vectors, or that make images",
                },
            },
            "additionalProperties": false,
        }),
        output: Some(json!({
            "type": "object",
            "properties": {"models": {"type": "array", "items": brief_schema()}},
            "required": ["models"],
        })),
        nature: Nature::Closed,
    }
}

pub(super) fn describe_description() -> Description {
    let mut schema = brief_schema();
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for (name, member) in detail_schema() {
            properties.insert(name, member);
        }
    }
    Description {
        title: "Describe a model",
        text: "Say what one model can do and what it costs: its limits in tokens, its prices in US dollars for a \
               million tokens or for an image, and whether it sees images, reads documents, calls tools, thinks, \
               makes vectors, or makes images.",
        input: json!({
            "type": "object",
            "properties": {"model": {"type": "string", "description": "a model of `bedrock_list_models`"}},
            "required": ["model"],
            "additionalProperties": false,
        }),
        output: Some(schema),
        nature: Nature::Closed,
    }
}

fn brief_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "id": {"type": "string", "description": "the name to use"},
            "owner": {"type": "string", "description": "who made it"},
            "family": {"type": "string", "description": "the models that behave like this one"},
            "does": {"type": "string", "enum": ["chat", "embeddings", "images"]},
            "context_tokens": {"type": ["integer", "null"], "description": "the longest prompt and answer together"},
            "max_output_tokens": {"type": ["integer", "null"], "description": "the longest answer"},
            "input_usd_per_million": {"type": ["number", "null"]},
            "output_usd_per_million": {"type": ["number", "null"]},
            "usd_per_image": {"type": ["number", "null"], "description": "of 1024 × 1024 pixels, at least"},
        },
        "required": ["id", "owner", "family", "does", "context_tokens", "max_output_tokens",
            "input_usd_per_million", "output_usd_per_million", "usd_per_image"],
    })
}

fn detail_schema() -> Map<String, Value> {
    let yes_or_no = || json!({"type": "boolean"});
    let mut members = Map::new();
    for name in ["system", "tools", "thinking", "documents", "prompt_cache", "json_schema"] {
        members.insert(name.to_owned(), yes_or_no());
    }
    members.insert(
        "model".to_owned(),
        json!({"type": "string", "description": "the id or ARN behind the name"}),
    );
    members.insert("images".to_owned(), json!({"type": "array", "items": {"type": "string"}}));
    members.insert("parameters".to_owned(), json!({"type": "array", "items": {"type": "string"}}));
    members.insert("cache_read_usd_per_million".to_owned(), json!({"type": ["number", "null"]}));
    members.insert("embedding".to_owned(), json!({"type": ["object", "null"]}));
    members
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListArguments {
    filter: Option<String>,
    does: Option<Does>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Does {
    Chat,
    Embeddings,
    Images,
}

impl Does {
    fn of(capabilities: &Capabilities) -> Self {
        match (&capabilities.embedding, &capabilities.image_generation) {
            (Some(_), _) => Self::Embeddings,
            (None, Some(_)) => Self::Images,
            (None, None) => Self::Chat,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Embeddings => "embeddings",
            Self::Images => "images",
        }
    }
}

pub(super) async fn list(arguments: Option<JsonObject>, desk: &dyn Desk) -> Result<CallToolResult, Fault> {
    let ListArguments { filter, does } = read(arguments)?;
    let filter = filter.unwrap_or_default().to_lowercase();
    let fits = |card: &ModelCard| {
        let texts = [&card.id, &card.owner, &card.capabilities.family];
        texts.iter().any(|text| text.to_lowercase().contains(&filter))
            && does.is_none_or(|does| does == Does::of(&card.capabilities))
    };
    let models = desk.models().await?;
    let models: Vec<Value> = models.iter().filter(|card| fits(card)).map(|card| brief(card).into()).collect();
    Ok(structured(json!({"models": models})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DescribeArguments {
    model: String,
}

pub(super) async fn describe(
    arguments: Option<JsonObject>,
    desk: &dyn Desk,
) -> Result<CallToolResult, Fault> {
    let DescribeArguments { model } = read(arguments)?;
    let models = desk.models().await?;
    match models.iter().find(|card| card.id == model) {
        Some(card) => Ok(structured(detailed(card))),
        None => Err(Box::new(wrong(&unknown(&model, &models))).into()),
    }
}

/// Says that there is no such model, and which there are that look like it.
fn unknown(model: &str, models: &[ModelCard]) -> String {
    let name: String = model.chars().take(200).collect();
    let wanted = name.to_lowercase();
    let words: Vec<&str> =
        wanted.split(|character: char| !character.is_alphanumeric()).filter(|word| word.len() > 2).collect();
    let likeness =
        |card: &ModelCard| words.iter().filter(|word| card.id.to_lowercase().contains(**word)).count();
    let mut alike: Vec<_> =
        models.iter().map(|card| (likeness(card), &card.id)).filter(|(score, _)| *score > 0).collect();
    alike.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    let alike: Vec<String> = alike.iter().take(3).map(|(_, id)| format!("`{id}`")).collect();
    let hint = if alike.is_empty() { String::new() } else { format!("; did you mean {}", alike.join(", ")) };
    format!("there is no model `{name}` that the key may use: see `bedrock_list_models`{hint}")
}

fn brief(card: &ModelCard) -> Map<String, Value> {
    let ModelCard { id, owner, capabilities, .. } = card;
    let generation = capabilities.image_generation;
    // What an image costs is kept as the price of its tokens.
    let prices = capabilities.prices.as_ref().filter(|_| generation.is_none());
    let image = generation.zip(capabilities.prices).map(|(generation, prices)| per_image(generation, prices));
    let members = json!({
        "id": id,
        "owner": owner,
        "family": capabilities.family,
        "does": Does::of(capabilities).name(),
        "context_tokens": capabilities.context_tokens,
        "max_output_tokens": capabilities.max_output_tokens,
        "input_usd_per_million": prices.map(|prices| dollars(prices.input)),
        "output_usd_per_million": prices.map(|prices| dollars(prices.output)),
        "usd_per_image": image,
    });
    crate::mcp::arguments::object(members)
}

/// All that is known of a model.
pub(in crate::mcp) fn detailed(card: &ModelCard) -> Value {
    let capabilities = &*card.capabilities;
    let mut members = brief(card);
    let mut add = |name: &str, value: Value| members.insert(name.to_owned(), value);
    add("model", card.model.clone().into());
    let takes = |support: Support| support == Support::Accepted;
    add("system", takes(capabilities.system).into());
    add("tools", capabilities.tools.is_some().into());
    add("thinking", (!matches!(capabilities.thinking, Thinking::None)).into());
    add("documents", capabilities.documents.is_some().into());
    add("prompt_cache", capabilities.caching.is_some().into());
    add("json_schema", (capabilities.structured_output != StructuredOutput::Instruction).into());
    add("images", capabilities.images.iter().map(|format| format.mime()).collect());
    let mut parameters = vec!["max_tokens"];
    parameters.extend(takes(capabilities.temperature).then_some("temperature"));
    parameters.extend(takes(capabilities.top_p).then_some("top_p"));
    parameters.extend((capabilities.max_stop_sequences != Some(0)).then_some("stop"));
    add("parameters", parameters.into());
    let cache_read = capabilities.prices.as_ref().and_then(|prices| prices.cache_read);
    add("cache_read_usd_per_million", cache_read.map(dollars).into());
    let embedding = capabilities.embedding.as_ref().map(|embedding| {
        json!({
            "dimensions": embedding.dimensions,
            "max_texts": embedding.max_texts,
            "max_characters": embedding.max_chars,
        })
    });
    add("embedding", embedding.into());
    members.into()
}

/// US dollars for an image.
#[expect(clippy::cast_precision_loss, reason = "prices are small numbers")]
fn per_image(generation: ImageGeneration, prices: Prices) -> f64 {
    prices.output.of(generation.tokens(None)) as f64 / 1e12
}

/// US dollars for a million tokens.
#[expect(clippy::cast_precision_loss, reason = "prices are small numbers")]
fn dollars(price: Price) -> f64 {
    price.picodollars() as f64 / 1e6
}
