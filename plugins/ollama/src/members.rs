//! The members of a JSON object, taken out one by one, so that what is left over is known.

use std::collections::BTreeMap;

use adit_plugin::Failure;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::fault::invalid;

/// What is left of an object.
pub(crate) struct Members<'a> {
    members: BTreeMap<String, &'a RawValue>,
    /// What stands in front of a name in messages, such as `options.`.
    prefix: &'static str,
}

impl<'a> Members<'a> {
    /// The body of a request.
    pub(crate) fn of_body(body: &'a [u8]) -> Result<Self, Failure> {
        let members = serde_json::from_slice(body).map_err(|fault| {
            let place = format!("line {} column {}", fault.line(), fault.column());
            invalid("the body", &format!("is not a JSON object (at {place})"))
        })?;
        Ok(Self { members, prefix: "" })
    }

    /// An object inside of it; empty if it is not there.
    pub(crate) fn inner(&mut self, name: &str, prefix: &'static str) -> Result<Self, Failure> {
        Ok(Self { members: self.take(name)?.unwrap_or_default(), prefix })
    }

    /// A member, if it is there and not null.
    pub(crate) fn take<T: Deserialize<'a>>(&mut self, name: &str) -> Result<Option<T>, Failure> {
        let Some(raw) = self.members.remove(name) else { return Ok(None) };
        serde_json::from_str(raw.get()).map_err(|_| {
            invalid(&format!("{}{name}", self.prefix), "is not of the form that Ollama's API describes")
        })
    }

    /// Leaves out what has no effect here and that nobody misses.
    pub(crate) fn ignore(&mut self, names: &[&str]) {
        self.members.retain(|name, _| !names.contains(&name.as_str()));
    }

    /// The names of what is left and says something.
    pub(crate) fn left(self) -> impl Iterator<Item = String> {
        let says = |raw: &RawValue| !matches!(raw.get(), "null" | "false" | "\"\"" | "[]" | "{}" | "0");
        let left = self.members.into_iter().filter(move |(_, raw)| says(raw));
        left.map(move |(name, _)| format!("{}{name}", self.prefix))
    }
}
