//! TOML that people write: read, or refused with the line and the value at fault.

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
    let document = toml::Deserializer::parse(text).map_err(|fault| fault_of(text, &fault, ""))?;
    serde_path_to_error::deserialize(document).map_err(|fault| {
        let path = fault.path().to_string();
        fault_of(text, fault.inner(), &path)
    })
}

/// A fault at a path such as `bedrock.max_attempts`.
fn fault_of(text: &str, fault: &toml::de::Error, path: &str) -> TomlFault {
    let mut message = fault.message().split_whitespace().collect::<Vec<_>>().join(" ");
    // A name that is unknown is in the message already.
    let name = path.rsplit('.').next().unwrap_or(path);
    if !matches!(name, "" | "?") && !message.contains(&format!("`{name}`")) {
        message.extend([" (at `", path, "`)"]);
    }
    let line =
        fault.span().map_or(0, |span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count());
    TomlFault { line: 1 + line, message }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use std::collections::BTreeMap;
    use std::num::NonZeroU8;

    use super::*;

    #[test]
    fn a_fault_names_the_line_and_the_value() {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            #[serde(rename = "list")]
            _list: Vec<NonZeroU8>,
        }
        for (text, fault) in [
            (
                "\n[a]\nlist = [1,\n0]",
                "line 4: invalid value: integer `0`, expected a nonzero u8 (at `a.list[1]`)",
            ),
            ("[a]\nlist = 1", "line 2: invalid type: integer `1`, expected a sequence (at `a.list`)"),
            ("[a]\nlust = 1", "line 2: unknown field `lust`, expected `list`"),
            ("[a]", "line 1: missing field `list` (at `a`)"),
        ] {
            assert_eq!(read::<BTreeMap<String, Table>>(text).unwrap_err().to_string(), fault);
        }
        assert!(read::<BTreeMap<String, Table>>("\n[a").unwrap_err().to_string().starts_with("line 2: "));
    }
}
