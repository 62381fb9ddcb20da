//! The sentences of a 400. Each begins with the field and never repeats what a prompt says.

use crate::error::{Failure, Kind};

/// A required field is not there.
pub(in crate::wire::openai) fn missing(path: &str, expected: &str) -> Failure {
    Failure::invalid(path, format!("`{path}` is missing: it has to be {expected}"))
        .with_code("missing_required_parameter")
}

/// The value is of the right type, but not one that is possible. `problem` ends the sentence.
pub(in crate::wire::openai) fn invalid(path: &str, problem: &str) -> Failure {
    Failure::invalid(path, format!("`{path}` {problem}")).with_code("invalid_value")
}

/// The request is understood and cannot be honoured. `problem` ends the sentence.
pub(in crate::wire::openai) fn unsupported(path: &str, problem: &str) -> Failure {
    Failure::invalid(path, format!("`{path}` {problem}")).with_code("unsupported_parameter")
}

/// The body is no JSON object.
pub(in crate::wire::openai) fn not_json(error: &serde_json::Error) -> Failure {
    let (line, column) = (error.line(), error.column());
    let message = match wrong_type(&without_position(error)) {
        Some((found, _)) => format!("the body has to be a JSON object, not {found}"),
        None => {
            format!("the body is not valid JSON (line {line}, column {column}): {}", without_position(error))
        }
    };
    Failure::new(Kind::InvalidRequest, message).with_code("invalid_json")
}

/// A field cannot be read: says where in it, what is there, and what is expected.
pub(in crate::wire::openai) fn unreadable(
    field: &str,
    error: &serde_path_to_error::Error<serde_json::Error>,
) -> Failure {
    let inside = error.path().to_string();
    let path = match inside.as_str() {
        "." => field.to_owned(),
        index if index.starts_with('[') => format!("{field}{index}"),
        member => format!("{field}.{member}"),
    };
    let problem = without_position(error.inner());
    match wrong_type(&problem) {
        Some((found, expected)) => {
            Failure::invalid(&path, format!("`{path}` has to be {expected}, not {found}"))
                .with_code("invalid_type")
        }
        None => {
            Failure::invalid(&path, format!("`{path}` cannot be read: {problem}")).with_code("invalid_value")
        }
    }
}

/// The error's text without its position, which counts from the start of the field.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&position).unwrap_or(&text).to_owned()
}

/// What is there and what is expected, in JSON's words, from serde's sentence. That quotes what is
/// there, so only its first word is taken.
fn wrong_type(sentence: &str) -> Option<(&'static str, &str)> {
    let (found, expected) = sentence.strip_prefix("invalid type: ")?.rsplit_once(", expected ")?;
    let found = match found.split(' ').next()? {
        "string" => "a string",
        "integer" | "floating" | "number" => "a number",
        "boolean" => "true or false",
        "sequence" => "an array",
        "map" => "an object",
        _ => "null",
    };
    let expected = match expected {
        "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "an array",
        ours => ours,
    };
    Some((found, expected))
}
