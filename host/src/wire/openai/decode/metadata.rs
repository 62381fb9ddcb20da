//! `metadata`, and `requestMetadata`, which is Converse's own name for it.

use super::body::Body;
use super::dropped::Dropped;
use super::fault;
use super::members::Members;
use super::object::Text;
use crate::error::Failure;

/// Most entries that Bedrock takes (API reference, `Converse`, `requestMetadata`).
const MOST: usize = 16;

/// Reads both, the first name first. A value that is no string is left out and reported.
pub(super) fn decode(body: &Body<'_>, dropped: &mut Dropped) -> Result<Vec<(String, String)>, Failure> {
    let mut entries: Vec<(String, String)> = Vec::new();
    for field in ["metadata", "requestMetadata"] {
        let members: Members<'_> = body.read(field)?.unwrap_or_default();
        if members.0.len() + entries.len() > MOST {
            return Err(fault::invalid(field, "has to have at most 16 entries"));
        }
        for (key, raw) in members.0 {
            let value = serde_json::from_str::<Text<'_>>(raw.get()).ok();
            match value {
                Some(value) if entries.iter().all(|(known, _)| *known != key) => {
                    entries.push((key.into_owned(), value.into_string()));
                }
                _ => dropped.note(field),
            }
        }
    }
    Ok(entries)
}
