//! CountTokens of a conversation
//! (<https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html>).

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::request::Request;
use super::{model, validate};
use crate::error::ServiceError;

/// Whose tokens are counted, by their own ids: never a profile's.
const COUNTED: &str = "anthropic.";

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    input: Input<'a>,
}

#[derive(Deserialize)]
struct Input<'a> {
    #[serde(borrow)]
    converse: Option<&'a RawValue>,
}

/// Reads the conversation whose tokens are to be counted for `model`.
pub(crate) fn read(body: &[u8], model: &str) -> Result<Request, ServiceError> {
    if !model.starts_with(COUNTED) {
        return Err(ServiceError::validation("The provided model doesn't support counting tokens."));
    }
    let body: Body<'_> = serde_json::from_slice(body)
        .map_err(|_| ServiceError::serialization("Unable to parse the request body as JSON"))?;
    let Some(converse) = body.input.converse else {
        return Err(ServiceError::validation("The stand-in counts the tokens of `converse` alone."));
    };
    let members: Option<serde_json::Map<String, Value>> = serde_json::from_str(converse.get()).ok();
    let known = ["messages", "system", "toolConfig", "additionalModelRequestFields"];
    if let Some(unknown) =
        members.iter().flat_map(serde_json::Map::keys).find(|name| !known.contains(&name.as_str()))
    {
        return Err(ServiceError::validation(format!("ConverseTokensRequest has no member `{unknown}`.")));
    }
    validate::read(converse.get().as_bytes(), model)
}

/// How many tokens the model would say that it has read.
pub(crate) fn answer(conversation: &Request, model: &str) -> Value {
    let usage = model::answer(conversation, model).usage;
    let cached = usage.cache_read_input_tokens.into_iter().chain(usage.cache_write_input_tokens);
    json!({"inputTokens": usage.input_tokens + cached.sum::<u64>()})
}
