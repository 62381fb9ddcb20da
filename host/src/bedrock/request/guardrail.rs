//! The key's guardrail, and what of the prompt it looks at.
//!
//! Without a mark a guardrail looks at all messages again with every call, so one bad turn would block
//! all that follow. So the newest words of the user are marked (`guardContent`), and nothing else is
//! looked at. Where the newest turn holds results of tools alone, these are the words that the model
//! has been working on since: they have passed before. Bedrock has no mark for results of tools and for
//! documents; no guardrail looks into them.

use crate::capability::{Capabilities, Support};
use crate::chat::{Delivery, GuardedText, Guardrail, GuardrailMode, GuardrailTrace, Qualifier, Request};
use crate::error::{Failure, Kind};

use super::body::{Block, GuardContent, GuardText, GuardrailConfig, Image, Source, Turn};

/// `guardrailConfig`. A model that takes none is refused: a policy is never left out silently.
pub(super) fn config<'a>(
    request: &'a Request,
    capabilities: &Capabilities,
) -> Result<Option<GuardrailConfig<'a>>, Failure> {
    let Some(Guardrail { id, version, trace, mode }) = &request.guardrail else { return Ok(None) };
    if capabilities.guardrails == Support::Refused {
        let message = "the key's guardrail cannot check this model; choose another model";
        return Err(Failure::new(Kind::ModelNotAllowed, message).with_param("model"));
    }
    Ok(Some(GuardrailConfig {
        guardrail_identifier: id,
        guardrail_version: version,
        trace: match trace {
            GuardrailTrace::Disabled => None,
            GuardrailTrace::Enabled => Some("enabled"),
        },
        stream_processing_mode: match (request.delivery, mode) {
            (Delivery::Whole, _) => None,
            (Delivery::Streamed, GuardrailMode::Sync) => Some("sync"),
            (Delivery::Streamed, GuardrailMode::Async) => Some("async"),
        },
    }))
}

/// What the client marked itself. It can say what else a text is, such as a source to rest on, but not
/// that it is nothing to check: the guardrail is the operator's.
pub(super) fn content(guarded: &GuardedText) -> Block<'_> {
    let said = guarded.qualifiers.iter().filter_map(|qualifier| match qualifier {
        Qualifier::GroundingSource => Some("grounding_source"),
        Qualifier::Query => Some("query"),
        Qualifier::GuardContent => None,
    });
    let qualifiers = said.chain([CHECKED]).collect();
    Block::GuardContent(GuardContent::Text(GuardText { text: guarded.text.as_str().into(), qualifiers }))
}

/// A text to check.
const CHECKED: &str = "guard_content";

/// Marks the newest words of the user, and the images among them. An image that no guardrail can see
/// is refused: it would pass unchecked.
pub(super) fn mark_newest(turns: &mut [Turn<'_>]) -> Result<(), Failure> {
    let speaks =
        |turn: &&mut Turn<'_>| turn.role == "user" && turn.content.iter().any(|block| is_said(block));
    let Some(newest) = turns.iter_mut().rev().find(speaks) else { return Ok(()) };
    for block in std::mem::take(&mut newest.content) {
        newest.content.push(match block {
            Block::Text(text) => {
                Block::GuardContent(GuardContent::Text(GuardText { text, qualifiers: vec![CHECKED] }))
            }
            Block::Image(image) if is_taken(&image) => Block::GuardContent(GuardContent::Image(image)),
            Block::Image(_) => {
                let message = "the key's guardrail checks png and jpeg images alone: send one of these, in the \
                               request itself";
                return Err(Failure::invalid("messages", message).with_code("unsupported_parameter"));
            }
            block => block,
        });
    }
    Ok(())
}

fn is_said(block: &Block<'_>) -> bool {
    matches!(block, Block::Text(_) | Block::GuardContent(_) | Block::Image(_))
}

/// API reference, `GuardrailConverseImageBlock`.
fn is_taken(image: &Image<'_>) -> bool {
    matches!(image.format, "png" | "jpeg") && matches!(image.source, Source::Bytes(_))
}
