//! A value of the SDK's JSON type as JSON text.

use std::collections::BTreeMap;

use aws_smithy_types::{Document, Number};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::chat::Json;

/// The text of a document. The SDK keeps members in a hash map, so the order in which the model
/// wrote them is lost; they come sorted by name, the same every time.
pub(super) fn to_json(document: &Document) -> Json {
    // Maps with text keys and finite numbers always have a JSON form.
    serde_json::to_string(&Form(document)).map_or_else(|_| Json::empty_object(), Json::from_checked)
}

struct Form<'a>(&'a Document);

impl Serialize for Form<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Document::Null => serializer.serialize_unit(),
            Document::Bool(value) => serializer.serialize_bool(*value),
            Document::Number(Number::PosInt(value)) => serializer.serialize_u64(*value),
            Document::Number(Number::NegInt(value)) => serializer.serialize_i64(*value),
            Document::Number(Number::Float(value)) => serializer.serialize_f64(*value),
            Document::String(value) => serializer.serialize_str(value),
            Document::Array(values) => serializer.collect_seq(values.iter().map(Form)),
            Document::Object(members) => {
                let sorted: BTreeMap<&String, &Document> = members.iter().collect();
                let mut map = serializer.serialize_map(Some(sorted.len()))?;
                for (name, value) in sorted {
                    map.serialize_entry(name, &Form(value))?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_every_kind_of_value_with_members_in_order() {
        let document = Document::Object(
            [
                ("text".to_owned(), Document::String("\"q\"".to_owned())),
                ("large".to_owned(), Document::Number(Number::PosInt(u64::MAX))),
                ("negative".to_owned(), Document::Number(Number::NegInt(-1))),
                ("float".to_owned(), Document::Number(Number::Float(0.1))),
                ("list".to_owned(), Document::Array(vec![Document::Null, Document::Bool(true)])),
            ]
            .into(),
        );
        assert_eq!(
            to_json(&document).as_str(),
            r#"{"float":0.1,"large":18446744073709551615,"list":[null,true],"negative":-1,"text":"\"q\""}"#
        );
    }
}
