//! A text in pieces that end where the text itself does: at paragraphs, sentences, lines and words, in that order.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::arguments::Refusal;
use crate::count::bytes_of_tokens;

/// More pieces than anybody reads.
const MAX_CHUNKS: usize = 10_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    text: String,
    size: usize,
    #[serde(default)]
    overlap: usize,
    #[serde(default)]
    unit: Unit,
}

/// What `size` and `overlap` are counted in.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Unit {
    #[default]
    Characters,
    /// By estimate.
    Tokens,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Chunked<'t> {
    chunks: Vec<Chunk<'t>>,
}

/// A piece. `start` and `end` count characters of the whole text.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Chunk<'t> {
    index: usize,
    start: usize,
    end: usize,
    text: &'t str,
}

pub(crate) fn run(arguments: &Arguments) -> Result<Chunked<'_>, Refusal> {
    let Arguments { text, size, overlap, unit } = arguments;
    if *size == 0 {
        return Err(Refusal::new("`size` has to be 1 or more"));
    }
    if *overlap > size / 2 {
        return Err(Refusal::new(format!("`overlap` may be half of `size` at most, which is {}", size / 2)));
    }
    let mut chunks = Vec::new();
    let (mut at, mut characters) = (0, 0);
    for range in ranges(text, *size, *overlap, *unit) {
        if chunks.len() == MAX_CHUNKS {
            return Err(Refusal::new(format!(
                "there would be more than {MAX_CHUNKS} chunks: take a larger `size`"
            )));
        }
        characters += text.get(at..range.start).unwrap_or_default().chars().count();
        at = range.start;
        let piece = text.get(range).unwrap_or_default();
        let end = characters + piece.chars().count();
        chunks.push(Chunk { index: chunks.len(), start: characters, end, text: piece });
    }
    Ok(Chunked { chunks })
}

/// The pieces, by bytes.
fn ranges(text: &str, size: usize, overlap: usize, unit: Unit) -> impl Iterator<Item = Range<usize>> {
    let (mut next, mut covered) = ((!text.is_empty()).then_some(0), 0);
    std::iter::from_fn(move || {
        let start = next?;
        let reach = unit.forward(text, start, size);
        let end = if reach == text.len() { reach } else { border_before(text, start, covered, reach) };
        covered = end;
        next = (end < text.len()).then(|| {
            let again =
                if overlap == 0 { end } else { border_behind(text, unit.back(text, end, overlap), end) };
            // A piece that ended early may be no longer than the overlap.
            if again > start { again } else { end }
        });
        Some(start..end)
    })
}

impl Unit {
    /// How far so much of the text goes: at least a character.
    fn forward(self, text: &str, from: usize, much: usize) -> usize {
        let rest = text.get(from..).unwrap_or_default();
        let bytes = match self {
            Self::Characters => rest.char_indices().nth(much).map_or(rest.len(), |(at, _)| at),
            Self::Tokens => rest.floor_char_boundary(bytes_of_tokens(much)),
        };
        let one = rest.chars().next().map_or(0, char::len_utf8);
        from + bytes.max(one)
    }

    /// Where so much of the text before `to` begins.
    fn back(self, text: &str, to: usize, much: usize) -> usize {
        let before = text.get(..to).unwrap_or_default();
        match self {
            Self::Characters => before.char_indices().rev().nth(much - 1).map_or(0, |(at, _)| at),
            Self::Tokens => before.ceil_char_boundary(to.saturating_sub(bytes_of_tokens(much))),
        }
    }
}

/// What ends at a place of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Border {
    Word,
    Line,
    Sentence,
    Paragraph,
}

fn border(text: &str, at: usize) -> Option<Border> {
    let (before, behind) = text.split_at_checked(at)?;
    if behind.starts_with(char::is_whitespace) {
        return None;
    }
    let ended = before.trim_end();
    let gap = before.get(ended.len()..).unwrap_or_default();
    let breaks = gap.bytes().filter(|byte| *byte == b'\n').count();
    let closing = |it: char| "\"')]}»”’*_`".contains(it);
    let sentence = ended.trim_end_matches(closing);
    if breaks > 1 {
        Some(Border::Paragraph)
    } else if sentence.ends_with(['。', '！', '？'])
        || (!gap.is_empty() && sentence.ends_with(['.', '!', '?', '…']))
    {
        Some(Border::Sentence)
    } else if breaks == 1 {
        Some(Border::Line)
    } else {
        (!gap.is_empty()).then_some(Border::Word)
    }
}

/// The best border up to `end`: in the second half if there is any, so that pieces are not too short, and behind
/// what earlier pieces cover.
fn border_before(text: &str, start: usize, covered: usize, end: usize) -> usize {
    let half = start + (end - start) / 2;
    let mut best: Option<(Border, usize)> = None;
    for at in (start.max(covered) + 1..=end).rev().filter(|at| text.is_char_boundary(*at)) {
        if at <= half && best.is_some() {
            break;
        }
        if let Some(border) = border(text, at)
            && best.is_none_or(|(found, _)| border > found)
        {
            best = Some((border, at));
            if border == Border::Paragraph {
                break;
            }
        }
    }
    best.map_or(end, |(_, at)| at)
}

/// The first border of a sentence between two places, or of a word. Without one it is the second place if that is
/// a border, so that no word is cut, and else the first.
fn border_behind(text: &str, from: usize, to: usize) -> usize {
    let mut word = None;
    for at in (from..to).filter(|at| text.is_char_boundary(*at)) {
        match border(text, at) {
            Some(Border::Sentence | Border::Paragraph) => return at,
            Some(_) => word = word.or(Some(at)),
            None => {}
        }
    }
    word.unwrap_or(if border(text, to).is_some() { to } else { from })
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use proptest::prelude::*;

    use super::*;

    fn arguments(text: &str, size: usize, overlap: usize) -> Arguments {
        Arguments { text: text.to_owned(), size, overlap, unit: Unit::Characters }
    }

    fn texts(text: &str, size: usize, overlap: usize) -> Vec<String> {
        let arguments = arguments(text, size, overlap);
        run(&arguments).unwrap().chunks.into_iter().map(|chunk| chunk.text.to_owned()).collect()
    }

    #[test]
    fn ends_at_the_best_border_that_is_near_enough() {
        assert_eq!(texts("", 10, 0), [""; 0]);
        assert_eq!(texts("short", 10, 0), ["short"]);
        assert_eq!(
            texts("First one.\n\nThe second. And a third.", 24, 0),
            ["First one.\n\nThe second. ", "And a third."]
        );
        assert_eq!(
            texts("First paragraph.\n\nSecond one. More.", 22, 0),
            ["First paragraph.\n\n", "Second one. More."]
        );
        assert_eq!(texts("One two. Three four five", 14, 0), ["One two. ", "Three four ", "five"]);
        assert_eq!(texts("He said \"no.\" Then left", 16, 0), ["He said \"no.\" ", "Then left"]);
        assert_eq!(texts("東京です。大阪です。", 6, 0), ["東京です。", "大阪です。"]);
        assert_eq!(texts("abcdefghij", 4, 0), ["abcd", "efgh", "ij"]);
    }

    #[test]
    fn begins_again_at_a_sentence_or_word_of_the_last_piece() {
        assert_eq!(texts("One. Two. Three. Four.", 12, 6), ["One. Two. ", "Two. Three. ", "Four."]);
        assert_eq!(texts("abcdefgh", 4, 2), ["abcd", "cdef", "efgh"]);
    }

    #[test]
    fn places_count_characters() {
        let arguments = arguments("äö üß", 3, 0);
        let chunked = run(&arguments).unwrap();
        let places: Vec<_> =
            chunked.chunks.iter().map(|chunk| (chunk.index, chunk.start, chunk.end)).collect();
        assert_eq!(places, [(0, 0, 3), (1, 3, 5)]);
    }

    #[test]
    fn says_what_makes_no_sense() {
        let why = |text: &str, size, overlap| run(&arguments(text, size, overlap)).unwrap_err();
        assert_eq!(why("a", 0, 0), Refusal::new("`size` has to be 1 or more"));
        assert_eq!(why("a", 9, 5), Refusal::new("`overlap` may be half of `size` at most, which is 4"));
        let many = "x".repeat(MAX_CHUNKS + 1);
        assert_eq!(
            why(&many, 1, 0),
            Refusal::new("there would be more than 10000 chunks: take a larger `size`")
        );
    }

    proptest! {
        #[test]
        fn pieces_cover_the_text_and_none_is_too_long(text in "([a-zäß東 .!?\n]{0,12}){0,12}", size in 1..30usize, part in 0..=15usize, tokens: bool) {
            let (overlap, unit) = (part.min(size / 2), if tokens { Unit::Tokens } else { Unit::Characters });
            let arguments = Arguments { text: text.clone(), size, overlap, unit };
            let mut covered = 0;
            let mut last = None;
            for range in ranges(&text, size, overlap, unit) {
                prop_assert!(range.start <= covered && range.end > covered, "{range:?} behind {covered}");
                prop_assert!(last.is_none_or(|last| range.start > last));
                let piece = &text[range.clone()];
                let length = if tokens { piece.len().div_ceil(4) } else { piece.chars().count() };
                prop_assert!(length <= size || piece.chars().count() == 1, "{piece:?}");
                if overlap == 0 {
                    prop_assert_eq!(range.start, covered);
                }
                (covered, last) = (range.end, Some(range.start));
            }
            prop_assert_eq!(covered, text.len());
            prop_assert!(run(&arguments).is_ok());
        }
    }
}
