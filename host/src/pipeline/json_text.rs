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
        if self.escape.is_empty() {
            return self.value_outside_an_escape(character, out);
        }
        self.escape.push(character);
        match unescape(&self.escape) {
            Unescaped::Unfinished => {}
            Unescaped::Whole(decoded) => {
                out.text(decoded.encode_utf8(&mut [0; 4]));
                self.escape.clear();
            }
            Unescaped::Lone(rest) => {
                // Half a pair is no character. What came instead of its partner is read as if
                // nothing had been in front of it.
                let rest = rest.to_owned();
                out.text(char::REPLACEMENT_CHARACTER.encode_utf8(&mut [0; 4]));
                self.escape.clear();
                for character in rest.chars() {
                    match self.place {
                        Place::Value => self.value(character, out),
                        Place::Outside | Place::Key => self.outside(character, out),
                    }
                }
            }
        }
    }

    fn value_outside_an_escape(&mut self, character: char, out: &mut Pieces) {
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

/// What an escape sequence stands for (RFC 8259, section 7).
enum Unescaped<'e> {
    /// More has to come.
    Unfinished,
    /// This character.
    Whole(char),
    /// Nothing: half of a surrogate pair, or broken JSON. The rest is what came behind it.
    Lone(&'e str),
}

fn unescape(escape: &str) -> Unescaped<'_> {
    let character = match escape.chars().nth(1) {
        None => return Unescaped::Unfinished,
        Some('u') => return unescape_unicode(escape),
        Some('b') => '\u{8}',
        Some('f') => '\u{c}',
        Some('n') => '\n',
        Some('r') => '\r',
        Some('t') => '\t',
        Some(other) => other,
    };
    Unescaped::Whole(character)
}

fn unescape_unicode(escape: &str) -> Unescaped<'_> {
    let (first, rest) = match unit(escape) {
        Unit::Unfinished => return Unescaped::Unfinished,
        Unit::Broken(rest) => return Unescaped::Lone(rest),
        Unit::Read(first, rest) => (first, rest),
    };
    if !(0xD800..0xDC00).contains(&first) {
        return char::from_u32(first).map_or(Unescaped::Lone(rest), Unescaped::Whole);
    }
    if rest.is_empty() || rest == "\\" {
        return Unescaped::Unfinished;
    }
    if !rest.starts_with("\\u") {
        return Unescaped::Lone(rest);
    }
    match unit(rest) {
        Unit::Unfinished => Unescaped::Unfinished,
        Unit::Read(second, _) if (0xDC00..0xE000).contains(&second) => {
            let joined = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            char::from_u32(joined).map_or(Unescaped::Lone(rest), Unescaped::Whole)
        }
        Unit::Read(..) | Unit::Broken(_) => Unescaped::Lone(rest),
    }
}

/// Four hexadecimal digits, and what comes behind them.
enum Unit<'e> {
    Unfinished,
    Read(u32, &'e str),
    /// Something else stands there.
    Broken(&'e str),
}

/// The digits of an escape that begins with `\u`.
fn unit(escape: &str) -> Unit<'_> {
    let digits = escape.get(2..).unwrap_or_default();
    match digits.bytes().take(4).position(|byte| !byte.is_ascii_hexdigit()) {
        Some(end) => Unit::Broken(digits.get(end..).unwrap_or_default()),
        None if digits.len() < 4 => Unit::Unfinished,
        None => {
            let (number, rest) = digits.split_at(4);
            u32::from_str_radix(number, 16).map_or(Unit::Broken(rest), |number| Unit::Read(number, rest))
        }
    }
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
