//! A body against the JSON Schema of its model, with violations in the words of the validator that the service uses.

use serde_json::Value;

use crate::error::ServiceError;

/// What a value must be.
#[derive(Debug)]
pub(super) enum Schema {
    /// A string of so many characters.
    Text {
        least: usize,
        most: usize,
    },
    /// One of these strings.
    Choice(&'static [&'static str]),
    /// One of these whole numbers.
    Size(&'static [u64]),
    /// A whole number from 1.
    Count,
    /// A whole number in these bounds.
    Whole {
        least: u64,
        most: u64,
    },
    /// A number from 0 to 1.
    Fraction,
    /// A stop sequence as Titan Text takes it.
    TitanStop,
    Flag,
    List {
        of: &'static Schema,
        least: usize,
        most: usize,
    },
    Object(&'static [Key]),
}

/// A key of an object.
#[derive(Debug)]
pub(super) struct Key {
    name: &'static str,
    schema: &'static Schema,
    required: bool,
}

pub(super) const fn required(name: &'static str, schema: &'static Schema) -> Key {
    Key { name, schema, required: true }
}

pub(super) const fn optional(name: &'static str, schema: &'static Schema) -> Key {
    Key { name, schema, required: false }
}

/// Checks a whole body. All violations are told together, as the service does.
pub(super) fn check(body: &Value, schema: &'static Schema) -> Result<(), ServiceError> {
    let mut violations = String::new();
    walk(body, schema, "#", &mut violations);
    if violations.is_empty() { Ok(()) } else { Err(malformed(&violations)) }
}

/// The refusal of a body that breaks its schema.
pub(super) fn malformed(violations: &str) -> ServiceError {
    ServiceError::validation(format!(
        "Malformed input request: {violations}, please reformat your input and try again."
    ))
}

fn walk(value: &Value, schema: &'static Schema, place: &str, violations: &mut String) {
    let mut broken = |rule: String| violations.extend([place, ": ", &rule]);
    match schema {
        Schema::Text { least, most } => match value.as_str().map(|text| text.chars().count()) {
            None => broken(wrong_type("String", value)),
            Some(length) if length < *least => {
                broken(format!("expected minLength: {least}, actual: {length}"));
            }
            Some(length) if length > *most => broken(format!("expected maxLength: {most}, actual: {length}")),
            Some(_) => {}
        },
        Schema::Choice(choices) => match value.as_str() {
            None => broken(wrong_type("String", value)),
            Some(text) if !choices.contains(&text) => broken(format!("{text} is not a valid enum value")),
            Some(_) => {}
        },
        Schema::Size(sizes) => match value.as_u64() {
            None => broken(wrong_type("Integer", value)),
            Some(size) if !sizes.contains(&size) => broken(format!("{size} is not a valid enum value")),
            Some(_) => {}
        },
        Schema::Count => match value.as_u64() {
            None => broken(wrong_type("Integer", value)),
            Some(0) => broken("0 is not greater or equal to 1".to_owned()),
            Some(_) => {}
        },
        Schema::Whole { least, most } => match value.as_u64() {
            None => broken(wrong_type("Integer", value)),
            Some(number) if number < *least => broken(format!("{number} is not greater or equal to {least}")),
            Some(number) if number > *most => broken(format!("{number} is not less or equal to {most}")),
            Some(_) => {}
        },
        Schema::Fraction => match value.as_f64() {
            None => broken(wrong_type("Number", value)),
            Some(number) if number < 0.0 => broken(format!("{value} is not greater or equal to 0")),
            Some(number) if number > 1.0 => broken(format!("{value} is not less or equal to 1")),
            Some(_) => {}
        },
        Schema::TitanStop => match value.as_str() {
            None => broken(wrong_type("String", value)),
            Some("User:") => {}
            Some(stop) if !stop.is_empty() && stop.bytes().all(|byte| byte == b'|') => {}
            Some(stop) => broken(format!(r"string [{stop}] does not match pattern ^(\|+|User:)$")),
        },
        Schema::Flag if value.is_boolean() => {}
        Schema::Flag => broken(wrong_type("Boolean", value)),
        Schema::List { of, least, most } => match value.as_array() {
            None => broken(wrong_type("JSONArray", value)),
            Some(list) if list.len() < *least => {
                broken(format!("expected minimum item count: {least}, found: {}", list.len()));
            }
            Some(list) if list.len() > *most => {
                broken(format!("expected maximum item count: {most}, found: {}", list.len()));
            }
            Some(list) => {
                for (index, element) in list.iter().enumerate() {
                    walk(element, of, &format!("{place}/{index}"), violations);
                }
            }
        },
        Schema::Object(keys) => {
            let Some(object) = value.as_object() else {
                return broken(wrong_type("JSONObject", value));
            };
            for key in keys.iter().filter(|key| key.required && !object.contains_key(key.name)) {
                broken(format!("required key [{}] not found", key.name));
            }
            for unknown in object.keys().filter(|name| keys.iter().all(|key| key.name != name.as_str())) {
                broken(format!("extraneous key [{unknown}] is not permitted"));
            }
            for key in *keys {
                if let Some(value) = object.get(key.name) {
                    walk(value, key.schema, &format!("{place}/{}", key.name), violations);
                }
            }
        }
    }
}

fn wrong_type(expected: &str, found: &Value) -> String {
    let found = match found {
        Value::Null => "Null",
        Value::Bool(_) => "Boolean",
        Value::Number(number) if number.is_f64() => "BigDecimal",
        Value::Number(_) => "Integer",
        Value::String(_) => "String",
        Value::Array(_) => "JSONArray",
        Value::Object(_) => "JSONObject",
    };
    format!("expected type: {expected}, found: {found}")
}
