//! Documents and cache points.

use std::collections::HashSet;

use crate::converse::request::{ContentBlock, Document, Request, Source, SystemBlock, Tool, ToolResultBlock};
use crate::error::ServiceError;

/// Documents in one request.
const MOST_DOCUMENTS: usize = 5;
/// Bytes in one document: 4.5 MB.
const LARGEST_DOCUMENT: usize = 4_500_000;
/// Cache points in one request.
const MOST_CACHE_POINTS: usize = 4;

pub(super) fn check(request: &Request) -> Result<(), ServiceError> {
    let mut names = HashSet::new();
    for message in &request.messages {
        let has_text = message.content.iter().any(|block| matches!(block, ContentBlock::Text(_)));
        for block in &message.content {
            match block {
                ContentBlock::Document(_) if !has_text => {
                    return Err(ServiceError::validation(
                        "A text block must be included when using documents.",
                    ));
                }
                ContentBlock::Document(document) => check_document(document, &mut names)?,
                ContentBlock::ToolResult(result) => {
                    for part in &result.content {
                        if let ToolResultBlock::Document(document) = part {
                            check_document(document, &mut names)?;
                        }
                    }
                }
                _ => {}
            }
        }
        let neighbours = message.content.iter().zip(message.content.iter().skip(1));
        // Recorded as refused for documents of text; the words are ours, none are recorded.
        if neighbours
            .into_iter()
            .any(|(block, next)| is_text_document(block) && matches!(next, ContentBlock::CachePoint { .. }))
        {
            return Err(ServiceError::model_refused(
                "a cachePoint must not follow a text document immediately",
            ));
        }
    }
    if names.len() > MOST_DOCUMENTS {
        return Err(ServiceError::validation(format!(
            "The number of documents exceeds the limit of {MOST_DOCUMENTS} documents per request."
        )));
    }
    let points = cache_points(request);
    if points > MOST_CACHE_POINTS {
        return Err(ServiceError::model_refused(format!(
            "A maximum of {MOST_CACHE_POINTS} blocks with cache_control may be provided. Found {points}."
        )));
    }
    Ok(())
}

fn check_document<'a>(document: &'a Document, names: &mut HashSet<&'a str>) -> Result<(), ServiceError> {
    if !is_document_name(&document.name) {
        return Err(ServiceError::validation(
            "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, \
             and square brackets. The name can't contain more than one consecutive whitespace character. \
             Check that the file name conforms to these restrictions and retry your request.",
        ));
    }
    if !names.insert(&document.name) {
        return Err(ServiceError::validation("The document file names in a request must be unique."));
    }
    if document.source.bytes() > LARGEST_DOCUMENT {
        return Err(ServiceError::validation("The size of a document exceeds the limit of 4.5 MB."));
    }
    Ok(())
}

/// Underscores are not in the list that the message gives, but the service takes them.
fn is_document_name(name: &str) -> bool {
    let allowed = |letter: char| {
        letter.is_ascii_alphanumeric() || letter.is_ascii_whitespace() || "-()[]_".contains(letter)
    };
    let mut pairs = name.chars().zip(name.chars().skip(1));
    name.chars().all(allowed) && !pairs.any(|(one, next)| one.is_whitespace() && next.is_whitespace())
}

fn is_text_document(block: &ContentBlock) -> bool {
    let ContentBlock::Document(document) = block else { return false };
    matches!(document.source, Source::Text(_))
        || matches!(document.format.as_deref(), Some("txt" | "md" | "csv" | "html"))
}

fn cache_points(request: &Request) -> usize {
    let tools = request.tool_config.iter().flat_map(|config| &config.tools);
    tools.filter(|tool| matches!(tool, Tool::CachePoint { .. })).count()
        + request.system().iter().filter(|block| matches!(block, SystemBlock::CachePoint { .. })).count()
        + request
            .messages
            .iter()
            .flat_map(|message| &message.content)
            .filter(|block| matches!(block, ContentBlock::CachePoint { .. }))
            .count()
}
