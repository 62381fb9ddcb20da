use std::collections::HashSet;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::dropped::Dropped;
use super::members::Members;
use super::{fault, json};
use crate::error::{Failure, Kind};
use crate::wire::openai::fields::{Table, Treatment};

/// Most members of a body; OpenAI documents some forty.
const MOST: usize = 10_000;

/// A request body, its members not yet read.
pub(in crate::wire::openai) struct Body<'a> {
    members: Members<'a>,
    table: &'static Table,
}

impl<'a> Body<'a> {
    /// Finds the members, in one pass over the body. The table says what becomes of each.
    pub(in crate::wire::openai) fn scan(body: &'a [u8], table: &'static Table) -> Result<Self, Failure> {
        let members: Members<'a> = serde_json::from_slice(body).map_err(|error| fault::not_json(&error))?;
        if members.0.len() > MOST {
            return Err(Failure::new(Kind::InvalidRequest, "the body must have at most 10000 members")
                .with_code("invalid_value"));
        }
        let mut known = HashSet::new();
        for (name, _) in &members.0 {
            if table.treatment(name).is_some() && !known.insert(name) {
                return Err(fault::invalid(name, "is there twice"));
            }
        }
        Ok(Self { members, table })
    }

    /// Reads a member. Its faults name the place inside it.
    pub(in crate::wire::openai) fn read<T: Deserialize<'a>>(&self, name: &str) -> Result<Option<T>, Failure> {
        let Some((_, raw)) = self.members.0.iter().find(|(known, _)| known == name) else { return Ok(None) };
        let mut deserializer = serde_json::Deserializer::from_str(raw.get());
        serde_path_to_error::deserialize(&mut deserializer)
            .map(Some)
            .map_err(|error| fault::unreadable(name, &error))
    }

    /// Refuses or reports the members that no module reads, as the table says.
    pub(in crate::wire::openai) fn treat_what_is_not_mapped(
        &self,
        dropped: &mut Dropped,
    ) -> Result<(), Failure> {
        for (name, raw) in &self.members.0 {
            match self.table.treatment(name) {
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
