//! TOML that people write: read, or refused with the line at fault.

use serde::de::DeserializeOwned;

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct TomlFault {
    /// Where, from 1.
    pub line: usize,
    /// What, on one line.
    pub message: String,
}

/// Reads a text. What is missing as a whole is a fault of line 1.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, TomlFault> {
    toml::from_str(text).map_err(|fault| TomlFault {
        line: fault
            .span()
            .map_or(1, |span| 1 + text.bytes().take(span.start).filter(|byte| *byte == b'\n').count()),
        message: fault.message().split_whitespace().collect::<Vec<_>>().join(" "),
    })
}
