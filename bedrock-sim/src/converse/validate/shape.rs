//! The shape of a body: which members there are, their types and bounds. The shapes themselves are in `members`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::path::Path;
use super::pattern::Pattern;
use crate::error::ServiceError;

/// What a value must be.
#[derive(Debug)]
pub(super) enum Shape {
    /// Any string.
    Text,
    /// A string of so many characters, and of a set.
    Bounded {
        least: usize,
        most: usize,
        pattern: Option<Pattern>,
    },
    Enumeration(&'static [&'static str]),
    Integer {
        least: i64,
    },
    /// A number from 0 to 1.
    Fraction,
    Flag,
    /// Base64 of at least one byte.
    Blob,
    /// Any JSON object.
    Document,
    List {
        of: &'static Shape,
        least: usize,
        most: usize,
    },
    Map {
        keys: &'static Shape,
        values: &'static Shape,
        least: usize,
        most: usize,
    },
    Structure(&'static [Member]),
    /// A structure with exactly one member set.
    Union(&'static str, &'static [Member]),
}

/// A member of a structure.
#[derive(Debug)]
pub(super) struct Member {
    name: &'static str,
    shape: &'static Shape,
    required: bool,
}

pub(super) const fn required(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, shape, required: true }
}

pub(super) const fn optional(name: &'static str, shape: &'static Shape) -> Member {
    Member { name, shape, required: false }
}

/// Checks a whole body. Wrong types and unknown members are refused at the first one;
/// values out of bounds are collected and refused together, as the service does.
pub(super) fn check(body: &Value, shape: &'static Shape) -> Result<(), ServiceError> {
    let mut violations = Vec::new();
    walk(body, shape, &mut Path::default(), &mut violations)?;
    if violations.is_empty() {
        return Ok(());
    }
    let plural = if violations.len() == 1 { "" } else { "s" };
    let list = violations.join("; ");
    Err(ServiceError::validation(format!("{} validation error{plural} detected: {list}", violations.len())))
}

type Checked = Result<(), ServiceError>;

fn walk<'a>(
    value: &'a Value,
    shape: &'static Shape,
    path: &mut Path<'a>,
    violations: &mut Vec<String>,
) -> Checked {
    match shape {
        Shape::Text => text(value).map(drop),
        Shape::Bounded { least, most, pattern } => {
            let content = text(value)?;
            let length = content.chars().count();
            if let Some(pattern) = pattern.filter(|pattern| !pattern.matches(content)) {
                let rule = format!("Member must satisfy regular expression pattern: {}", pattern.text());
                violations.push(violation(path, Some(content), &rule));
            }
            bounds(length, *least, *most, Some(content), path, violations);
            Ok(())
        }
        Shape::Enumeration(values) => {
            let content = text(value)?;
            if !values.contains(&content) {
                let rule = format!("Member must satisfy enum value set: [{}]", values.join(", "));
                violations.push(format!(
                    "Value '{content}' at '{}' failed to satisfy constraint: {rule}",
                    path.constraint()
                ));
            }
            Ok(())
        }
        Shape::Integer { least } => {
            let number = value.as_i64().ok_or_else(|| wrong_type(value, "an Integer"))?;
            if number < *least {
                let rule = format!("Member must have value greater than or equal to {least}");
                violations.push(violation(path, Some(&number.to_string()), &rule));
            }
            Ok(())
        }
        Shape::Fraction => {
            let number = value.as_f64().ok_or_else(|| wrong_type(value, "a Float"))?;
            for (broken, rule) in
                [(number > 1.0, "less than or equal to 1"), (number < 0.0, "greater than or equal to 0")]
            {
                if broken {
                    violations.push(violation(
                        path,
                        Some(&value.to_string()),
                        &format!("Member must have value {rule}"),
                    ));
                }
            }
            Ok(())
        }
        Shape::Flag => value.as_bool().map(drop).ok_or_else(|| wrong_type(value, "a Boolean")),
        Shape::Blob => {
            let bytes = STANDARD
                .decode(text(value)?)
                .map_err(|_| ServiceError::serialization(format!("Invalid base64 at {}", path.dotted())))?;
            bounds(bytes.len(), 1, usize::MAX, None, path, violations);
            Ok(())
        }
        Shape::Document if value.is_object() => Ok(()),
        Shape::Document => Err(ServiceError::validation(format!(
            "The format of the value at {} is invalid. Provide a json object for the field and try again.",
            path.dotted()
        ))),
        Shape::List { of, least, most } => {
            let elements = value.as_array().ok_or_else(|| wrong_type(value, "a List"))?;
            bounds(elements.len(), *least, *most, None, path, violations);
            for (index, element) in elements.iter().enumerate() {
                path.index(index, |path| walk(element, of, path, violations))?;
            }
            Ok(())
        }
        Shape::Map { keys, values, least, most } => {
            let entries = value.as_object().ok_or_else(|| wrong_type(value, "a Map"))?;
            bounds(entries.len(), *least, *most, None, path, violations);
            for (key, value) in entries {
                map_key(key, keys, path, violations);
                path.value(|path| walk(value, values, path, violations))?;
            }
            Ok(())
        }
        Shape::Structure(members) => structure(object(value)?, members, path, violations),
        Shape::Union(name, members) => {
            let object = object(value)?;
            structure(object, members, path, violations)?;
            if object.values().filter(|value| !value.is_null()).count() == 1 {
                return Ok(());
            }
            let names: Vec<_> = members.iter().map(|member| member.name).collect();
            Err(ServiceError::validation(format!(
                "The {name} object at {} must set exactly one of the following keys: {}.",
                path.dotted(),
                names.join(", ")
            )))
        }
    }
}

fn structure<'a>(
    object: &'a Map<String, Value>,
    members: &'static [Member],
    path: &mut Path<'a>,
    violations: &mut Vec<String>,
) -> Checked {
    if let Some(unknown) = object.keys().find(|key| members.iter().all(|member| member.name != *key)) {
        return Err(ServiceError::validation(format!(
            "Malformed input request: {}: extraneous key [{unknown}] is not permitted, please reformat your input and try again.",
            path.pointer()
        )));
    }
    for member in members {
        match object.get(member.name) {
            Some(value) if !value.is_null() => {
                path.member(member.name, |path| walk(value, member.shape, path, violations))?;
            }
            _ if member.required => path.member(member.name, |path| {
                violations.push(format!(
                    "Value null at '{}' failed to satisfy constraint: Member must not be null",
                    path.constraint()
                ));
            }),
            _ => {}
        }
    }
    Ok(())
}

/// Keys of a map are the caller's own, so a message says only which map it is.
fn map_key(key: &str, shape: &'static Shape, path: &Path<'_>, violations: &mut Vec<String>) {
    let Shape::Bounded { least, most, pattern } = shape else { return };
    if pattern.is_some_and(|pattern| !pattern.matches(key))
        || !(*least..=*most).contains(&key.chars().count())
    {
        let rule = format!(
            "Map keys must satisfy constraint: [Member must have length less than or equal to {most}, \
             Member must have length greater than or equal to {least}, Member must satisfy regular expression pattern: {}]",
            pattern.map_or("", Pattern::text)
        );
        violations.push(violation(path, None, &rule));
    }
}

fn bounds(
    size: usize,
    least: usize,
    most: usize,
    content: Option<&str>,
    path: &Path<'_>,
    violations: &mut Vec<String>,
) {
    if size > most {
        violations.push(violation(
            path,
            content,
            &format!("Member must have length less than or equal to {most}"),
        ));
    }
    if size < least {
        violations.push(violation(
            path,
            content,
            &format!("Member must have length greater than or equal to {least}"),
        ));
    }
}

/// Values are shown except those of the conversation, which may be private.
fn violation(path: &Path<'_>, content: Option<&str>, rule: &str) -> String {
    let place = path.constraint();
    match content {
        Some(content) if !path.is_in_messages() => {
            format!("Value '{content}' at '{place}' failed to satisfy constraint: {rule}")
        }
        _ => format!("Value at '{place}' failed to satisfy constraint: {rule}"),
    }
}

fn text(value: &Value) -> Result<&str, ServiceError> {
    value.as_str().ok_or_else(|| wrong_type(value, "a String"))
}

fn object(value: &Value) -> Result<&Map<String, Value>, ServiceError> {
    value.as_object().ok_or_else(|| wrong_type(value, "a Structure"))
}

fn wrong_type(value: &Value, wanted: &str) -> ServiceError {
    let found = match value {
        Value::Null => "NULL_VALUE",
        Value::Bool(true) => "TRUE_VALUE",
        Value::Bool(false) => "FALSE_VALUE",
        Value::Number(number) if number.is_f64() => "DECIMAL_VALUE",
        Value::Number(_) => "NUMBER_VALUE",
        Value::String(_) => "STRING_VALUE",
        Value::Array(_) => "START_ARRAY",
        Value::Object(_) => "START_OBJECT",
    };
    ServiceError::serialization(format!("{found} can not be converted to {wanted}"))
}
