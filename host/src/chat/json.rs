use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON text. Whoever makes one has checked that it is well-formed, or takes it from a source
/// that has: the type says that the text is meant as JSON, not prose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json(String);

impl Json {
    /// A text known to be well-formed JSON.
    pub fn from_checked(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A text that any reader will accept as JSON; none if it is not: valid Unicode, and nested no
    /// deeper than 128 levels. Builds nothing in memory.
    pub fn parse(text: &str) -> Option<Self> {
        serde_json::from_str::<Readable>(text).is_ok().then(|| Self::from_checked(text))
    }

    /// As [`parse`](Self::parse), for an object alone. What stands around it is left out.
    pub fn parse_object(text: &str) -> Option<Self> {
        let text = text.trim();
        text.starts_with('{').then(|| Self::parse(text)).flatten()
    }

    /// `{}`.
    pub fn empty_object() -> Self {
        Self("{}".to_owned())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A value that was read to its end: nested no deeper than serde_json's limit of 128, and every
/// string valid Unicode. Holding on to a raw value checks neither.
struct Readable;

impl<'de> Deserialize<'de> for Readable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ReadableVisitor)
    }
}

struct ReadableVisitor;

impl<'de> Visitor<'de> for ReadableVisitor {
    type Value = Readable;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_str<E>(self, _: &str) -> Result<Readable, E> {
        Ok(Readable)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Readable, A::Error> {
        while items.next_element::<Readable>()?.is_some() {}
        Ok(Readable)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Readable, A::Error> {
        while members.next_entry::<Readable, Readable>()?.is_some() {}
        Ok(Readable)
    }
}
