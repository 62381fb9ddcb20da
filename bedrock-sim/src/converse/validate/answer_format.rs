//! Schemas that an answer or a strict tool must keep to: JSON text of an object, and closed at every level.

use serde_json::Value;

use crate::converse::request::{Request, Tool};
use crate::error::ServiceError;

/// Members of a schema that hold one schema, a list of them, or a map of them.
const NESTED: &[&str] = &["items", "anyOf", "allOf", "oneOf", "properties", "$defs", "definitions"];

pub(super) fn check(request: &Request) -> Result<(), ServiceError> {
    if let Some(text) = request.answer_schema() {
        let schema: Option<Value> = serde_json::from_str(text).ok().filter(Value::is_object);
        let Some(schema) = schema else {
            return Err(ServiceError::validation(
                "The value at outputConfig.textFormat.structure.jsonSchema.schema is not a valid JSON Schema.",
            ));
        };
        closed(&schema, "output_config.format.schema")?;
    }
    let tools = request.tool_config.iter().flat_map(|config| &config.tools);
    for (index, tool) in tools.enumerate() {
        if let Tool::ToolSpec(spec) = tool
            && spec.strict == Some(true)
        {
            closed(&spec.input_schema.json, &format!("tools.{index}.custom.input_schema"))?;
        }
    }
    Ok(())
}

fn closed(schema: &Value, place: &str) -> Result<(), ServiceError> {
    let is_object = match schema.get("type") {
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "object"),
        kind => kind.and_then(Value::as_str) == Some("object"),
    };
    if is_object && schema.get("additionalProperties") != Some(&Value::Bool(false)) {
        return Err(ServiceError::model_refused(format!(
            "{place}: For 'object' type, 'additionalProperties' must be explicitly set to false"
        )));
    }
    for name in NESTED {
        match schema.get(name) {
            Some(Value::Array(schemas)) => schemas.iter().try_for_each(|schema| closed(schema, place))?,
            // Under `items` is a schema, under the others are schemas by name.
            Some(Value::Object(schemas)) if *name != "items" => {
                schemas.values().try_for_each(|schema| closed(schema, place))?;
            }
            Some(schema) => closed(schema, place)?,
            None => {}
        }
    }
    Ok(())
}
