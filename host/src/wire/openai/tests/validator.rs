//! As much of JSON Schema as OpenAI's schemas need to judge our answers.

use serde_json::Value;

pub(super) struct Schemas(Value);

impl Schemas {
    /// The components of an OpenAPI document.
    pub(super) fn new(document: &Value) -> Self {
        Self(document["components"]["schemas"].clone())
    }

    pub(super) fn named(&self, name: &str) -> &Value {
        &self.0[name]
    }

    /// Where the value breaks the schema of that name.
    pub(super) fn faults(&self, name: &str, value: &Value) -> Vec<String> {
        assert!(self.named(name).is_object(), "there is no schema {name}");
        let mut faults = Vec::new();
        self.visit(self.named(name), value, "$", &mut faults);
        faults
    }

    fn fits(&self, schema: &Value, value: &Value) -> bool {
        let mut faults = Vec::new();
        self.visit(schema, value, "$", &mut faults);
        faults.is_empty()
    }

    fn visit(&self, schema: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
        let list = |name: &str| schema[name].as_array().into_iter().flatten();
        if let Some(reference) = schema["$ref"].as_str() {
            self.visit(self.named(reference.rsplit('/').next().unwrap()), value, path, faults);
        }
        for part in list("allOf") {
            self.visit(part, value, path, faults);
        }
        for choice in ["anyOf", "oneOf"] {
            if schema[choice].is_array() && !list(choice).any(|part| self.fits(part, value)) {
                faults.push(format!("{path}: {value} fits nothing of {choice}"));
            }
        }
        if schema["enum"].is_array() && !list("enum").any(|known| known == value) {
            faults.push(format!("{path}: {value} is not one of {}", schema["enum"]));
        }
        let wanted: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(some) => some.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        if !wanted.is_empty() && !wanted.iter().any(|wanted| is_of_type(value, wanted)) {
            faults.push(format!("{path}: {value} is not of type {wanted:?}"));
        }
        if let Some(members) = value.as_object() {
            for required in list("required").filter_map(Value::as_str) {
                if !members.contains_key(required) {
                    faults.push(format!("{path}.{required} is missing"));
                }
            }
            for (name, member) in members {
                let schema = &schema["properties"][name];
                self.visit(schema, member, &format!("{path}.{name}"), faults);
            }
        }
        for (place, item) in value.as_array().into_iter().flatten().enumerate() {
            self.visit(&schema["items"], item, &format!("{path}[{place}]"), faults);
        }
    }
}

fn is_of_type(value: &Value, wanted: &str) -> bool {
    match value {
        Value::Null => wanted == "null",
        Value::Bool(_) => wanted == "boolean",
        Value::Number(number) => wanted == "number" || (wanted == "integer" && !number.is_f64()),
        Value::String(_) => wanted == "string",
        Value::Array(_) => wanted == "array",
        Value::Object(_) => wanted == "object",
    }
}
