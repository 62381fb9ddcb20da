//! Items, written and read by the types of their attributes.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;

use super::super::StoreError;
use super::super::record::damaged;
use super::place::{EXPIRES_AT, Place};

/// What lies at a place. An empty one: nothing does.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Item(pub(super) HashMap<String, AttributeValue>);

impl Item {
    /// A new one, with its key.
    pub(super) fn at(place: &Place) -> Self {
        Self(place.attributes())
    }

    pub(super) fn with(mut self, name: &str, value: AttributeValue) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    pub(super) fn with_some(self, name: &str, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn maybe_text(&self, name: &str) -> Result<Option<&str>, StoreError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        value.as_s().map(|text| Some(text.as_str())).map_err(|_| wrong(name))
    }

    pub(super) fn text(&self, name: &str) -> Result<&str, StoreError> {
        self.maybe_text(name)?.ok_or_else(|| missing(name))
    }

    pub(super) fn maybe_number<T: FromStr>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        let text = value.as_n().map_err(|_| wrong(name))?;
        text.parse().map(Some).map_err(|_| wrong(name))
    }

    pub(super) fn number<T: FromStr>(&self, name: &str) -> Result<T, StoreError> {
        self.maybe_number(name)?.ok_or_else(|| missing(name))
    }

    pub(super) fn maybe_bytes(&self, name: &str) -> Result<Option<&[u8]>, StoreError> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        value.as_b().map(|blob| Some(blob.as_ref())).map_err(|_| wrong(name))
    }

    pub(super) fn bytes(&self, name: &str) -> Result<&[u8], StoreError> {
        self.maybe_bytes(name)?.ok_or_else(|| missing(name))
    }

    pub(super) fn maybe_time(&self, name: &str) -> Result<Option<Timestamp>, StoreError> {
        let milliseconds = self.maybe_number(name)?;
        milliseconds.map(Timestamp::from_millisecond).transpose().map_err(damaged)
    }

    pub(super) fn time(&self, name: &str) -> Result<Timestamp, StoreError> {
        self.maybe_time(name)?.ok_or_else(|| missing(name))
    }

    /// The text of an attribute that holds a list of texts as JSON.
    pub(super) fn list(&self, name: &str) -> Result<Vec<String>, StoreError> {
        serde_json::from_str(self.text(name)?).map_err(damaged)
    }
}

pub(super) fn text(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

pub(super) fn number(number: impl Display) -> AttributeValue {
    AttributeValue::N(format!("{number}"))
}

pub(super) fn bytes(bytes: impl Into<Vec<u8>>) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

pub(super) fn time(time: Timestamp) -> AttributeValue {
    number(time.as_millisecond())
}

/// When DynamoDB may remove what is of use until a time: not before, so a begun second is a whole one.
pub(super) fn removal(expires: Timestamp) -> (&'static str, AttributeValue) {
    (EXPIRES_AT, number(expires.as_second().saturating_add(1)))
}

fn missing(name: &str) -> StoreError {
    damaged(format!("an item has no `{name}`"))
}

fn wrong(name: &str) -> StoreError {
    damaged(format!("`{name}` of an item is of another kind"))
}
