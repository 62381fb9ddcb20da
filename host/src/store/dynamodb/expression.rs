//! Conditions and updates. Every attribute and every value goes by a placeholder, so no name can be one of
//! DynamoDB's several hundred reserved words.

use std::collections::HashMap;
use std::fmt::Display;

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::number;

/// What has to be true of an item, and what changes then.
#[derive(Debug, Default)]
pub(super) struct Expression {
    names: HashMap<String, String>,
    values: HashMap<String, AttributeValue>,
    sets: Vec<String>,
    adds: Vec<String>,
    removes: Vec<String>,
    conditions: Vec<String>,
}

/// An expression as the SDK takes it.
pub(super) struct Parts {
    pub(super) update: Option<String>,
    pub(super) condition: Option<String>,
    pub(super) names: Option<HashMap<String, String>>,
    pub(super) values: Option<HashMap<String, AttributeValue>>,
}

impl Expression {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// That something has to be there.
    pub(super) fn exists() -> Self {
        Self::new().when("attribute_exists(@)", super::place::PK, [])
    }

    /// That nothing may be there.
    pub(super) fn is_new() -> Self {
        Self::new().when("attribute_not_exists(@)", super::place::PK, [])
    }

    /// A condition. `@` stands for the attribute, `$0`, `$1` and so on for the values. All conditions have
    /// to be true.
    pub(super) fn when<const N: usize>(
        mut self,
        condition: &str,
        attribute: &str,
        values: [AttributeValue; N],
    ) -> Self {
        let mut text = condition.replace('@', &self.name(attribute));
        for (place, value) in values.into_iter().enumerate() {
            text = text.replace(&format!("${place}"), &self.value(value));
        }
        self.conditions.push(format!("({text})"));
        self
    }

    /// Conditions of which one has to be true, each with up to one value.
    pub(super) fn when_any<const N: usize>(
        mut self,
        conditions: [(&str, &str, Option<AttributeValue>); N],
    ) -> Self {
        let texts = conditions.map(|(condition, attribute, value)| {
            let text = condition.replace('@', &self.name(attribute));
            value.map_or_else(|| text.clone(), |value| text.replace("$0", &self.value(value)))
        });
        self.conditions.push(format!("({})", texts.join(" OR ")));
        self
    }

    pub(super) fn set(mut self, attribute: &str, value: AttributeValue) -> Self {
        let set = format!("{} = {}", self.name(attribute), self.value(value));
        self.sets.push(set);
        self
    }

    /// Adds to a number, which is 0 if it is not there.
    pub(super) fn add(mut self, attribute: &str, by: impl Display) -> Self {
        let add = format!("{} {}", self.name(attribute), self.value(number(by)));
        self.adds.push(add);
        self
    }

    pub(super) fn remove(mut self, attribute: &str) -> Self {
        let name = self.name(attribute);
        self.removes.push(name);
        self
    }

    /// Whether it changes nothing.
    pub(super) fn is_idle(&self) -> bool {
        self.sets.is_empty() && self.adds.is_empty() && self.removes.is_empty()
    }

    pub(super) fn parts(self) -> Parts {
        let clauses = [("SET", self.sets), ("ADD", self.adds), ("REMOVE", self.removes)];
        let clauses = clauses.into_iter().filter(|(_, list)| !list.is_empty());
        let update: Vec<_> = clauses.map(|(word, list)| format!("{word} {}", list.join(", "))).collect();
        Parts {
            update: Some(update.join(" ")).filter(|text| !text.is_empty()),
            condition: Some(self.conditions.join(" AND ")).filter(|text| !text.is_empty()),
            names: Some(self.names).filter(|names| !names.is_empty()),
            values: Some(self.values).filter(|values| !values.is_empty()),
        }
    }

    /// An attribute has one placeholder, however often it is named.
    fn name(&mut self, attribute: &str) -> String {
        let known = self.names.iter().find(|(_, name)| *name == attribute).map(|(place, _)| place.clone());
        known.unwrap_or_else(|| {
            let place = format!("#a{}", self.names.len());
            self.names.insert(place.clone(), attribute.to_owned());
            place
        })
    }

    fn value(&mut self, value: AttributeValue) -> String {
        let place = format!(":v{}", self.values.len());
        self.values.insert(place.clone(), value);
        place
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_stand_for_themselves_nowhere() {
        let parts = Expression::new()
            .when("attribute_not_exists(@) OR @ < $0", "size", [number(7)])
            .when("@ BETWEEN $0 AND $1", "count", [number(1), number(2)])
            .add("size", 1)
            .set("ttl", number(5))
            .remove("name")
            .parts();
        assert_eq!(parts.update.as_deref(), Some("SET #a2 = :v4 ADD #a0 :v3 REMOVE #a3"));
        assert_eq!(
            parts.condition.as_deref(),
            Some("(attribute_not_exists(#a0) OR #a0 < :v0) AND (#a1 BETWEEN :v1 AND :v2)")
        );
        assert_eq!(parts.names.map(|names| names.len()), Some(4));
        assert!(Expression::new().parts().update.is_none());
    }
}
