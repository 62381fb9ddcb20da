//! The conversation.

use crate::bedrock::request::Dropped;
use crate::chat::{
    Blob, Document, DocumentFormat, MediaType, Message as Turn, Part, ResultPart, Role, Source, ToolResult,
};
use crate::error::Failure;

use super::body::{Call, Called, Content, DataUrl, File, ImageUrl, Message, Piece};
use super::internal;

/// What a tool's result says whose content is an image or a document alone.
const BESIDE: &str = "The output follows.";

/// The instructions, a message each.
pub(super) fn system<'a>(
    parts: &'a [Part],
    dropped: &mut Dropped,
) -> Result<impl Iterator<Item = Message<'a>> + use<'a>, Failure> {
    let pieces = pieces("system", parts, dropped)?;
    Ok(pieces.into_iter().map(|piece| Message::System { content: content(vec![piece]) }))
}

/// A turn: the results of tools are messages of their own, and come first.
pub(super) fn turn<'a>(
    turn: &'a Turn,
    position: usize,
    dropped: &mut Dropped,
    to: &mut Vec<Message<'a>>,
) -> Result<(), Failure> {
    let path = format!("messages[{position}].content");
    match turn.role {
        Role::User => user(&turn.parts, &path, dropped, to),
        Role::Assistant => {
            to.push(assistant(&turn.parts, &path, dropped)?);
            Ok(())
        }
    }
}

fn user<'a>(
    parts: &'a [Part],
    path: &str,
    dropped: &mut Dropped,
    to: &mut Vec<Message<'a>>,
) -> Result<(), Failure> {
    let mut beside = Vec::new();
    for part in parts {
        if let Part::ToolResult(given) = part {
            to.push(result(given, path, dropped, &mut beside)?);
        }
    }
    beside.extend(pieces(path, parts, dropped)?);
    if !beside.is_empty() {
        to.push(Message::User { content: content(beside) });
    }
    Ok(())
}

/// A result can only be text; images and documents go into the user's message after it.
fn result<'a>(
    result: &'a ToolResult,
    path: &str,
    dropped: &mut Dropped,
    beside: &mut Vec<Piece<'a>>,
) -> Result<Message<'a>, Failure> {
    let mut inside = Vec::new();
    let before = beside.len();
    for part in &result.content {
        match part {
            ResultPart::Text(text) => inside.push(Piece::Text { text }),
            ResultPart::Blob(blob) => beside.push(image(blob, path)?),
            ResultPart::Document(given) => beside.push(document(given, path)?),
            ResultPart::CachePoint(_) => dropped.note("cache_control"),
            ResultPart::Remote(_) => return Err(internal()),
        }
    }
    if inside.is_empty() && beside.len() > before {
        inside.push(Piece::Text { text: BESIDE });
    }
    Ok(Message::Tool { tool_call_id: &result.tool_use_id, content: content(inside) })
}

fn assistant<'a>(parts: &'a [Part], path: &str, dropped: &mut Dropped) -> Result<Message<'a>, Failure> {
    let calls = parts.iter().filter_map(|part| match part {
        Part::ToolUse(call) => Some(Call::Function {
            id: &call.id,
            function: Called { name: &call.name, arguments: call.input.as_str() },
        }),
        _ => None,
    });
    let tool_calls: Vec<_> = calls.collect();
    let said = pieces(path, parts, dropped)?;
    let content = (!said.is_empty() || tool_calls.is_empty()).then(|| content(said));
    Ok(Message::Assistant { content, tool_calls })
}

/// All that is said and shown. The endpoint does not take thinking back, nor does OpenAI's own.
fn pieces<'a>(path: &str, parts: &'a [Part], dropped: &mut Dropped) -> Result<Vec<Piece<'a>>, Failure> {
    let mut pieces = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Part::Text(text) => pieces.push(Piece::Text { text }),
            Part::Guarded(guarded) => {
                if !guarded.qualifiers.is_empty() {
                    dropped.note("messages[].content[].qualifiers");
                }
                pieces.push(Piece::Text { text: &guarded.text });
            }
            Part::Blob(blob) => pieces.push(image(blob, path)?),
            Part::Document(given) => pieces.push(document(given, path)?),
            Part::CachePoint(_) => dropped.note("cache_control"),
            Part::ToolUse(_) | Part::ToolResult(_) | Part::Reasoning(_) | Part::RedactedReasoning(_) => {}
            Part::Remote(_) => return Err(internal()),
        }
    }
    Ok(pieces)
}

/// Text alone is written as a string, which all models take.
fn content(mut pieces: Vec<Piece<'_>>) -> Content<'_> {
    match (pieces.pop(), pieces.is_empty()) {
        (None, _) => Content::Text(""),
        (Some(Piece::Text { text }), true) => Content::Text(text),
        (Some(last), _) => {
            pieces.push(last);
            Content::Pieces(pieces)
        }
    }
}

fn image<'a>(blob: &'a Blob, path: &str) -> Result<Piece<'a>, Failure> {
    let media_type = match blob.media_type {
        MediaType::Png => "image/png",
        MediaType::Jpeg => "image/jpeg",
        MediaType::Gif => "image/gif",
        MediaType::Webp => "image/webp",
    };
    let url = DataUrl { media_type, bytes: bytes(&blob.source, path)? };
    Ok(Piece::ImageUrl { image_url: ImageUrl { url } })
}

fn document<'a>(document: &'a Document, path: &str) -> Result<Piece<'a>, Failure> {
    let (ending, media_type) = match document.format {
        DocumentFormat::Pdf => ("pdf", "application/pdf"),
        DocumentFormat::Csv => ("csv", "text/csv"),
        DocumentFormat::Doc => ("doc", "application/msword"),
        DocumentFormat::Docx => {
            ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
        }
        DocumentFormat::Xls => ("xls", "application/vnd.ms-excel"),
        DocumentFormat::Xlsx => ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        DocumentFormat::Html => ("html", "text/html"),
        DocumentFormat::Txt => ("txt", "text/plain"),
        DocumentFormat::Md => ("md", "text/markdown"),
    };
    let file_data = DataUrl { media_type, bytes: bytes(&document.source, path)? };
    // Without a name the endpoint cannot know the file's format.
    let filename = document.name.as_deref().map_or_else(|| format!("document.{ending}").into(), Into::into);
    Ok(Piece::File { file: File { filename, file_data } })
}

fn bytes<'a>(source: &'a Source, path: &str) -> Result<&'a [u8], Failure> {
    match source {
        Source::Bytes(bytes) => Ok(bytes),
        Source::S3(_) => Err(Failure::invalid(
            path,
            "this model reads nothing from S3; send the file itself, as a data URL",
        )),
    }
}
