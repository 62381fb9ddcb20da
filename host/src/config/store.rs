//! Where keys, teams, limits and usage are kept, if not in the data folder.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::raw;

/// The name of a DynamoDB table.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct TableName(String);

/// Why a text is no name of a table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no name of a DynamoDB table: expected 3 to 255 letters, digits, `-`, `_` and `.`")]
pub struct InvalidTableName(String);

impl TableName {
    /// Takes what DynamoDB takes (API reference, `CreateTable`, `TableName`), but for ARNs.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidTableName> {
        let text = text.into();
        let fits = (3..=255).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if fits { Ok(Self(text)) } else { Err(InvalidTableName(text.chars().take(80).collect())) }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for TableName {
    type Err = InvalidTableName;

    fn from_str(text: &str) -> Result<Self, InvalidTableName> {
        Self::parse(text)
    }
}

impl TryFrom<String> for TableName {
    type Error = InvalidTableName;

    fn try_from(text: String) -> Result<Self, InvalidTableName> {
        Self::parse(text)
    }
}

/// The tables of a store in DynamoDB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tables {
    /// What must not be lost.
    pub table: TableName,
    /// Answers and sessions. Default: the name of the other one and `-cache`.
    pub cache_table: TableName,
    /// Where they are. Default: where the AWS environment says.
    pub region: Option<String>,
    /// Another address than Amazon's.
    pub endpoint: Option<String>,
}

impl Tables {
    /// The tables that go by a name.
    pub fn named(table: TableName) -> Self {
        let longest = table.0.get(..249).unwrap_or(&table.0);
        let cache_table = TableName(format!("{longest}-cache"));
        Self { table, cache_table, region: None, endpoint: None }
    }

    pub(super) fn of(raw: raw::Store) -> Self {
        let usual = Self::named(raw.table);
        Self {
            cache_table: raw.cache_table.unwrap_or_else(|| usual.cache_table.clone()),
            region: raw.region.map(|text| text.0),
            endpoint: raw.endpoint.map(|text| text.0),
            ..usual
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_name_is_one_that_dynamodb_takes() {
        for text in ["", "ab", "a b c", "arn:aws:dynamodb:us-east-1:1:table/x", "täble"] {
            assert!(TableName::parse(text).is_err(), "`{text}` was taken");
        }
        let tables = Tables::named(TableName::parse("adit").unwrap());
        assert_eq!(tables.cache_table.as_str(), "adit-cache");
        assert!(
            TableName::parse(Tables::named(TableName::parse("a".repeat(255)).unwrap()).cache_table.0).is_ok()
        );
    }
}
