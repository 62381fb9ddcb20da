//! Many terms, looked for in one pass over a text.

use crate::term::{Borders, Scan, Term};

/// Terms, by the character that they begin with.
#[derive(Debug)]
pub(crate) struct Terms {
    all: Vec<Term>,
    borders: Borders,
    /// The numbers of those that begin with this ASCII character, in lower case.
    ascii: Vec<Vec<usize>>,
    /// The numbers of those that begin with any other.
    others: Vec<usize>,
}

impl Terms {
    /// Terms that stand between the same borders.
    pub(crate) fn new(terms: Vec<Term>, borders: Borders) -> Self {
        let (mut ascii, mut others) = (vec![Vec::new(); 128], Vec::new());
        for (number, term) in terms.iter().enumerate() {
            match term.first().and_then(|first| ascii.get_mut(place(first)?)) {
                Some(of_character) => of_character.push(number),
                None => others.push(number),
            }
        }
        Self { all: terms, borders, ascii, others }
    }

    /// Whether enough of them are in a whole text; `is_enough` is told the number of each that is found.
    pub(crate) fn are_in(&self, text: &str, mut is_enough: impl FnMut(usize) -> bool) -> bool {
        self.starts(text, None).any(|(at, numbers)| {
            let rest = text.get(at..).unwrap_or_default();
            let found = numbers.iter().filter(|number| {
                self.all.get(**number).is_some_and(|term| term.begins(rest, true) == Scan::Found)
            });
            found.into_iter().any(|number| is_enough(*number))
        })
    }

    /// Looks for any of them in a text behind the character `before`. A text that is not the `last` of
    /// its block goes on.
    pub(crate) fn scan(&self, text: &str, before: Option<char>, last: bool) -> Scan {
        let mut scan = Scan::Absent;
        for (at, numbers) in self.starts(text, before) {
            let rest = text.get(at..).unwrap_or_default();
            for term in numbers.iter().filter_map(|number| self.all.get(*number)) {
                match term.begins(rest, last) {
                    Scan::Found => return Scan::Found,
                    Scan::Perhaps { .. } if scan == Scan::Absent => scan = Scan::Perhaps { from: at },
                    Scan::Perhaps { .. } | Scan::Absent => {}
                }
            }
        }
        scan
    }

    /// Where a term may begin, and the numbers of those that may.
    fn starts(&self, text: &str, before: Option<char>) -> impl Iterator<Item = (usize, &[usize])> {
        let mut before = before;
        text.char_indices().filter_map(move |(at, character)| {
            let previous = before.replace(character);
            let numbers = place(character).and_then(|place| self.ascii.get(place)).unwrap_or(&self.others);
            let may_begin = self.borders == Borders::Anywhere || !previous.is_some_and(char::is_alphanumeric);
            (!numbers.is_empty() && may_begin).then_some((at, numbers.as_slice()))
        })
    }
}

/// The place of a character among those of ASCII, whatever its case.
fn place(character: char) -> Option<usize> {
    let lower = if character.is_ascii() {
        Some(character.to_ascii_lowercase())
    } else {
        // Such as the sign for kelvin, which is a `k` in lower case.
        character.to_lowercase().next().filter(char::is_ascii)
    };
    lower.map(|lower| lower as usize)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    fn terms(texts: &[&str], borders: Borders) -> Terms {
        Terms::new(texts.iter().map(|text| Term::parse(text, borders).unwrap()).collect(), borders)
    }

    #[test]
    fn are_found_however_they_are_written() {
        let falcon = terms(&["Project Falcon", "über", "STRASSE", "kelvin"], Borders::Words);
        for text in [
            "project falcon",
            "(PROJECT\n\t FALCON)",
            "a Project\u{a0}Falcon?",
            "ÜBER",
            "eine strasse",
            "\u{212a}elvin",
        ] {
            assert!(falcon.are_in(text, |_| true), "{text}");
        }
        for text in ["projects falcon", "project falconry", "subproject falcon", "project-falcon", "project"]
        {
            assert!(!falcon.are_in(text, |_| true), "{text}");
        }
    }

    #[test]
    fn are_found_inside_of_words_if_the_operator_wants_that() {
        assert!(terms(&["bomb"], Borders::Anywhere).are_in("a seabombing", |_| true));
        assert!(!terms(&["bomb"], Borders::Words).are_in("a seabombing", |_| true));
    }

    #[test]
    fn what_may_still_become_a_term_is_not_let_through() {
        let falcon = terms(&["project falcon", "ok"], Borders::Words);
        assert_eq!(falcon.scan("a proj", None, false), Scan::Perhaps { from: 2 });
        assert_eq!(falcon.scan("a project falcon", None, false), Scan::Perhaps { from: 2 });
        assert_eq!(falcon.scan("a project falcon", None, true), Scan::Found);
        assert_eq!(falcon.scan("a project falcon ", None, false), Scan::Found);
        assert_eq!(falcon.scan("project falcon ", Some('b'), false), Scan::Absent);
        assert_eq!(falcon.scan("a projector", None, false), Scan::Absent);
        assert_eq!(falcon.scan("a project, ok, proj", None, false), Scan::Found);
    }
}
