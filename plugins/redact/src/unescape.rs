//! Texts that hold JSON: a line break is written `\n` there, and `@` may be `\u0040`. Detectors
//! read such a text as it is meant, and what they find is cut out of the text as it is written.

use std::borrow::Cow;
use std::ops::Range;

/// A text with the escapes of JSON strings (RFC 8259, section 7) resolved, whether or not the
/// text is JSON: for what stands around a value, that makes no difference.
pub(crate) struct Unescaped<'text> {
    pub(crate) text: Cow<'text, str>,
    /// Where each escape ends: here, and in the text as it is written.
    ends: Vec<(usize, usize)>,
}

impl<'text> Unescaped<'text> {
    /// Resolves the escapes. A backslash that begins none stands for itself.
    pub(crate) fn new(written: &'text str) -> Self {
        let mut text = String::new();
        let mut ends = Vec::new();
        let (mut copied, mut at) = (0, 0);
        while let Some(offset) = written.get(at..).and_then(|rest| rest.find('\\')) {
            let start = at + offset;
            let Some((character, length)) = escape(written.get(start..).unwrap_or_default()) else {
                at = start + 1;
                continue;
            };
            at = start + length;
            if text.capacity() == 0 {
                text.reserve_exact(written.len());
            }
            text.push_str(written.get(copied..start).unwrap_or_default());
            text.push(character);
            copied = at;
            ends.push((text.len(), at));
        }
        if ends.is_empty() {
            return Self { text: Cow::Borrowed(written), ends };
        }
        text.push_str(written.get(copied..).unwrap_or_default());
        Self { text: Cow::Owned(text), ends }
    }

    /// Whether there was any escape.
    pub(crate) fn differs(&self) -> bool {
        !self.ends.is_empty()
    }

    /// The span in the text as it is written.
    pub(crate) fn written(&self, span: &Range<usize>) -> Range<usize> {
        self.position(span.start)..self.position(span.end)
    }

    fn position(&self, at: usize) -> usize {
        let passed = self.ends.partition_point(|(here, _)| *here <= at);
        let (here, written) = passed.checked_sub(1).and_then(|last| self.ends.get(last)).unwrap_or(&(0, 0));
        written + (at - here)
    }
}

/// What the escape at the start of the text stands for, and its length in bytes.
fn escape(text: &str) -> Option<(char, usize)> {
    let character = match text.as_bytes().get(1)? {
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'u' => return unicode_escape(text),
        _ => return None,
    };
    Some((character, 2))
}

fn unicode_escape(text: &str) -> Option<(char, usize)> {
    let first = code_unit(text)?;
    let second = text.get(6..).and_then(code_unit);
    let pair = second.and_then(|second| char::decode_utf16([first, second]).next()?.ok());
    // Two units that are no pair decode to the first alone.
    let single = char::from_u32(u32::from(first));
    match (single, pair) {
        (Some(character), _) => Some((character, 6)),
        (None, Some(character)) => Some((character, 12)),
        (None, None) => Some((char::REPLACEMENT_CHARACTER, 6)),
    }
}

/// `\u` and four hexadecimal digits.
fn code_unit(text: &str) -> Option<u16> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hexadecimal.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolves_the_escapes_of_json_and_leaves_other_backslashes() {
        for (written, meant) in [
            (r"a\nb\r\t\b\f", "a\nb\r\t\u{8}\u{c}"),
            (r#"\"x\" \\ \/"#, r#""x" \ /"#),
            (r"\\n \\\n", "\\n \\\n"),
            (r"\u0040\u00E9\u20ac\ud83d\ude42", "@é€🙂"),
            (r"\ud83d! \ude42 \ud83d\u0041", "\u{fffd}! \u{fffd} \u{fffd}A"),
            (r"C:\Users \u12 \u+123 \x \", r"C:\Users \u12 \u+123 \x \"),
            ("plain", "plain"),
        ] {
            assert_eq!(Unescaped::new(written).text, meant, "{written}");
        }
    }

    #[test]
    fn finds_the_place_of_a_span_in_the_text_as_it_is_written() {
        let written = r"é\n\u00e9x\ud83d\ude42y";
        let unescaped = Unescaped::new(written);
        for (meant, expected) in [
            ("é\n", r"é\n"),
            ("\né", r"\n\u00e9"),
            ("éx", r"\u00e9x"),
            ("x", "x"),
            ("🙂", r"\ud83d\ude42"),
            ("🙂y", r"\ud83d\ude42y"),
            ("y", "y"),
        ] {
            let at = unescaped.text.rfind(meant).unwrap_or_default();
            assert_eq!(&written[unescaped.written(&(at..at + meant.len()))], expected);
        }
    }
}
