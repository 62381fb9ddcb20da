//! `content`: a string, or a list of parts.

use serde::de::IgnoredAny;

use super::dropped::Dropped;
use super::object::{Text, object};
use super::one_or_many::OneOrMany;
use super::{fault, image};
use crate::chat::{Blob, Part, ResultPart};
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
        input_audio: IgnoredAny = "input_audio",
        file: IgnoredAny = "file",
    } ignores ["annotations"]
}

object! {
    /// `image_url`
    ImageUrl<'a> {
        url: Text<'a> = "url",
        detail: Text<'a> = "detail",
    } ignores []
}

/// What a message may hold beside text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Allow {
    /// Text alone.
    Text,
    /// Text and images.
    Images,
}

/// A part that is worth sending: text is never blank, because Bedrock refuses that.
#[derive(Debug)]
pub(super) enum Piece {
    Text(String),
    Image(Blob),
}

impl From<Piece> for Part {
    fn from(piece: Piece) -> Self {
        match piece {
            Piece::Text(text) => Self::Text(text),
            Piece::Image(blob) => Self::Blob(blob),
        }
    }
}

impl From<Piece> for ResultPart {
    fn from(piece: Piece) -> Self {
        match piece {
            Piece::Text(text) => Self::Text(text),
            Piece::Image(blob) => Self::Blob(blob),
        }
    }
}

/// Reads `content`, which stands at `path`.
pub(super) fn pieces(
    content: Content<'_>,
    path: &str,
    allow: Allow,
    dropped: &mut Dropped,
) -> Result<Vec<Piece>, Failure> {
    match content {
        OneOrMany::One(text) => Ok(text_piece(text).into_iter().collect()),
        OneOrMany::Many(parts) => {
            let mut pieces = Vec::with_capacity(parts.len());
            for (place, part) in parts.into_iter().enumerate() {
                pieces.extend(piece(part, &format!("{path}[{place}]"), allow, dropped)?);
            }
            Ok(pieces)
        }
    }
}

/// Reads one part; none if there is nothing in it to send.
fn piece(
    part: RawPart<'_>,
    path: &str,
    allow: Allow,
    dropped: &mut Dropped,
) -> Result<Option<Piece>, Failure> {
    let kind = part.kind.ok_or_else(|| fault::missing(&format!("{path}.type"), "`text` or `image_url`"))?;
    let is_thinking = matches!(kind.as_str(), "thinking" | "redacted_thinking" | "reasoning");
    if is_thinking {
        // Only a sealed thought may come back, and this format has no place for the seal.
        dropped.note(format!("messages[].content[].{}", kind.as_str()));
        return Ok(None);
    }
    dropped.note_unknown("messages[].content[]", &part.unknown);
    match (kind.as_str(), allow) {
        ("text", _) => {
            let text = part.text.ok_or_else(|| fault::missing(&format!("{path}.text"), "a string"))?;
            Ok(text_piece(text))
        }
        ("refusal", _) => {
            let refusal =
                part.refusal.ok_or_else(|| fault::missing(&format!("{path}.refusal"), "a string"))?;
            Ok(text_piece(refusal))
        }
        ("image_url", Allow::Images) => {
            let image =
                part.image_url.ok_or_else(|| fault::missing(&format!("{path}.image_url"), "an object"))?;
            let path = format!("{path}.image_url.url");
            let url = image.url.ok_or_else(|| fault::missing(&path, "a data URL"))?;
            if image.detail.is_some_and(|detail| detail.as_str() != "auto") {
                dropped.note("messages[].content[].image_url.detail");
            }
            image::decode(url.as_str(), &path).map(|blob| Some(Piece::Image(blob)))
        }
        ("image_url", Allow::Text) => Err(fault::unsupported(
            &format!("{path}.type"),
            "has to be `text`: a message of this role holds no images",
        )),
        (known @ ("input_audio" | "file"), _) => Err(fault::unsupported(
            &format!("{path}.type"),
            &format!("has to be `text` or `image_url`: `{known}` parts are not supported"),
        )),
        _ => Err(fault::unsupported(&format!("{path}.type"), "has to be `text` or `image_url`")),
    }
}

fn text_piece(text: Text<'_>) -> Option<Piece> {
    (!text.is_blank()).then(|| Piece::Text(text.into_string()))
}
