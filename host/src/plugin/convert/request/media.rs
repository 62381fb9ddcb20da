use bytes::Bytes;

use crate::chat::{Blob, Document, DocumentFormat, MediaType, Part, Request, ResultPart, Source};
use crate::plugin::bindings::adit::plugin::chat as wit;

/// An image or a document.
#[derive(Clone)]
pub(super) enum Medium {
    Image(Blob),
    Document(Document),
}

impl From<Medium> for Part {
    fn from(medium: Medium) -> Self {
        match medium {
            Medium::Image(image) => Self::Blob(image),
            Medium::Document(document) => Self::Document(document),
        }
    }
}

impl From<Medium> for ResultPart {
    fn from(medium: Medium) -> Self {
        match medium {
            Medium::Image(image) => Self::Blob(image),
            Medium::Document(document) => Self::Document(document),
        }
    }
}

/// The images and documents that a request had before a plugin saw it.
pub(super) struct Media {
    /// By their ids: those whose bytes are here, in reading order.
    here: Vec<Medium>,
    /// Those in S3.
    there: Vec<(String, Medium)>,
}

impl Media {
    pub(super) fn of(request: &Request) -> Self {
        let mut media = Self { here: Vec::new(), there: Vec::new() };
        let messages = request.messages.iter().flat_map(|message| &message.parts);
        for part in request.system.iter().chain(messages) {
            match part {
                Part::Blob(image) => media.add(&image.source, Medium::Image(image.clone())),
                Part::Document(document) => media.add(&document.source, Medium::Document(document.clone())),
                Part::ToolResult(result) => {
                    for part in &result.content {
                        match part {
                            ResultPart::Blob(image) => media.add(&image.source, Medium::Image(image.clone())),
                            ResultPart::Document(document) => {
                                media.add(&document.source, Medium::Document(document.clone()));
                            }
                            ResultPart::Text(_) | ResultPart::Remote(_) | ResultPart::CachePoint(_) => {}
                        }
                    }
                }
                Part::Text(_)
                | Part::Guarded(_)
                | Part::Remote(_)
                | Part::ToolUse(_)
                | Part::Reasoning(_)
                | Part::RedactedReasoning(_)
                | Part::CachePoint(_) => {}
            }
        }
        media
    }

    fn add(&mut self, source: &Source, medium: Medium) {
        match source {
            Source::Bytes(_) => self.here.push(medium),
            Source::S3(uri) => self.there.push((uri.clone(), medium)),
        }
    }

    /// What a plugin hands back. A document may have got another name; all else is as it was.
    pub(super) fn kept(&self, blob: wit::Blob) -> Result<Medium, String> {
        let wit::Blob { id, media_type: _, name, size: _ } = blob;
        let kept = usize::try_from(id).ok().and_then(|id| self.here.get(id));
        match kept.cloned() {
            Some(Medium::Document(document)) => Ok(Medium::Document(Document { name, ..document })),
            Some(image @ Medium::Image(_)) => Ok(image),
            None => Err(format!("there is no blob {id} in this request")),
        }
    }

    /// What Bedrock reads from S3 itself: a plugin may keep it, and name no other.
    pub(super) fn in_s3(&self, uri: &str) -> Result<Medium, String> {
        let kept = self.there.iter().find(|(known, _)| known == uri);
        kept.map(|(_, medium)| medium.clone())
            .ok_or_else(|| "an object in S3 that the request did not have".to_owned())
    }
}

/// What a plugin brings along.
pub(super) fn brought(data: wit::Data) -> Result<Medium, String> {
    let wit::Data { media_type, name, bytes } = data;
    if bytes.is_empty() {
        return Err("data without a byte".to_owned());
    }
    let mime = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if let Some(media_type) = MediaType::labelled(&mime) {
        return Ok(Medium::Image(Blob { media_type, source: Source::Bytes(Bytes::from(bytes)) }));
    }
    let Some(format) = DocumentFormat::labelled(&mime) else {
        return Err(
            "data of a media type that Bedrock takes neither as an image nor as a document".to_owned()
        );
    };
    if format.is_text() && std::str::from_utf8(&bytes).is_err() {
        return Err("a text document that is not UTF-8".to_owned());
    }
    Ok(Medium::Document(Document { name, format, source: Source::Bytes(Bytes::from(bytes)) }))
}
