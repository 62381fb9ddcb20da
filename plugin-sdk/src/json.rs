//! Configs that serde reads.

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

use crate::{ConfigError, pointer};

/// Reads a config with serde. The error names the fault's place as a JSON Pointer.
pub fn json_config<T: DeserializeOwned>(json: &str) -> Result<T, Vec<ConfigError>> {
    let mut reader = serde_json::Deserializer::from_str(json);
    serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let mut path = String::new();
        for segment in error.path() {
            match segment {
                Segment::Seq { index } => path = pointer(&path, &index.to_string()),
                Segment::Map { key } | Segment::Enum { variant: key } => path = pointer(&path, key),
                Segment::Unknown => {}
            }
        }
        let mut message = error.into_inner().to_string();
        // The place is in the path; a line and column of compact JSON help nobody.
        if let Some(end) = message.rfind(" at line ") {
            message.truncate(end);
        }
        vec![ConfigError { path, message }]
    })
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
        assert_eq!(message, r#"invalid type: string "x", expected u8"#);
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
}
