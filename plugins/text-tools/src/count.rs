use serde::{Deserialize, Serialize};

/// Bytes of English in a token, about. Other languages and code have fewer.
const BYTES_A_TOKEN: usize = 4;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    text: String,
}

/// How long a text is.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Counted {
    /// Unicode scalar values.
    characters: usize,
    /// What stands between white space.
    words: usize,
    /// What ends with a line break, and what stands behind the last one.
    lines: usize,
    /// In UTF-8.
    bytes: usize,
    estimated_tokens: usize,
}

pub(crate) fn run(Arguments { text }: &Arguments) -> Counted {
    Counted {
        characters: text.chars().count(),
        words: text.split_whitespace().count(),
        lines: text.lines().count(),
        bytes: text.len(),
        estimated_tokens: text.len().div_ceil(BYTES_A_TOKEN),
    }
}

/// The bytes that so many tokens have, by estimate.
pub(crate) fn bytes_of_tokens(tokens: usize) -> usize {
    tokens.saturating_mul(BYTES_A_TOKEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(text: &str) -> [usize; 5] {
        let Counted { characters, words, lines, bytes, estimated_tokens } =
            run(&Arguments { text: text.to_owned() });
        [characters, words, lines, bytes, estimated_tokens]
    }

    #[test]
    fn counts_what_people_would() {
        assert_eq!(counted(""), [0, 0, 0, 0, 0]);
        assert_eq!(counted("one two\nthree"), [13, 3, 2, 13, 4]);
        assert_eq!(counted("one\n\n"), [5, 1, 2, 5, 2]);
        assert_eq!(counted("größe 東京"), [8, 2, 1, 14, 4]);
    }
}
