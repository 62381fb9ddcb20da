//! Thoughts that come back: in each of the shapes in which clients keep them.
//!
//! A model takes its thoughts back only under its own seal, so what has no signature is left out,
//! as if the client had not kept it.

use super::data_url;
use super::fault;
use super::object::{Text, object};
use crate::chat::{Part, Reasoning};
use crate::error::Failure;

object! {
    /// One of `thinking_blocks`.
    pub(super) ThinkingBlock<'a> {
        kind: Text<'a> = "type",
        thinking: Text<'a> = "thinking",
        signature: Text<'a> = "signature",
        data: Text<'a> = "data",
    } ignores ["cache_control"]
}

/// Reads `thinking_blocks`, which stand at `path`.
pub(super) fn blocks(blocks: Vec<ThinkingBlock<'_>>, path: &str) -> Result<Vec<Part>, Failure> {
    let mut parts = Vec::with_capacity(blocks.len());
    for (place, block) in blocks.into_iter().enumerate() {
        let path = format!("{path}[{place}]");
        match block.kind.as_ref().map(Text::as_str) {
            Some("thinking") => parts.extend(sealed(block.thinking, block.signature)),
            Some("redacted_thinking") => {
                let path = format!("{path}.data");
                let data = block.data.ok_or_else(|| fault::missing(&path, "base64"))?;
                parts.push(redacted(&data, &path)?);
            }
            _ => {
                return Err(fault::invalid(
                    &format!("{path}.type"),
                    "has to be `thinking` or `redacted_thinking`",
                ));
            }
        }
    }
    Ok(parts)
}

/// A thought with its seal; none without one. A seal alone is kept: some models show nothing else.
pub(super) fn sealed(text: Option<Text<'_>>, signature: Option<Text<'_>>) -> Option<Part> {
    let signature = signature.filter(|signature| !signature.is_blank())?.into_string();
    let text = text.map(Text::into_string).unwrap_or_default();
    Some(Part::Reasoning(Reasoning { text, signature: Some(signature) }))
}

/// A thought that only the model can read, in base64 that stands at `path`.
pub(super) fn redacted(data: &Text<'_>, path: &str) -> Result<Part, Failure> {
    data_url::canonical(data.as_str())
        .map(Part::RedactedReasoning)
        .ok_or_else(|| fault::invalid(path, "holds broken base64"))
}

/// The text behind an echoed `<think>...</think>` at its start: some clients keep an answer together
/// with the thoughts that they showed in it.
pub(super) fn behind_echo(text: &str) -> &str {
    let echoed = text.trim_start().strip_prefix("<think>").and_then(|rest| rest.split_once("</think>"));
    echoed.map_or(text, |(_, rest)| rest.trim_start())
}
