//! `additionalModelRequestFields`: the members of a model's own interface.

use serde::{Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::chat::Json;
use crate::error::Failure;

use super::{Dropped, raw};

/// Members by name: the client's first, as it wrote them, then ours.
#[derive(Debug, Default)]
pub(super) struct Additional<'a>(Vec<(&'a str, Member<'a>)>);

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Member<'a> {
    Given(&'a RawValue),
    Ours(Value),
    /// The client's object, ours behind its members.
    Merged(Box<RawValue>),
}

impl<'a> Additional<'a> {
    /// What the client gave.
    pub(super) fn given(members: &'a [(String, Json)]) -> Result<Self, Failure> {
        let members =
            members.iter().map(|(name, json)| Ok((name.as_str(), Member::Given(raw(json.as_str())?))));
        members.collect::<Result<_, _>>().map(Self)
    }

    /// A member of ours. Where the client gave one of that name, it knows better: of objects the client's
    /// members stay and ours are put beside them. If something of ours is lost, `fields` are reported.
    pub(super) fn add(&mut self, name: &'static str, value: Value, fields: &[&str], dropped: &mut Dropped) {
        match self.0.iter_mut().find(|(given, _)| *given == name) {
            None => self.0.push((name, Member::Ours(value))),
            Some((_, member)) => {
                if let Merge::Clash = member.take_in(value) {
                    for field in fields {
                        dropped.note(field);
                    }
                }
            }
        }
    }

    /// A member of ours that other parts of the request were made to fit, so that the client's own
    /// of that name has to go, and is reported if it said something else.
    pub(super) fn replace(&mut self, name: &'static str, value: Value, dropped: &mut Dropped) {
        if self.0.iter().any(|(given, member)| *given == name && !member.says(&value)) {
            dropped.note(&format!("additional_model_request_fields.{name}"));
        }
        self.0.retain(|(given, _)| *given != name);
        self.0.push((name, Member::Ours(value)));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What becomes of a member of ours beside the client's.
enum Merge {
    /// All of it is there.
    Whole,
    /// The client says something else.
    Clash,
}

impl Member<'_> {
    fn says(&self, value: &Value) -> bool {
        match self {
            Self::Ours(ours) => ours == value,
            Self::Given(given) => is(given, value),
            Self::Merged(merged) => is(merged, value),
        }
    }

    fn take_in(&mut self, ours: Value) -> Merge {
        if self.says(&ours) {
            return Merge::Whole;
        }
        let Self::Given(raw) = self else { return Merge::Clash };
        let (Ok(Value::Object(given)), Value::Object(mut ours)) = (serde_json::from_str(raw.get()), ours)
        else {
            return Merge::Clash;
        };
        let is_whole = ours.iter().all(|(name, value)| given.get(name).is_none_or(|given| given == value));
        ours.retain(|name, _| !given.contains_key(name));
        if given.is_empty() {
            *self = Self::Ours(Value::Object(ours));
        } else if !ours.is_empty() {
            // The client's text stays as it is.
            let ours = Value::Object(ours).to_string();
            let begin = raw.get().trim_end().strip_suffix('}');
            let Some((begin, end)) = begin.zip(ours.strip_prefix('{')) else { return Merge::Clash };
            let Ok(merged) = RawValue::from_string(format!("{begin},{end}")) else { return Merge::Clash };
            *self = Self::Merged(merged);
        }
        if is_whole { Merge::Whole } else { Merge::Clash }
    }
}

fn is(raw: &RawValue, value: &Value) -> bool {
    serde_json::from_str::<Value>(raw.get()).is_ok_and(|given| given == *value)
}

impl Serialize for Additional<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, member)| (name, member)))
    }
}
