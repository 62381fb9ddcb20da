//! `content`: a string, or a list of parts.

use serde::de::IgnoredAny;

use super::cache::{self, Breakpoint, CacheControl};
use super::document::{self, RawDocument};
use super::dropped::Dropped;
use super::object::{Text, object};
use super::one_or_many::OneOrMany;
use super::{fault, image, reasoning};
use crate::chat::{CacheTtl, GuardedText, Part, Qualifier, ResultPart};
use crate::error::Failure;

/// As it came.
pub(super) type Content<'a> = OneOrMany<'a, RawPart<'a>>;

object! {
    /// A part of `content`. Which member counts, its `type` says.
    pub(super) RawPart<'a> {
        kind: Text<'a> = "type",
        text: Text<'a> = "text",
        refusal: Text<'a> = "refusal",
        image_url: ImageUrl<'a> = "image_url",
        file: RawDocument<'a> = "file",
        input_audio: IgnoredAny = "input_audio",
        qualifiers: Vec<Text<'a>> = "qualifiers",
        thinking: Text<'a> = "thinking",
        signature: Text<'a> = "signature",
        redacted_content: Text<'a> = "redactedContent",
        data: Text<'a> = "data",
        cache_control: CacheControl<'a> = "cache_control",
        breakpoint: Breakpoint<'a> = "prompt_cache_breakpoint",
    } ignores ["annotations"]
}

object! {
    /// `image_url`
    pub(super) ImageUrl<'a> {
        url: Text<'a> = "url",
        detail: Text<'a> = "detail",
    } ignores ["format"]
}

/// Who speaks, and so what the parts may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    /// Whoever instructs: text.
    Instructor,
    /// The user: text, guarded text, images and documents.
    User,
    /// The model: text and its thoughts.
    Assistant,
    /// A tool: text, images and documents.
    Tool,
}

/// A part that is worth sending: text is never blank, because Bedrock refuses that.
#[derive(Debug)]
pub(super) enum Piece {
    /// What a tool could say too, or the mark behind it.
    Plain(ResultPart),
    /// Text for a guardrail.
    Guarded(GuardedText),
    /// A thought of the model's.
    Thought(Part),
}

impl From<Piece> for Part {
    fn from(piece: Piece) -> Self {
        match piece {
            Piece::Plain(part) => part_of(part),
            Piece::Guarded(text) => Self::Guarded(text),
            Piece::Thought(part) => part,
        }
    }
}

/// What a tool says, said by somebody else.
pub(super) fn part_of(part: ResultPart) -> Part {
    match part {
        ResultPart::Text(text) => Part::Text(text),
        ResultPart::Blob(blob) => Part::Blob(blob),
        ResultPart::Document(document) => Part::Document(document),
        ResultPart::Remote(remote) => Part::Remote(remote),
        ResultPart::CachePoint(ttl) => Part::CachePoint(ttl),
    }
}

/// Reads the contents of a request's messages.
pub(super) struct Reader<'a> {
    /// What is left out.
    pub(super) dropped: &'a mut Dropped,
    /// How long what a `prompt_cache_breakpoint` marks is kept.
    pub(super) breakpoint: CacheTtl,
}

impl Reader<'_> {
    /// Reads `content`, which stands at `path`.
    pub(super) fn pieces(
        &mut self,
        content: Content<'_>,
        path: &str,
        speaker: Speaker,
    ) -> Result<Vec<Piece>, Failure> {
        match content {
            OneOrMany::One(text) => Ok(text_piece(text).into_iter().collect()),
            OneOrMany::Many(parts) => {
                let mut pieces = Vec::with_capacity(parts.len());
                for (place, part) in parts.into_iter().enumerate() {
                    let path = format!("{path}[{place}]");
                    let mark = self.mark(&part, &path)?;
                    pieces.extend(self.piece(part, &path, speaker)?);
                    // A mark stands behind what it marks.
                    if let Some(ttl) = mark.filter(|_| !pieces.is_empty()) {
                        pieces.push(Piece::Plain(ResultPart::CachePoint(ttl)));
                    }
                }
                Ok(pieces)
            }
        }
    }

    fn mark(&self, part: &RawPart<'_>, path: &str) -> Result<Option<CacheTtl>, Failure> {
        if let Some(breakpoint) = &part.breakpoint {
            cache::check_breakpoint(breakpoint, path)?;
        }
        match &part.cache_control {
            Some(control) => cache::control(control, path).map(Some),
            None => Ok(part.breakpoint.as_ref().map(|_| self.breakpoint)),
        }
    }

    /// Reads one part; none if there is nothing in it to send.
    fn piece(&mut self, part: RawPart<'_>, path: &str, speaker: Speaker) -> Result<Option<Piece>, Failure> {
        let kind = part.kind.ok_or_else(|| fault::missing(&format!("{path}.type"), expected(speaker)))?;
        self.dropped.note_unknown("messages[].content[]", &part.unknown);
        let no_text = |name: &str| fault::missing(&format!("{path}.{name}"), "a string");
        match (kind.as_str(), speaker) {
            ("text", _) => Ok(text_piece(part.text.ok_or_else(|| no_text("text"))?)),
            ("refusal", _) => Ok(text_piece(part.refusal.ok_or_else(|| no_text("refusal"))?)),
            ("thinking" | "reasoning", Speaker::Assistant) => {
                Ok(reasoning::sealed(part.thinking.or(part.text), part.signature).map(Piece::Thought))
            }
            ("redacted_thinking", Speaker::Assistant) => {
                let data = part.redacted_content.or(part.data).ok_or_else(|| no_text("data"))?;
                reasoning::redacted(&data, &format!("{path}.data")).map(Piece::Thought).map(Some)
            }
            ("guarded_text", Speaker::User) => {
                let qualifiers = qualifiers(&part.qualifiers.unwrap_or_default(), path)?;
                let text = part.text.ok_or_else(|| no_text("text"))?;
                let guarded =
                    (!text.is_blank()).then(|| GuardedText { text: text.into_string(), qualifiers });
                Ok(guarded.map(Piece::Guarded))
            }
            ("image_url", Speaker::User | Speaker::Tool) => {
                let image = part
                    .image_url
                    .ok_or_else(|| fault::missing(&format!("{path}.image_url"), "an object"))?;
                self.dropped.note_unknown("messages[].content[].image_url", &image.unknown);
                // Bedrock decides by itself how closely a model looks.
                if image.detail.is_some_and(|detail| !matches!(detail.as_str(), "" | "auto")) {
                    self.dropped.note("messages[].content[].image_url.detail");
                }
                let path = format!("{path}.image_url.url");
                let url = image.url.ok_or_else(|| fault::missing(&path, "a data URL"))?;
                image::decode(url.as_str(), &path).map(Piece::Plain).map(Some)
            }
            ("file", Speaker::User | Speaker::Tool) => {
                let file = part.file.ok_or_else(|| fault::missing(&format!("{path}.file"), "an object"))?;
                document::decode(file, &format!("{path}.file")).map(Piece::Plain).map(Some)
            }
            ("input_audio", _) => Err(fault::unsupported(
                &format!("{path}.type"),
                "must not be `input_audio`: Converse takes no sound, so send it as text",
            )),
            _ => {
                let problem = format!("has to be {} in a message of this role", expected(speaker));
                Err(fault::unsupported(&format!("{path}.type"), &problem))
            }
        }
    }
}

/// The types that a part may have.
fn expected(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Instructor => "`text`",
        Speaker::User => "`text`, `guarded_text`, `image_url` or `file`",
        Speaker::Assistant => "`text`, `refusal`, `thinking` or `redacted_thinking`",
        Speaker::Tool => "`text`, `image_url` or `file`",
    }
}

fn qualifiers(names: &[Text<'_>], path: &str) -> Result<Vec<Qualifier>, Failure> {
    let qualifier = |name: &Text<'_>| match name.as_str() {
        "grounding_source" => Ok(Qualifier::GroundingSource),
        "query" => Ok(Qualifier::Query),
        "guard_content" => Ok(Qualifier::GuardContent),
        _ => Err(fault::invalid(
            &format!("{path}.qualifiers"),
            "has to hold `grounding_source`, `query` or `guard_content`",
        )),
    };
    names.iter().map(qualifier).collect()
}

fn text_piece(text: Text<'_>) -> Option<Piece> {
    (!text.is_blank()).then(|| Piece::Plain(ResultPart::Text(text.into_string())))
}
