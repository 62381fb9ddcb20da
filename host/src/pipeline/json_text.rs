//! Takes JSON apart into the strings that a model reads or writes and everything around them,
//! piece by piece as it streams, so that plugins see decoded text and never JSON.

use crate::chat::Json;

/// A stretch of JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Braces, keys, numbers, quotes: as it was written.
    Raw(String),
    /// A part of one string value, decoded.
    Text {
        /// The part. May be empty where `last` is set.
        text: String,
        /// Whether the value ends here.
        last: bool,
    },
}

/// Where the lexer stands. It takes broken JSON too: a model may be cut short.
#[derive(Debug, Default)]
pub(super) struct Lexer {
    containers: Vec<Container>,
    place: Place,
    /// An escape sequence, as far as it has come.
    escape: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Container {
    ObjectBeforeKey,
    ObjectBeforeValue,
    Array,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Outside,
    Key,
    Value,
}

impl Lexer {
    /// The pieces of the next fragment, which may end anywhere.
    pub(super) fn feed(&mut self, fragment: &str) -> Vec<Piece> {
        let mut out = Pieces::default();
        for character in fragment.chars() {
            match self.place {
                Place::Outside => self.outside(character, &mut out),
                Place::Key => self.key(character, &mut out),
                Place::Value => self.value(character, &mut out),
            }
        }
        if self.place == Place::Value {
            out.pause_text();
        }
        out.pieces
    }

    /// What is left at the end of the JSON. Nothing, unless it was cut inside a string.
    pub(super) fn end(&mut self) -> Vec<Piece> {
        let mut out = Pieces::default();
        if self.place == Place::Value {
            out.end_text();
            out.raw_text(&std::mem::take(&mut self.escape));
        }
        *self = Self::default();
        out.pieces
    }

    fn outside(&mut self, character: char, out: &mut Pieces) {
        out.raw(character);
        match character {
            '{' => self.containers.push(Container::ObjectBeforeKey),
            '[' => self.containers.push(Container::Array),
            '}' | ']' => drop(self.containers.pop()),
            ':' => self.turn(Container::ObjectBeforeKey, Container::ObjectBeforeValue),
            ',' => self.turn(Container::ObjectBeforeValue, Container::ObjectBeforeKey),
            '"' if self.containers.last() == Some(&Container::ObjectBeforeKey) => self.place = Place::Key,
            '"' => self.place = Place::Value,
            _ => {}
        }
    }

    fn turn(&mut self, from: Container, to: Container) {
        if let Some(container) = self.containers.last_mut().filter(|container| **container == from) {
            *container = to;
        }
    }

    fn key(&mut self, character: char, out: &mut Pieces) {
        out.raw(character);
        match character {
            _ if !self.escape.is_empty() => self.escape.clear(),
            '\\' => self.escape.push(character),
            '"' => self.place = Place::Outside,
            _ => {}
        }
    }

    fn value(&mut self, character: char, out: &mut Pieces) {
        if !self.escape.is_empty() {
            self.escape.push(character);
            if let Some(decoded) = unescape(&self.escape) {
                out.text(&decoded);
                self.escape.clear();
            }
            return;
        }
        match character {
            '\\' => self.escape.push(character),
            '"' => {
                out.end_text();
                out.raw(character);
                self.place = Place::Outside;
            }
            _ => out.text(character.encode_utf8(&mut [0; 4])),
        }
    }
}

/// Collects pieces, joining neighbours of a kind.
#[derive(Default)]
struct Pieces {
    pieces: Vec<Piece>,
    text: String,
}

impl Pieces {
    fn raw(&mut self, character: char) {
        self.raw_text(character.encode_utf8(&mut [0; 4]));
    }

    fn raw_text(&mut self, text: &str) {
        match self.pieces.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Raw(raw)) => raw.push_str(text),
            _ => self.pieces.push(Piece::Raw(text.to_owned())),
        }
    }

    fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    fn pause_text(&mut self) {
        if !self.text.is_empty() {
            self.pieces.push(Piece::Text { text: std::mem::take(&mut self.text), last: false });
        }
    }

    fn end_text(&mut self) {
        self.pieces.push(Piece::Text { text: std::mem::take(&mut self.text), last: true });
    }
}

/// What an escape sequence stands for, or none while it is not complete (RFC 8259, section 7).
/// A surrogate without its partner becomes U+FFFD: it is no character.
fn unescape(escape: &str) -> Option<String> {
    let mut characters = escape.chars().skip(1);
    let simple = match characters.next()? {
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'u' => return unescape_unicode(escape),
        other => other,
    };
    Some(simple.to_string())
}

fn unescape_unicode(escape: &str) -> Option<String> {
    let Some(first) = hex_unit(escape, 2)? else { return Some(escape.to_owned()) };
    if !(0xD800..0xDC00).contains(&first) {
        return Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER).to_string());
    }
    let rest = escape.get(6..)?;
    let mut rest_characters = rest.chars();
    match (rest_characters.next(), rest_characters.next()) {
        (None, _) | (Some('\\'), None) => None,
        (Some('\\'), Some('u')) => {
            let Some(second) = hex_unit(escape, 8)? else { return Some(escape.to_owned()) };
            let joined = 0x10000 + ((first - 0xD800) << 10) + (second.wrapping_sub(0xDC00) & 0x3FF);
            let pair = char::from_u32(joined).filter(|_| (0xDC00..0xE000).contains(&second));
            Some(pair.unwrap_or(char::REPLACEMENT_CHARACTER).to_string())
        }
        (Some('\\'), Some(_)) => {
            let after = unescape(rest)?;
            Some(format!("{}{after}", char::REPLACEMENT_CHARACTER))
        }
        (Some(other), _) => Some(format!("{}{other}", char::REPLACEMENT_CHARACTER)),
    }
}

/// Four hexadecimal digits at `from`: none while they are not all there, `Some(None)` when they
/// are not hexadecimal.
#[expect(clippy::option_option, reason = "not yet there and not a number are two things")]
fn hex_unit(escape: &str, from: usize) -> Option<Option<u32>> {
    if escape.chars().count() < from + 4 {
        return None;
    }
    let digits =
        escape.get(from..from + 4).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    Some(digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()))
}

/// Appends a text as it stands inside a JSON string, without the quotes.
pub(super) fn escape_into(text: &str, out: &mut String) {
    use std::fmt::Write;
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if control < ' ' => {
                // Writing to a `String` cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
}

/// Every string value of a JSON text, decoded, in order.
pub(super) fn strings(json: &Json) -> Vec<String> {
    let is_text = |piece| match piece {
        Piece::Text { text, .. } => Some(text),
        Piece::Raw(_) => None,
    };
    Lexer::default().feed(json.as_str()).into_iter().filter_map(is_text).collect()
}

/// Asks for a replacement of each string value, in order; none when nothing was replaced.
pub(super) fn replace_strings(json: &Json, replacement: &mut impl FnMut() -> Option<String>) -> Option<Json> {
    let mut out = String::with_capacity(json.as_str().len());
    let mut replaced = false;
    for piece in Lexer::default().feed(json.as_str()) {
        match piece {
            Piece::Raw(raw) => out.push_str(&raw),
            Piece::Text { text, .. } => match replacement() {
                Some(new) => {
                    replaced = true;
                    escape_into(&new, &mut out);
                }
                None => escape_into(&text, &mut out),
            },
        }
    }
    replaced.then(|| Json::from_checked(out))
}

#[cfg(test)]
#[path = "json_text_tests.rs"]
mod tests;
