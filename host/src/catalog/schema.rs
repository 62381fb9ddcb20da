//! The JSON Schema that a config has to fit (<https://json-schema.org>).

/// Why a schema is none.
#[derive(Debug, thiserror::Error)]
#[error("the schema of the config is not a valid JSON Schema: {0}")]
pub struct InvalidSchema(String);

impl InvalidSchema {
    /// What is wrong, whatever the schema is of.
    pub fn reason(&self) -> &str {
        &self.0
    }
}

/// A JSON Schema.
#[cfg(feature = "compiler")]
pub struct Schema(jsonschema::Validator);

#[cfg(feature = "compiler")]
impl Schema {
    /// Reads a schema, which may not refer to anything outside of itself.
    pub fn parse(bytes: &[u8]) -> Result<Self, InvalidSchema> {
        let json: serde_json::Value =
            serde_json::from_slice(bytes).map_err(|fault| InvalidSchema(fault.to_string()))?;
        let fault = |fault: &dyn std::fmt::Display| InvalidSchema(fault.to_string());
        jsonschema::meta::validate(&json).map_err(|found| fault(&found))?;
        jsonschema::validator_for(&json).map(Self).map_err(|found| fault(&found))
    }

    /// What a config has that it may not, or lacks: JSON Pointer and message of each fault.
    pub fn faults(&self, config: &str) -> Vec<(String, String)> {
        let config = match serde_json::from_str(config) {
            Ok(config) => config,
            Err(fault) => return vec![(String::new(), fault.to_string())],
        };
        let faults = self.0.iter_errors(&config);
        faults.map(|fault| (fault.instance_path().to_string(), fault.to_string())).collect()
    }
}

/// A host without the tools for authors takes a plugin's own word on its config alone.
#[cfg(not(feature = "compiler"))]
pub struct Schema(());

#[cfg(not(feature = "compiler"))]
impl Schema {
    /// Takes any.
    pub fn parse(_: &[u8]) -> Result<Self, InvalidSchema> {
        Ok(Self(()))
    }

    /// Finds none.
    pub fn faults(&self, _: &str) -> Vec<(String, String)> {
        Vec::new()
    }
}

#[cfg(all(test, feature = "compiler"))]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn each_fault_has_a_pointer() {
        let schema = Schema::parse(br#"{"type":"object","additionalProperties":false,"properties":{"a":{"type":"object","properties":{"b":{"type":"integer"}}}}}"#).unwrap();
        assert_eq!(schema.faults(r#"{"a":{"b":1}}"#), []);
        let faults = schema.faults(r#"{"a":{"b":"x"},"c":1}"#);
        let pointers: Vec<_> = faults.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, ["/a/b", ""]);
    }

    #[test]
    fn a_schema_is_valid_and_stands_by_itself() {
        for text in ["", "[]", r#"{"type":"strin"}"#, r#"{"$ref":"https://example.com/schema.json"}"#] {
            assert!(Schema::parse(text.as_bytes()).is_err(), "`{text}` was taken");
        }
    }
}
