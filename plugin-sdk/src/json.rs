//! Configs that serde reads.

use serde::Deserializer;
use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Error as _, IntoDeserializer, Visitor};
use serde_json::{Error, Value};
use serde_path_to_error::Segment;

use crate::{ConfigError, pointer};

/// Reads a config with serde. The error names the fault's place as a JSON Pointer, and speaks of
/// JSON, not of Rust. A struct is an object: options in an array, without their names, are refused.
pub fn json_config<T: DeserializeOwned>(json: &str) -> Result<T, Vec<ConfigError>> {
    let value: Value =
        serde_json::from_str(json).map_err(|error| vec![ConfigError::new("", in_json_terms(&error))])?;
    serde_path_to_error::deserialize(Reader(&value)).map_err(|error| {
        let mut path = String::new();
        for segment in error.path() {
            match segment {
                Segment::Seq { index } => path = pointer(&path, &index.to_string()),
                Segment::Map { key } | Segment::Enum { variant: key } => path = pointer(&path, key),
                Segment::Unknown => {}
            }
        }
        vec![ConfigError { path, message: in_json_terms(error.inner()) }]
    })
}

/// The message without the names of Rust's types.
fn in_json_terms(error: &Error) -> String {
    let mut message = error.to_string();
    // The place is in the path; a line and column of compact JSON help nobody.
    if let Some(end) = message.rfind(" at line ") {
        message.truncate(end);
    }
    if message.starts_with("data did not match any variant of ") {
        return "fits none of the forms that this option has".to_owned();
    }
    let Some((fault, expected)) = message.rsplit_once(", expected ") else { return message };
    let expected = match expected {
        "u8" => format!("a whole number from 0 to {}", u8::MAX),
        "u16" => format!("a whole number from 0 to {}", u16::MAX),
        "u32" => format!("a whole number from 0 to {}", u32::MAX),
        "u64" | "u128" | "usize" => "a whole number from 0 on".to_owned(),
        "i8" => format!("a whole number from {} to {}", i8::MIN, i8::MAX),
        "i16" => format!("a whole number from {} to {}", i16::MIN, i16::MAX),
        "i32" => format!("a whole number from {} to {}", i32::MIN, i32::MAX),
        "i64" | "i128" | "isize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a sequence" => "an array".to_owned(),
        "a map" => "an object".to_owned(),
        other if other.starts_with("unit") => "null".to_owned(),
        other if other.starts_with("tuple struct ") => "an array".to_owned(),
        other if NAMED.iter().any(|kind| other.starts_with(kind)) => "an object".to_owned(),
        _ => return message,
    };
    format!("{fault}, expected {expected}")
}

/// How serde begins to name a type that is written as an object.
const NAMED: [&str; 5] =
    ["struct ", "enum ", "internally tagged enum ", "adjacently tagged enum ", "struct variant "];

/// A value of a config. Unlike `serde_json`, it reads no struct from an array, in which options
/// would be told by their order and faults by no name.
#[derive(Clone, Copy)]
struct Reader<'de>(&'de Value);

impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.0 {
            Value::Array(elements) => {
                let mut elements = SeqDeserializer::new(elements.iter().map(Reader));
                let value = visitor.visit_seq(&mut elements)?;
                elements.end().map(|()| value)
            }
            Value::Object(members) => {
                let members = members.iter().map(|(name, value)| (name.as_str(), Reader(value)));
                let mut members = MapDeserializer::new(members);
                let value = visitor.visit_map(&mut members)?;
                members.end().map(|()| value)
            }
            scalar => scalar.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        if self.0.is_object() { self.deserialize_any(visitor) } else { Err(expected("an object", self.0)) }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.0 {
            Value::String(variant) => visitor.visit_enum(variant.as_str().into_deserializer()),
            Value::Object(members) if members.len() == 1 => {
                let members = members.iter().map(|(name, value)| (name.as_str(), Reader(value)));
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(members)))
            }
            Value::Object(_) => Err(Error::custom("expected an object with one member")),
            other => Err(expected("a string", other)),
        }
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Error> for Reader<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn expected(expected: &str, found: &Value) -> Error {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Error::custom(format!("expected {expected}, found {found}"))
}

/// Implements [`Config`](crate::Config) for types that serde can read, by [`json_config`].
///
/// ```
/// #[derive(serde::Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Greeting { name: String }
///
/// adit_plugin::json_config!(Greeting);
/// ```
#[macro_export]
macro_rules! json_config {
    ($($config:ty),+ $(,)?) => {$(
        impl $crate::Config for $config {
            fn parse(json: &str) -> ::core::result::Result<Self, ::std::vec::Vec<$crate::ConfigError>> {
                $crate::json_config(json)
            }
        }
    )+};
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct Sample {
        list: Vec<u8>,
        #[serde(rename = "a/b~c", default)]
        odd: bool,
    }

    fn fault(json: &str) -> (String, String) {
        let error = json_config::<Sample>(json).unwrap_err().remove(0);
        (error.path, error.message)
    }

    #[test]
    fn names_the_element_of_a_list() {
        let (path, message) = fault(r#"{"list":[1,"x"]}"#);
        assert_eq!(path, "/list/1");
        assert_eq!(message, r#"invalid type: string "x", expected a whole number from 0 to 255"#);
    }

    #[test]
    fn escapes_a_member_name_in_the_pointer() {
        assert_eq!(fault(r#"{"list":[],"a/b~c":1}"#).0, "/a~1b~0c");
    }

    #[test]
    fn names_an_unknown_member() {
        let (path, message) = fault(r#"{"list":[],"lits":[]}"#);
        assert_eq!(path, "/lits");
        assert!(message.contains("`lits`"), "{message}");
    }

    #[test]
    fn reports_a_missing_member_at_its_parent() {
        assert_eq!(fault("{}"), (String::new(), "missing field `list`".to_owned()));
    }

    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct Nested {
        #[serde(default)]
        inner: Option<Inner>,
        #[serde(default)]
        list: Vec<Inner>,
        #[serde(default)]
        mode: Mode,
        #[serde(default)]
        pair: (bool, f32),
    }

    #[derive(Debug, serde::Deserialize)]
    #[expect(dead_code, reason = "only its reading is tested")]
    struct Inner {
        on: bool,
    }

    #[derive(Debug, Default, serde::Deserialize, PartialEq)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        #[default]
        Soft,
        Hard,
        Level {
            number: u32,
        },
    }

    #[test]
    fn refuses_options_without_their_names() {
        for (json, path, message) in [
            ("[]", "", "expected an object, found an array"),
            ("[true]", "", "expected an object, found an array"),
            ("null", "", "expected an object, found null"),
            (r#"{"inner":[true]}"#, "/inner", "expected an object, found an array"),
            (r#"{"list":[{"on":true},[true]]}"#, "/list/1", "expected an object, found an array"),
            (r#"{"list":{}}"#, "/list", "invalid type: map, expected an array"),
            (r#"{"mode":3}"#, "/mode", "expected a string, found a number"),
            (r#"{"mode":{"level":[3]}}"#, "/mode/level", "expected an object, found an array"),
            (r#"{"pair":[true,"x"]}"#, "/pair/1", r#"invalid type: string "x", expected a number"#),
            (r#"{"pair":[true,1,2]}"#, "/pair", "invalid length 3, expected 2 elements in sequence"),
        ] {
            let error = json_config::<Nested>(json).unwrap_err().remove(0);
            assert_eq!((error.path.as_str(), error.message.as_str()), (path, message), "{json}");
        }
    }

    #[test]
    fn reads_every_form_of_an_option() {
        let json = r#"{"inner":null,"list":[{"on":true}],"mode":{"level":{"number":3}},"pair":[true,1]}"#;
        let nested: Nested = json_config(json).unwrap();
        assert_eq!(nested.mode, Mode::Level { number: 3 });
        assert_eq!(json_config::<Nested>(r#"{"mode":"hard"}"#).unwrap().mode, Mode::Hard);
    }
}
