//! `metadata`, and `requestMetadata`, which is Converse's own name for it.

use super::body::Body;
use super::dropped::Dropped;
use super::fault;
use super::members::Members;
use super::object::Text;
use crate::error::Failure;

/// Most entries that Bedrock takes (API reference, `Converse`, `requestMetadata`).
const MOST: usize = 16;
/// Longest key and longest value, in characters.
const MOST_CHARACTERS: usize = 256;

/// Reads both, the first name first. An entry that Bedrock would refuse is left out and reported.
pub(super) fn decode(body: &Body<'_>, dropped: &mut Dropped) -> Result<Vec<(String, String)>, Failure> {
    let mut entries: Vec<(String, String)> = Vec::new();
    for field in ["metadata", "requestMetadata"] {
        let members: Members<'_> = body.read(field)?.unwrap_or_default();
        if members.0.len() + entries.len() > MOST {
            return Err(fault::invalid(field, "has to have at most 16 entries"));
        }
        for (key, raw) in members.0 {
            let value = serde_json::from_str::<Text<'_>>(raw.get()).ok();
            match value.filter(|value| !key.is_empty() && fits(&key) && fits(value.as_str())) {
                Some(value) if entries.iter().all(|(known, _)| *known != key) => {
                    entries.push((key.into_owned(), value.into_string()));
                }
                _ => dropped.note(field),
            }
        }
    }
    Ok(entries)
}

/// Whether Bedrock takes the text as a key or a value: `[a-zA-Z0-9\s:_@$#=/+,-.]{0,256}`.
fn fits(text: &str) -> bool {
    text.len() <= MOST_CHARACTERS
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric()
                || byte.is_ascii_whitespace()
                || byte == 0x0b
                || b":_@$#=/+,-.".contains(&byte)
        })
}
