//! Tokens of the deterministic model: a word with the white space after it is one; a word longer than
//! sixteen characters is one for each sixteen. Deltas of a stream are tokens.

/// Characters in the longest token.
const LONGEST: usize = 16;
/// Tokens that an image, a document, a video or a sound counts for.
pub(crate) const OF_MEDIA: u64 = 100;

/// The tokens of a text, which joined again are the text.
pub(crate) fn split(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut token = String::new();
    let mut length = 0;
    let mut after_space = false;
    for letter in text.chars() {
        let starts_word = after_space && !letter.is_whitespace();
        if !token.is_empty() && (starts_word || length == LONGEST) {
            tokens.push(std::mem::take(&mut token));
            length = 0;
        }
        token.push(letter);
        length += 1;
        // White space before the first word belongs to that word.
        after_space = letter.is_whitespace() && !(tokens.is_empty() && token.trim().is_empty());
    }
    if !token.is_empty() {
        tokens.push(token);
    }
    tokens
}

/// How many tokens a text is.
pub(crate) fn count(text: &str) -> u64 {
    split(text).len() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_a_word_with_the_space_after_it() {
        let cases: &[(&str, &[&str])] = &[
            ("", &[]),
            ("hello big world", &["hello ", "big ", "world"]),
            ("  two\n\nlines ", &["  two\n\n", "lines "]),
            ("größer 東京🙂 x", &["größer ", "東京🙂 ", "x"]),
            ("abcdefghijklmnopqrstuvwxyz", &["abcdefghijklmnop", "qrstuvwxyz"]),
            ("   ", &["   "]),
        ];
        for (text, expected) in cases {
            assert_eq!(split(text), *expected);
            assert_eq!(split(text).concat(), *text);
        }
    }
}
