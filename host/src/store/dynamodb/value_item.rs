//! A value of a plugin as an item: a number if it is one, so that it can be added to by one update.

use jiff::Timestamp;

use super::super::StoreError;
use super::expression::Expression;
use super::item::{Item, bytes, number, removal, time};
use super::place::{Place, SK, VALUE};

/// When the value is gone, in ms.
pub(super) const EXPIRES: &str = "expires";
/// The value, if it is a number as [`i64`] writes it.
pub(super) const NUMBER: &str = "number";
/// The value, if it is anything else.
const BYTES: &str = "value";

/// What a number counts in bytes, however many digits it has.
const NUMBER_BYTES: usize = 20;

/// What is under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Number(i64),
    Bytes(Vec<u8>),
}

impl Value {
    pub(super) fn of(bytes: Vec<u8>) -> Self {
        let number = std::str::from_utf8(&bytes).ok().and_then(|text| text.parse::<i64>().ok());
        match number {
            Some(number) if number.to_string().as_bytes() == bytes => Self::Number(number),
            _ => Self::Bytes(bytes),
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Number(number) => number.to_string().into_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }

    /// The number that it says, in whatever way.
    pub(super) fn number(&self) -> Option<i64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Bytes(bytes) => std::str::from_utf8(bytes).ok()?.parse().ok(),
        }
    }
}

pub(super) fn write(place: &Place, value: &Value, expires: Option<Timestamp>) -> Item {
    let item = match value {
        Value::Number(value) => Item::at(place).with(NUMBER, number(value)),
        Value::Bytes(value) => Item::at(place).with(BYTES, bytes(value.as_slice())),
    };
    match expires {
        Some(expires) => {
            let (expires_at, removal) = removal(expires);
            item.with(EXPIRES, time(expires)).with(expires_at, removal)
        }
        None => item,
    }
}

/// The value, if there is one and it is not gone yet.
pub(super) fn live(item: &Item, now: Timestamp) -> Result<Option<Value>, StoreError> {
    if item.is_empty() || item.maybe_time(EXPIRES)?.is_some_and(|expires| expires <= now) {
        return Ok(None);
    }
    Ok(Some(match item.maybe_number(NUMBER)? {
        Some(number) => Value::Number(number),
        None => Value::Bytes(item.bytes(BYTES)?.to_vec()),
    }))
}

/// What it counts in the quota, in bytes.
pub(super) fn size(item: &Item) -> Result<i64, StoreError> {
    let key = item.text(SK)?.len().saturating_sub(VALUE.len());
    let value = item.maybe_bytes(BYTES)?.map_or(NUMBER_BYTES, <[u8]>::len);
    Ok(i64::try_from(key.saturating_add(value)).unwrap_or(i64::MAX))
}

/// That an item is still as it was read.
pub(super) fn unchanged(item: &Item) -> Expression {
    if item.is_empty() {
        return Expression::is_new();
    }
    let mut same = Expression::new();
    for name in [NUMBER, BYTES, EXPIRES] {
        same = match item.0.get(name) {
            Some(value) => same.when("@ = $0", name, [value.clone()]),
            None => same.when("attribute_not_exists(@)", name, []),
        };
    }
    same
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_comes_back_byte_by_byte() {
        for (text, is_number) in [
            ("7", true),
            ("-3", true),
            ("07", false),
            ("+7", false),
            ("", false),
            ("99999999999999999999", false),
        ] {
            let value = Value::of(text.as_bytes().to_vec());
            assert_eq!(matches!(value, Value::Number(_)), is_number, "{text}");
            assert_eq!(value.into_bytes(), text.as_bytes());
        }
        assert_eq!(Value::of(b"07".to_vec()).number(), Some(7));
    }
}
