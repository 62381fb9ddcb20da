use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::dropped::Dropped;
use super::object::Text;
use super::{fault, json};
use crate::error::Failure;
use crate::wire::openai::fields::{Treatment, treatment};

/// The members of a request in the order in which they came, not yet read. `null` is not there.
pub(super) struct Body<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'a> Body<'a> {
    /// Finds the members, in one pass over the body.
    pub(super) fn scan(body: &'a [u8]) -> Result<Self, Failure> {
        let body: Self = serde_json::from_slice(body).map_err(|error| fault::not_json(&error))?;
        for (place, (name, _)) in body.0.iter().enumerate() {
            if treatment(name).is_some() && body.0.iter().take(place).any(|(earlier, _)| earlier == name) {
                return Err(fault::invalid(name, "is there twice"));
            }
        }
        Ok(body)
    }

    /// Reads a member. Its faults name the place inside it.
    pub(super) fn read<T: Deserialize<'a>>(&self, name: &str) -> Result<Option<T>, Failure> {
        let Some((_, raw)) = self.0.iter().find(|(known, _)| known == name) else { return Ok(None) };
        let mut deserializer = serde_json::Deserializer::from_str(raw.get());
        serde_path_to_error::deserialize(&mut deserializer)
            .map(Some)
            .map_err(|error| fault::unreadable(name, &error))
    }

    /// Refuses or reports the members that no module reads, as the table of fields says.
    pub(super) fn treat_what_is_not_mapped(&self, dropped: &mut Dropped) -> Result<(), Failure> {
        for (name, raw) in &self.0 {
            match treatment(name) {
                Some(Treatment::Mapped | Treatment::Ignored) => {}
                Some(Treatment::Dropped { harmless }) if is_one_of(raw, harmless) => {}
                Some(Treatment::Refused { harmless, .. }) if is_one_of(raw, harmless) => {}
                Some(Treatment::Refused { because, .. }) => return Err(fault::unsupported(name, because)),
                None if json::is_empty(raw) => {}
                Some(Treatment::Dropped { .. }) | None => dropped.note(name.clone().into_owned()),
            }
        }
        Ok(())
    }
}

/// Whether the value is one of the texts, whatever its white space or the form of its number.
fn is_one_of(raw: &RawValue, texts: &[&str]) -> bool {
    texts.contains(&raw.get())
        || serde_json::from_str::<serde_json::Value>(raw.get()).is_ok_and(|value| {
            texts.iter().any(|text| match (serde_json::from_str::<serde_json::Value>(text), value.as_f64()) {
                (Ok(serde_json::Value::Number(number)), Some(float)) => number.as_f64() == Some(float),
                (Ok(wanted), _) => wanted == value,
                (Err(_), _) => false,
            })
        })
}

impl<'de: 'a, 'a> Deserialize<'de> for Body<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BodyVisitor;

        impl<'de> Visitor<'de> for BodyVisitor {
            type Value = Body<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
                let mut body = Vec::with_capacity(16);
                while let Some((name, raw)) = members.next_entry::<Text<'de>, &'de RawValue>()? {
                    if raw.get() != "null" {
                        body.push((name.into_cow(), raw));
                    }
                }
                Ok(Body(body))
            }
        }

        deserializer.deserialize_map(BodyVisitor)
    }
}
