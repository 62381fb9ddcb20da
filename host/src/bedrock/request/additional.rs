//! `additionalModelRequestFields`: the members of a model's own interface.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::chat::Json;
use crate::error::Failure;

use super::raw;

/// Members by name: the client's first, as it wrote them, then ours.
#[derive(Debug, Default)]
pub(super) struct Additional<'a>(Vec<(&'a str, Member<'a>)>);

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Member<'a> {
    Given(&'a RawValue),
    Ours(serde_json::Value),
}

impl<'a> Additional<'a> {
    /// What the client gave.
    pub(super) fn given(members: &'a [(String, Json)]) -> Result<Self, Failure> {
        let members =
            members.iter().map(|(name, json)| Ok((name.as_str(), Member::Given(raw(json.as_str())?))));
        members.collect::<Result<_, _>>().map(Self)
    }

    /// A member of ours. Where the client gave one of that name, it knows better.
    pub(super) fn add(&mut self, name: &'static str, value: serde_json::Value) {
        if !self.0.iter().any(|(given, _)| *given == name) {
            self.0.push((name, Member::Ours(value)));
        }
    }

    /// A member of ours that other parts of the request were made to fit, so that the client's own
    /// of that name has to go.
    pub(super) fn replace(&mut self, name: &'static str, value: serde_json::Value) {
        self.0.retain(|(given, _)| *given != name);
        self.0.push((name, Member::Ours(value)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Additional<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, member)| (name, member)))
    }
}
