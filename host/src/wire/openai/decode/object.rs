//! JSON objects as clients send them: every member may be missing, `null` is missing, and members
//! that Adit does not know are kept by name. What has to be there is said by the module that reads
//! it, which knows the field's whole path.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A string, borrowed from the body where it holds no escapes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::wire::openai) struct Text<'a>(Cow<'a, str>);

impl<'a, T: Into<Cow<'a, str>>> From<T> for Text<'a> {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}

impl<'a> Text<'a> {
    pub(in crate::wire::openai) fn as_str(&self) -> &str {
        &self.0
    }

    pub(in crate::wire::openai) fn into_string(self) -> String {
        self.0.into_owned()
    }

    pub(in crate::wire::openai) fn into_cow(self) -> Cow<'a, str> {
        self.0
    }

    /// Whether there is nothing to read: Bedrock refuses text of white space alone.
    pub(in crate::wire::openai) fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

/// Defines a JSON object: its members, all optional, and the names of members that mean nothing.
/// Members that are neither are named in `unknown`, unless they are empty.
macro_rules! object {
    (
        $(#[$doc:meta])*
        $visibility:vis $name:ident<$life:lifetime> { $($field:ident: $type:ty = $key:literal,)* } ignores [$($ignored:literal),*]
    ) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        $visibility struct $name<$life> {
            $($visibility $field: Option<$type>,)*
            $visibility unknown: Vec<std::borrow::Cow<$life, str>>,
        }

        impl<'de: $life, $life> serde::Deserialize<'de> for $name<$life> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct ObjectVisitor;

                impl<'de> serde::de::Visitor<'de> for ObjectVisitor {
                    type Value = $name<'de>;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("an object")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
                        let mut object = $name::default();
                        while let Some(key) = members.next_key::<$crate::wire::openai::decode::object::Text<'de>>()? {
                            match key.as_str() {
                                $($key => {
                                    if object.$field.is_some() {
                                        return Err(serde::de::Error::custom(concat!("`", $key, "` is there twice")));
                                    }
                                    object.$field = members.next_value()?;
                                })*
                                $($ignored => {
                                    members.next_value::<serde::de::IgnoredAny>()?;
                                })*
                                _ => {
                                    let value = members.next_value::<&'de serde_json::value::RawValue>()?;
                                    if !$crate::wire::openai::decode::json::is_empty(value) {
                                        object.unknown.push(key.into_cow());
                                    }
                                }
                            }
                        }
                        Ok(object)
                    }
                }

                deserializer.deserialize_map(ObjectVisitor)
            }
        }
    };
}
pub(in crate::wire::openai) use object;
