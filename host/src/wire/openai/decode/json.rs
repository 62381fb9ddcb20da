//! JSON that passes through as the client wrote it.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::chat::Json;

/// Whether a value says nothing: null, false, or an empty text, list or object.
pub(super) fn is_empty(value: &RawValue) -> bool {
    let text = value.get();
    match text.as_bytes() {
        b"null" | b"false" | b"\"\"" => true,
        [b'[' | b'{', inside @ .., _] => inside.iter().all(u8::is_ascii_whitespace),
        _ => false,
    }
}

/// The text as a JSON object that any reader will accept; none if it is not one.
pub(super) fn object(text: &str) -> Option<Json> {
    let text = text.trim();
    text.starts_with('{').then(|| readable(text)).flatten()
}

/// The text as JSON that any reader will accept; none if it is not.
pub(super) fn readable(text: &str) -> Option<Json> {
    serde_json::from_str::<Readable>(text).is_ok().then(|| Json::from_checked(text))
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
