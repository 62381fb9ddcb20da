//! Members of the model's own interface: what a client gives under one of these names is sent as it
//! is. No other unknown member is, so that a slip of the pen never reaches a model.

use std::borrow::Cow;
use std::collections::HashSet;

use super::body::Body;
use super::fault;
use super::members::Members;
use super::object::Text;
use super::one_or_many::OneOrMany;
use crate::chat::Json;
use crate::error::Failure;

/// The names of the object whose members are sent: as Python clients and as AWS write it.
const OBJECTS: [&str; 2] = ["additional_model_request_fields", "additionalModelRequestFields"];
/// Most members of one such object.
const MOST: usize = 10_000;
/// Betas of Anthropic's that the client wants.
const BETA: &str = "anthropic_beta";

/// Reads the members of `additional_model_request_fields`, and `anthropic_beta`.
pub(super) fn decode(body: &Body<'_>) -> Result<Vec<(String, Json)>, Failure> {
    let mut additional = Given::default();
    for object in OBJECTS {
        let members: Members<'_> = body.read(object)?.unwrap_or_default();
        if members.0.len() > MOST {
            return Err(fault::invalid(object, "must have at most 10000 members"));
        }
        for (name, raw) in members.0 {
            let value = Json::parse(raw.get()).ok_or_else(|| {
                fault::invalid(object, "has to hold valid Unicode, at most 128 levels deep")
            })?;
            additional.add(name, value, object)?;
        }
    }
    if let Some(betas) = body.read::<OneOrMany<'_, Text<'_>>>(BETA)? {
        let betas: Vec<String> = match betas {
            OneOrMany::One(list) => list.as_str().split(',').map(|beta| beta.trim().to_owned()).collect(),
            OneOrMany::Many(betas) => betas.into_iter().map(Text::into_string).collect(),
        };
        let betas: Vec<String> = betas.into_iter().filter(|beta| !beta.is_empty()).collect();
        if !betas.is_empty() {
            let value = Json::from_checked(serde_json::Value::from(betas).to_string());
            additional.add(Cow::Borrowed(BETA), value, BETA)?;
        }
    }
    Ok(additional.members)
}

/// What the model is given, each name once.
#[derive(Default)]
struct Given {
    members: Vec<(String, Json)>,
    names: HashSet<String>,
}

impl Given {
    fn add(&mut self, name: Cow<'_, str>, value: Json, field: &str) -> Result<(), Failure> {
        let name = name.into_owned();
        if !self.names.insert(name.clone()) {
            return Err(fault::invalid(field, "gives the model a member that it has been given already"));
        }
        self.members.push((name, value));
        Ok(())
    }
}
