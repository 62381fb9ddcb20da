//! A word or phrase, found however it is written.

/// Most characters of a term.
pub(crate) const LONGEST: usize = 100;

/// Most whitespace characters that stand for one space of a term.
const WIDEST_SPACE: usize = 16;

/// A word or phrase. Capitals do not count, and a space stands for any whitespace.
#[derive(Debug)]
pub(crate) struct Term {
    pattern: Vec<char>,
    borders: Borders,
}

/// Where a term may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Borders {
    /// Between characters that are no letters and no digits.
    Words,
    /// Anywhere, also inside of a word.
    Anywhere,
}

/// What is known of a term in a text that may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scan {
    /// It is there.
    Found,
    /// It may have begun at this byte; what comes next decides.
    Perhaps { from: usize },
    /// It is not there.
    Absent,
}

enum Match {
    Whole,
    Open,
    None,
}

impl Term {
    /// Takes 1 to [`LONGEST`] characters.
    pub(crate) fn parse(text: &str, borders: Borders) -> Option<Self> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let pattern: Vec<char> = words.join(" ").chars().collect();
        (1..=LONGEST).contains(&pattern.len()).then_some(Self { pattern, borders })
    }

    /// The character that it begins with.
    pub(crate) fn first(&self) -> Option<char> {
        self.pattern.first().copied()
    }

    /// Whether a text begins with it. A text that is not the `last` of its block goes on.
    pub(crate) fn begins(&self, text: &str, last: bool) -> Scan {
        match self.at(text) {
            Match::Whole => Scan::Found,
            Match::Open if !last => Scan::Perhaps { from: 0 },
            Match::Open if self.ends_with(text) => Scan::Found,
            Match::Open | Match::None => Scan::Absent,
        }
    }

    /// Compares with the beginning of a text.
    fn at(&self, text: &str) -> Match {
        match self.strip(text) {
            Ok(_) if self.borders == Borders::Anywhere => Match::Whole,
            Ok(rest) => match rest.chars().next() {
                None => Match::Open,
                Some(next) if next.is_alphanumeric() => Match::None,
                Some(_) => Match::Whole,
            },
            Err(Short::Ended) => Match::Open,
            Err(Short::Differs) => Match::None,
        }
    }

    /// Whether a text is the term and nothing more.
    fn ends_with(&self, text: &str) -> bool {
        matches!(self.strip(text), Ok(""))
    }

    /// What comes behind the term.
    fn strip<'t>(&self, text: &'t str) -> Result<&'t str, Short> {
        let mut rest = text;
        for expected in &self.pattern {
            if *expected == ' ' {
                let width = rest
                    .char_indices()
                    .take(WIDEST_SPACE)
                    .take_while(|(_, character)| character.is_whitespace())
                    .last()
                    .map(|(at, character)| at + character.len_utf8());
                match width {
                    Some(width) => rest = rest.get(width..).unwrap_or_default(),
                    None if rest.is_empty() => return Err(Short::Ended),
                    None => return Err(Short::Differs),
                }
                continue;
            }
            let Some(character) = rest.chars().next() else { return Err(Short::Ended) };
            if !same(character, *expected) {
                return Err(Short::Differs);
            }
            rest = rest.get(character.len_utf8()..).unwrap_or_default();
        }
        Ok(rest)
    }
}

/// Whether two characters differ in their case at most.
fn same(one: char, other: char) -> bool {
    if one.is_ascii() && other.is_ascii() {
        return one.eq_ignore_ascii_case(&other);
    }
    one.to_lowercase().eq(other.to_lowercase())
}

enum Short {
    /// The text ended first.
    Ended,
    /// It is another text.
    Differs,
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn term(text: &str, borders: Borders) -> Term {
        Term::parse(text, borders).unwrap()
    }

    #[test]
    fn the_longest_way_to_write_a_term_fits_into_the_window() {
        let text = vec!["a"; LONGEST / 2].join(" ");
        let longest = term(&text, Borders::Words);
        assert_eq!(longest.pattern.len(), LONGEST - 1);
        let bytes: usize = longest
            .pattern
            .iter()
            .map(|character| if *character == ' ' { WIDEST_SPACE * 3 } else { 4 })
            .sum();
        assert!(bytes <= 4096, "{bytes}");
        assert!(Term::parse(&"a".repeat(LONGEST + 1), Borders::Words).is_none());
        assert!(Term::parse(" ", Borders::Words).is_none());
    }
}
