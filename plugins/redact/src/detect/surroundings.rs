//! What stands before and after a span.

/// The byte before a position.
pub(super) fn byte_before(text: &str, at: usize) -> Option<u8> {
    text.as_bytes().get(at.checked_sub(1)?).copied()
}

/// Whether a position starts a word: no letter, digit or underscore of ASCII stands before it.
pub(super) fn stands_alone(text: &str, at: usize) -> bool {
    byte_before(text, at).is_none_or(|byte| !is_word(byte))
}

/// Whether a position ends a word: no letter, digit or underscore of ASCII stands there.
pub(super) fn ends_word(text: &str, end: usize) -> bool {
    !text.as_bytes().get(end).is_some_and(|byte| is_word(*byte))
}

/// Whether nothing that follows makes the number before `end` a part of something longer.
pub(super) fn ends_number(text: &str, end: usize) -> bool {
    let mut rest = text.as_bytes().iter().skip(end);
    match rest.next() {
        Some(b'.' | b'-') => !rest.next().is_some_and(u8::is_ascii_digit),
        Some(b'%') => false,
        Some(byte) => !is_word(*byte),
        None => true,
    }
}

/// Fewest bytes of a word that announces something.
const SHORTEST_WORD: usize = 3;

/// Whether one of the words, in lower case, starts within the `reach` bytes before `at`, on the
/// same line and with no digit between.
pub(super) fn announced(text: &str, at: usize, reach: usize, words: &[&str]) -> bool {
    let start = text.floor_char_boundary(at.saturating_sub(reach));
    let Some(near) = text.get(start..at) else { return false };
    let near = near.rsplit(|ch: char| ch == '\n' || ch.is_ascii_digit()).next().unwrap_or(near);
    if near.len() < SHORTEST_WORD {
        return false;
    }
    let near = near.to_ascii_lowercase();
    words.iter().any(|word| {
        near.match_indices(word).any(|(index, _)| {
            // At the window's own edge, what stands before is in the text.
            let from = at - near.len() + index;
            !text.get(..from).is_some_and(|before| before.ends_with(char::is_alphanumeric))
        })
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
