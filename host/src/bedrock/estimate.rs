//! How many tokens a prompt may have, before anybody has counted them.

use crate::chat::{Document, DocumentFormat, Part, Request, ResultPart, Source};

/// Bytes of English in a token, about. Other languages and code have fewer.
const BYTES_A_TOKEN: usize = 4;

/// Of an image with a megapixel, about (Claude: width times height by 750).
const TOKENS_AN_IMAGE: u64 = 1500;

/// Of a document that is not text, or lies elsewhere: a page of it, read as text and as an image.
const TOKENS_A_DOCUMENT: u64 = 3000;

/// Tokens of a prompt, by estimate: a quarter of the bytes of its text, and as much for each image
/// and document as one of usual size has.
pub(super) fn input_tokens(request: &Request) -> u64 {
    let mut prompt = Prompt::default();
    let messages = request.messages.iter().flat_map(|message| &message.parts);
    request.system.iter().chain(messages).for_each(|part| prompt.part(part));
    for tool in &request.tools {
        prompt.text(&tool.name);
        prompt.text(tool.description.as_deref().unwrap_or_default());
        prompt.text(tool.input_schema.as_str());
    }
    prompt.tokens.saturating_add(tokens(prompt.bytes))
}

#[derive(Default)]
struct Prompt {
    bytes: usize,
    tokens: u64,
}

impl Prompt {
    fn text(&mut self, text: &str) {
        self.bytes = self.bytes.saturating_add(text.len());
    }

    fn part(&mut self, part: &Part) {
        match part {
            Part::Text(text) => self.text(text),
            Part::Guarded(guarded) => self.text(&guarded.text),
            Part::Blob(_) => self.tokens += TOKENS_AN_IMAGE,
            Part::Document(document) => self.document(document),
            Part::ToolUse(call) => {
                self.text(&call.name);
                self.text(call.input.as_str());
            }
            Part::ToolResult(result) => {
                for part in &result.content {
                    match part {
                        ResultPart::Text(text) => self.text(text),
                        ResultPart::Blob(_) => self.tokens += TOKENS_AN_IMAGE,
                        ResultPart::Document(document) => self.document(document),
                        ResultPart::Remote(_) | ResultPart::CachePoint(_) => {}
                    }
                }
            }
            Part::Reasoning(reasoning) => self.text(&reasoning.text),
            Part::RedactedReasoning(data) => self.text(data),
            // None is left when a call is written.
            Part::Remote(_) | Part::CachePoint(_) => {}
        }
    }

    fn document(&mut self, document: &Document) {
        use DocumentFormat::{Csv, Html, Md, Txt};
        match (&document.source, document.format) {
            (Source::Bytes(bytes), Csv | Html | Md | Txt) => {
                self.bytes = self.bytes.saturating_add(bytes.len());
            }
            _ => self.tokens += TOKENS_A_DOCUMENT,
        }
    }
}

/// Of a text with so many bytes.
pub(super) fn tokens(bytes: usize) -> u64 {
    u64::try_from(bytes.div_ceil(BYTES_A_TOKEN)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Blob, MediaType, Message, Role};

    fn estimate(parts: Vec<Part>) -> u64 {
        input_tokens(&Request::new("m", vec![Message { role: Role::User, parts }]))
    }

    fn document(format: DocumentFormat) -> Part {
        Part::Document(Document { name: None, format, source: Source::Bytes(vec![b'x'; 400].into()) })
    }

    #[test]
    fn counts_text_by_its_bytes_and_the_rest_by_its_number() {
        let image =
            Part::Blob(Blob { media_type: MediaType::Png, source: Source::Bytes(bytes::Bytes::new()) });
        assert_eq!(estimate(vec![]), 0);
        assert_eq!(estimate(vec![Part::Text("x".to_owned())]), 1);
        assert_eq!(estimate(vec![Part::Text("four".to_owned()), Part::Text("fours".to_owned())]), 3);
        assert_eq!(estimate(vec![image, Part::Text("four".to_owned())]), 1501);
        assert_eq!(estimate(vec![document(DocumentFormat::Txt)]), 100);
        assert_eq!(estimate(vec![document(DocumentFormat::Pdf)]), 3000);
    }
}
