//! JSON Schemas as Bedrock wants them where a model is held to one: objects say
//! `additionalProperties: false` (Bedrock User Guide, "Get validated JSON results from models").

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Deeper schemas are left as they are from there on.
const DEEPEST: usize = 64;

/// Members that hold one schema, or a list of them.
const SCHEMAS: [&str; 9] = [
    "items",
    "prefixItems",
    "anyOf",
    "oneOf",
    "allOf",
    "not",
    "contains",
    "additionalItems",
    "additionalProperties",
];

/// Members that hold schemas by name.
const SCHEMAS_BY_NAME: [&str; 4] = ["properties", "patternProperties", "$defs", "definitions"];

/// The schema, in which every object that does not say otherwise says `additionalProperties: false`.
/// All other members stay as they are, in their order.
pub(super) fn closed(schema: &str) -> String {
    let mut written = String::with_capacity(schema.len() + 64);
    write_schema(schema, DEEPEST, &mut written);
    written
}

/// Whether a schema describes an object.
pub(super) fn is_of_object(schema: &str) -> bool {
    serde_json::from_str::<Members<'_>>(schema).is_ok_and(|members| members.describe_an_object())
}

fn write_schema(schema: &str, depth: usize, written: &mut String) {
    let (Some(depth), Ok(members)) = (depth.checked_sub(1), serde_json::from_str::<Members<'_>>(schema))
    else {
        written.push_str(schema);
        return;
    };
    let is_open = members.describe_an_object() && members.find("additionalProperties").is_none();
    write_members(&members, written, |name, value, written| {
        if SCHEMAS.contains(&name) {
            write_one_or_many(value, depth, written);
        } else if SCHEMAS_BY_NAME.contains(&name)
            && let Ok(named) = serde_json::from_str::<Members<'_>>(value)
        {
            write_members(&named, written, |_, value, written| write_schema(value, depth, written));
            written.push('}');
        } else {
            written.push_str(value);
        }
    });
    if is_open {
        written.push_str(if members.0.is_empty() { "" } else { "," });
        written.push_str(r#""additionalProperties":false"#);
    }
    written.push('}');
}

fn write_one_or_many(value: &str, depth: usize, written: &mut String) {
    let Ok(schemas) = serde_json::from_str::<Vec<&RawValue>>(value) else {
        write_schema(value, depth, written);
        return;
    };
    written.push('[');
    for (place, schema) in schemas.into_iter().enumerate() {
        written.push_str(if place == 0 { "" } else { "," });
        write_schema(schema.get(), depth, written);
    }
    written.push(']');
}

/// All but the closing brace.
fn write_members(members: &Members<'_>, written: &mut String, write_value: impl Fn(&str, &str, &mut String)) {
    written.push('{');
    for (place, (name, value)) in members.0.iter().enumerate() {
        written.push_str(if place == 0 { "" } else { "," });
        // A text always has a JSON form.
        written.push_str(&serde_json::to_string(name).unwrap_or_default());
        written.push(':');
        write_value(name, value.get(), written);
    }
}

/// The members of an object, in order.
pub(super) struct Members<'a>(pub(super) Vec<(Cow<'a, str>, &'a RawValue)>);

impl Members<'_> {
    fn find(&self, wanted: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.get())
    }

    fn describe_an_object(&self) -> bool {
        match self.find("type") {
            // A word, or a list of words.
            Some(kind) => kind.contains(r#""object""#),
            None => self.find("properties").is_some(),
        }
    }
}

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closes_every_object_and_changes_nothing_else() {
        let table = [
            (r#"{"type":"object"}"#, r#"{"type":"object","additionalProperties":false}"#),
            (r#"{"properties":{}}"#, r#"{"properties":{},"additionalProperties":false}"#),
            (r#"{"type":["object","null"]}"#, r#"{"type":["object","null"],"additionalProperties":false}"#),
            (
                r#"{"type":"object","additionalProperties":true}"#,
                r#"{"type":"object","additionalProperties":true}"#,
            ),
            (r#"{"type":"string","maximum":1.50}"#, r#"{"type":"string","maximum":1.50}"#),
            // A property may have the name of a keyword, and a literal may look like a schema.
            (
                r#"{"type":"object","properties":{"z":{"type":"object"},"items":{"const":{"type":"object"}}}}"#,
                r#"{"type":"object","properties":{"z":{"type":"object","additionalProperties":false},"items":{"const":{"type":"object"}}},"additionalProperties":false}"#,
            ),
            (
                r#"{"items":{"anyOf":[{"$ref":"a"},{"type":"object"}]},"$defs":{"a":{"type":"object"}}}"#,
                r#"{"items":{"anyOf":[{"$ref":"a"},{"type":"object","additionalProperties":false}]},"$defs":{"a":{"type":"object","additionalProperties":false}}}"#,
            ),
            ("true", "true"),
        ];
        for (schema, expected) in table {
            assert_eq!(closed(schema), expected);
            assert_eq!(closed(expected), expected);
        }
    }

    #[test]
    fn an_endlessly_deep_schema_is_left_as_it_is() {
        let deep = format!("{}{}", r#"{"not":"#.repeat(10_000), "{}".to_owned() + &"}".repeat(10_000));
        assert_eq!(closed(&deep), deep);
    }
}
