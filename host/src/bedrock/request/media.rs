//! Images and documents, and what a model takes of them.

use std::collections::HashSet;

use crate::capability::{Capabilities, Support};
use crate::chat;
use crate::chat::{Blob, DocumentFormat};
use crate::error::Failure;

use super::body::{Base64, Block, Document, Image, Source};

/// The longest name, in characters (API reference, `DocumentBlock`).
const LONGEST_NAME: usize = 200;

/// The images and documents of one request.
pub(super) struct Media<'c> {
    capabilities: &'c Capabilities,
    /// Bedrock wants all documents of a request to differ in their names.
    names: HashSet<String>,
}

impl<'c> Media<'c> {
    pub(super) fn new(capabilities: &'c Capabilities) -> Self {
        Self { capabilities, names: HashSet::new() }
    }

    pub(super) fn image<'a>(&self, blob: &'a Blob) -> Result<Block<'a>, Failure> {
        let format = blob.media_type;
        let taken = &self.capabilities.images;
        if taken.is_empty() {
            return Err(refused("the model does not see images"));
        }
        if !taken.contains(&format) {
            let taken: Vec<_> = taken.iter().map(|format| format.as_str()).collect();
            return Err(refused(format!(
                "the model sees images of these formats alone: {}",
                taken.join(", ")
            )));
        }
        Ok(Block::Image(Image { format: format.as_str(), source: self.source(&blob.source)? }))
    }

    pub(super) fn document<'a>(&mut self, document: &'a chat::Document) -> Result<Block<'a>, Failure> {
        let Some(limits) = self.capabilities.documents else {
            return Err(refused("the model does not read documents: send their text"));
        };
        if self.names.len() >= usize::from(limits.max_count) {
            return Err(refused(format!("a request may have at most {} documents", limits.max_count)));
        }
        if let (chat::Source::Bytes(bytes), Some(most)) = (&document.source, limits.max_bytes)
            && u64::try_from(bytes.len()).is_ok_and(|length| length > u64::from(most))
        {
            return Err(refused(format!("a document may have at most {most} bytes")));
        }
        let format = ending(document.format);
        let name = self.unlike_others(&tidied(document.name.as_deref().unwrap_or_default(), format));
        Ok(Block::Document(Document { format, name, source: self.source(&document.source)? }))
    }

    fn source<'a>(&self, source: &'a chat::Source) -> Result<Source<'a>, Failure> {
        match source {
            chat::Source::Bytes(bytes) => Ok(Source::Bytes(Base64(bytes))),
            chat::Source::S3(uri) if self.capabilities.s3_media == Support::Accepted => {
                Ok(Source::S3Location { uri })
            }
            chat::Source::S3(_) => {
                Err(refused("the model does not read from S3: send images and documents as data URLs"))
            }
        }
    }

    fn unlike_others(&mut self, tidied: &str) -> String {
        let mut name = tidied.to_owned();
        let mut number = 2;
        while !self.names.insert(name.clone()) {
            let ending = format!(" [{number}]");
            let kept: String = tidied.chars().take(LONGEST_NAME - ending.len()).collect();
            name = format!("{}{ending}", kept.trim_end());
            number += 1;
        }
        name
    }
}

/// A name of the letters that Bedrock takes: alphanumerics, single spaces, hyphens, parentheses and
/// square brackets (API reference, `DocumentBlock`). The ending is left out, as the format says it.
fn tidied(name: &str, format: &str) -> String {
    let stem = match name.rsplit_once('.') {
        Some((stem, ending)) if ending.eq_ignore_ascii_case(format) => stem,
        _ => name,
    };
    let is_taken = |character: &char| character.is_ascii_alphanumeric() || "-()[]".contains(*character);
    let spaced: String =
        stem.chars().map(|character| if is_taken(&character) { character } else { ' ' }).collect();
    let words: Vec<_> = spaced.split_whitespace().collect();
    let name: String = words.join(" ").chars().take(LONGEST_NAME).collect();
    if name.is_empty() { "document".to_owned() } else { name.trim_end().to_owned() }
}

fn ending(format: DocumentFormat) -> &'static str {
    match format {
        DocumentFormat::Pdf => "pdf",
        DocumentFormat::Csv => "csv",
        DocumentFormat::Doc => "doc",
        DocumentFormat::Docx => "docx",
        DocumentFormat::Xls => "xls",
        DocumentFormat::Xlsx => "xlsx",
        DocumentFormat::Html => "html",
        DocumentFormat::Txt => "txt",
        DocumentFormat::Md => "md",
    }
}

fn refused(message: impl Into<String>) -> Failure {
    Failure::invalid("messages", message).with_code("unsupported_parameter")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_named_as_bedrock_takes_it() {
        let long = "x".repeat(300);
        let table = [
            ("report.pdf", "report"),
            ("a.b report.PDF", "a b report"),
            ("report.txt", "report txt"),
            ("  Jahresbericht/2025 \t (fertig) [1]-ä.pdf", "Jahresbericht 2025 (fertig) [1]-"),
            (".pdf", "document"),
            ("", "document"),
            (&long, &long[..200]),
        ];
        for (name, expected) in table {
            assert_eq!(tidied(name, "pdf"), expected);
        }
    }

    #[test]
    fn no_two_documents_have_the_same_name() {
        let capabilities = Capabilities::default();
        let mut media = Media::new(&capabilities);
        let mut next = |name: &str| media.unlike_others(name);
        assert_eq!((next("a"), next("a"), next("a [2]")), ("a".into(), "a [2]".into(), "a [2] [2]".into()));
        let long = "x".repeat(200);
        assert_eq!((next(&long).len(), next(&long).len()), (200, 200));
    }
}
