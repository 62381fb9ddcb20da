//! `response_format`.

use serde_json::value::RawValue;

use super::body::Body;
use super::dropped::Dropped;
use super::fault;
use super::object::{Text, object};
use crate::chat::{Json, OutputFormat, Schema, Strictness};
use crate::error::Failure;

object! {
    /// `response_format`
    Format<'a> {
        kind: Text<'a> = "type",
        json_schema: JsonSchema<'a> = "json_schema",
    } ignores []
}

object! {
    /// `json_schema`. `strict` changes nothing: the model is held to it as far as it can be.
    JsonSchema<'a> {
        name: Text<'a> = "name",
        description: Text<'a> = "description",
        schema: &'a RawValue = "schema",
        strict: bool = "strict",
    } ignores []
}

/// Reads `response_format`.
pub(super) fn decode(body: &Body<'_>, dropped: &mut Dropped) -> Result<OutputFormat, Failure> {
    let Some(format) = body.read::<Format<'_>>("response_format")? else { return Ok(OutputFormat::Text) };
    dropped.note_unknown("response_format", &format.unknown);
    let types = "`text`, `json_object` or `json_schema`";
    match format.kind.as_ref().map(Text::as_str) {
        Some("text") => Ok(OutputFormat::Text),
        Some("json_object") => Ok(OutputFormat::JsonObject),
        Some("json_schema") => {
            let path = "response_format.json_schema";
            let schema = format.json_schema.ok_or_else(|| fault::missing(path, "an object"))?;
            schema_of(schema, path, dropped).map(OutputFormat::JsonSchema)
        }
        Some(_) => Err(fault::invalid("response_format.type", &format!("has to be {types}"))),
        None => Err(fault::missing("response_format.type", types)),
    }
}

fn schema_of(raw: JsonSchema<'_>, path: &str, dropped: &mut Dropped) -> Result<Schema, Failure> {
    dropped.note_unknown(path, &raw.unknown);
    let name_path = format!("{path}.name");
    let name = raw.name.ok_or_else(|| fault::missing(&name_path, "the name of the format"))?.into_string();
    let is_name = (1..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if !is_name {
        return Err(fault::invalid(&name_path, "has to be 1 to 64 letters, digits, `_` or `-`"));
    }
    let description = raw.description.filter(|text| !text.is_blank()).map(Text::into_string);
    let path = format!("{path}.schema");
    let schema = raw.schema.ok_or_else(|| fault::missing(&path, "a JSON Schema object"))?;
    let schema = Json::parse_object(schema.get()).ok_or_else(|| {
        fault::invalid(&path, "has to be a JSON Schema object: valid Unicode, at most 128 levels deep")
    })?;
    let strictness = if raw.strict == Some(true) { Strictness::Strict } else { Strictness::Loose };
    Ok(Schema { name, description, schema, strictness })
}
