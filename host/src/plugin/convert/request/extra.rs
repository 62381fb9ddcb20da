//! Members that the contract has no place for, as an object by OpenAI's names.

use std::fmt;

use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde::{Deserialize as DeriveDeserialize, Serialize, Serializer};
use serde_json::value::RawValue;

use super::other::CacheControl;
use crate::chat::{
    CacheTtl, Effort, Json, OutputFormat, ParallelCalls, Request, Schema, ServiceTier, Strictness, Thinking,
    Tool,
};

/// Most entries of `metadata` that Bedrock takes (API reference, `Converse`, `requestMetadata`).
const MAX_METADATA: usize = 16;

#[derive(Serialize, Default)]
struct Extra<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_effort: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    thinking: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Format<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_tier: Option<&'static str>,
    #[serde(skip_serializing_if = "Members::is_empty")]
    metadata: Members<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parallel_tool_calls: Option<bool>,
    #[serde(skip_serializing_if = "Members::is_empty")]
    additional_model_request_fields: Members<&'a RawValue>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Format<'a> {
    JsonObject,
    JsonSchema { json_schema: Named<'a> },
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    schema: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
}

/// What a request says beside what the contract names; none if that is nothing.
pub(super) fn of_request(request: &Request) -> Option<String> {
    let (reasoning_effort, thinking) = match &request.thinking {
        Thinking::Unsaid => (None, None),
        Thinking::Off => (Some("none"), None),
        Thinking::Effort(effort) => (Some(effort.as_str()), None),
        Thinking::Given(json) => (None, raw(json)),
    };
    let extra = Extra {
        reasoning_effort,
        thinking,
        response_format: match &request.output {
            OutputFormat::Text => None,
            OutputFormat::JsonObject => Some(Format::JsonObject),
            OutputFormat::JsonSchema(schema) => Some(Format::JsonSchema { json_schema: Named::of(schema) }),
        },
        service_tier: request.service_tier.map(ServiceTier::as_str),
        metadata: Members(
            request.metadata.iter().map(|(name, value)| (name.clone(), value.as_str())).collect(),
        ),
        parallel_tool_calls: (request.parallel_calls == ParallelCalls::OneAtATime).then_some(false),
        additional_model_request_fields: Members(
            request.additional.iter().filter_map(|(name, json)| Some((name.clone(), raw(json)?))).collect(),
        ),
    };
    serde_json::to_string(&extra).ok().filter(|json| json != "{}")
}

impl<'a> Named<'a> {
    fn of(schema: &'a Schema) -> Self {
        let Schema { name, description, schema, strictness } = schema;
        Self {
            name,
            description: description.as_deref(),
            schema: raw(schema),
            strict: (*strictness == Strictness::Strict).then_some(true),
        }
    }
}

/// What is JSON stays as it is written.
fn raw(json: &Json) -> Option<&RawValue> {
    serde_json::from_str(json.as_str()).ok()
}

/// Puts what a plugin says into a request. `null` is what nobody has said; what is left out stays.
pub(super) fn read_into(extra: &str, request: &mut Request) -> Result<(), String> {
    let mut members: Members<&RawValue> =
        serde_json::from_str(extra).map_err(|_| "extra: is not a JSON object".to_owned())?;
    read_thinking(&mut members, request)?;
    if let Some(format) = members.take("response_format") {
        request.output = read_format(format)?;
    }
    if let Some(tier) = members.read::<Option<String>>("service_tier")? {
        request.service_tier = match tier.as_deref() {
            None | Some("auto") => None,
            Some(word) => Some(ServiceTier::parse(word).ok_or("extra.service_tier: is no tier")?),
        };
    }
    if let Some(metadata) = members.read::<Option<Members<String>>>("metadata")? {
        request.metadata = metadata.unwrap_or_default().0;
        if request.metadata.len() > MAX_METADATA {
            return Err(format!("extra.metadata: has more than {MAX_METADATA} entries"));
        }
    }
    if let Some(parallel) = members.read::<Option<bool>>("parallel_tool_calls")? {
        request.parallel_calls =
            if parallel == Some(false) { ParallelCalls::OneAtATime } else { ParallelCalls::Allowed };
    }
    if let Some(additional) = members.take("additional_model_request_fields") {
        request.additional = read_additional(additional)?;
    }
    if members.is_empty() {
        Ok(())
    } else {
        Err("extra: has a member that is unknown, or there twice".to_owned())
    }
}

fn read_thinking(members: &mut Members<&RawValue>, request: &mut Request) -> Result<(), String> {
    let effort = members.read::<Option<String>>("reasoning_effort")?;
    let given = members.take("thinking");
    let object = given.filter(|raw| raw.get() != "null");
    request.thinking = match (effort.clone().flatten().as_deref(), object) {
        (Some(_), Some(_)) => {
            return Err("extra: has both `reasoning_effort` and `thinking`".to_owned());
        }
        (Some("none"), None) => Thinking::Off,
        (Some(word), None) => {
            Thinking::Effort(Effort::parse(word).ok_or("extra.reasoning_effort: is no effort")?)
        }
        (None, Some(raw)) => {
            Thinking::Given(Json::parse_object(raw.get()).ok_or("extra.thinking: is not a JSON object")?)
        }
        (None, None) if effort.is_some() || given.is_some() => Thinking::Unsaid,
        (None, None) => return Ok(()),
    };
    Ok(())
}

#[derive(DeriveDeserialize)]
struct ReadFormat<'a> {
    #[serde(rename = "type")]
    kind: String,
    #[serde(borrow)]
    json_schema: Option<ReadSchema<'a>>,
}

#[derive(DeriveDeserialize)]
struct ReadSchema<'a> {
    name: String,
    description: Option<String>,
    #[serde(borrow)]
    schema: &'a RawValue,
    strict: Option<bool>,
}

fn read_format(raw: &RawValue) -> Result<OutputFormat, String> {
    let wrong = || "extra.response_format: is not one that OpenAI describes".to_owned();
    let format: Option<ReadFormat<'_>> = serde_json::from_str(raw.get()).map_err(|_| wrong())?;
    let Some(ReadFormat { kind, json_schema }) = format else { return Ok(OutputFormat::Text) };
    match (kind.as_str(), json_schema) {
        ("text", None) => Ok(OutputFormat::Text),
        ("json_object", None) => Ok(OutputFormat::JsonObject),
        ("json_schema", Some(ReadSchema { name, description, schema, strict })) => {
            let is_name = (1..=64).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
            let schema = Json::parse_object(schema.get()).filter(|_| is_name).ok_or_else(wrong)?;
            let strictness = if strict == Some(true) { Strictness::Strict } else { Strictness::Loose };
            let description = description.filter(|text| !text.trim().is_empty());
            Ok(OutputFormat::JsonSchema(Schema { name, description, schema, strictness }))
        }
        _ => Err(wrong()),
    }
}

fn read_additional(raw: &RawValue) -> Result<Vec<(String, Json)>, String> {
    let wrong = || "extra.additional_model_request_fields: is not an object of valid JSON".to_owned();
    let members: Option<Members<&RawValue>> = serde_json::from_str(raw.get()).map_err(|_| wrong())?;
    let read = members.unwrap_or_default().0.into_iter().map(|(name, raw)| {
        let json = Json::parse(raw.get()).ok_or_else(wrong)?;
        Ok((name, json))
    });
    read.collect()
}

#[derive(Serialize, DeriveDeserialize)]
#[serde(deny_unknown_fields)]
struct OfTool {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cache_control: Option<CacheControl>,
}

/// What a tool says beside what the contract names; none if that is nothing.
pub(super) fn of_tool(tool: &Tool) -> Option<String> {
    let extra = OfTool {
        strict: (tool.strictness == Strictness::Strict).then_some(true),
        cache_control: tool.cache.map(CacheControl::from),
    };
    serde_json::to_string(&extra).ok().filter(|json| json != "{}")
}

/// What a plugin says of a tool beside.
pub(super) fn read_tool(extra: Option<&str>) -> Result<(Strictness, Option<CacheTtl>), String> {
    let Some(extra) = extra else { return Ok((Strictness::Loose, None)) };
    let OfTool { strict, cache_control } = serde_json::from_str(extra)
        .map_err(|_| "`extra` is not an object of `strict` and `cache_control`".to_owned())?;
    let strictness = if strict == Some(true) { Strictness::Strict } else { Strictness::Loose };
    Ok((strictness, cache_control.map(CacheTtl::from)))
}

/// The members of an object, in order.
#[derive(Debug)]
struct Members<T>(Vec<(String, T)>);

impl<T> Default for Members<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Members<T> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, name: &str) -> Option<T> {
        let place = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(place).1)
    }
}

impl Members<&RawValue> {
    /// Takes a member and reads it; none if it is not there.
    fn read<V: DeserializeOwned>(&mut self, name: &str) -> Result<Option<V>, String> {
        let Some(raw) = self.take(name) else { return Ok(None) };
        serde_json::from_str(raw.get())
            .map(Some)
            .map_err(|_| format!("extra.{name}: is not of the type that OpenAI gives it"))
    }
}

impl<T: Serialize> Serialize for Members<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for MembersVisitor<T> {
            type Value = Members<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Members<T>, A::Error> {
                let mut read = Vec::new();
                while let Some(member) = members.next_entry()? {
                    read.push(member);
                }
                Ok(Members(read))
            }
        }

        deserializer.deserialize_map(MembersVisitor(std::marker::PhantomData))
    }
}
