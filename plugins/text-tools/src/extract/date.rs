//! Dates as people and programs write them.

use serde::Serialize;

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Date<'t> {
    /// As it is written.
    text: &'t str,
    /// `2026-11-23`; none if day and month cannot be told apart.
    date: Option<String>,
}

/// A run of digits, of letters, or another character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token<'t> {
    text: &'t str,
    start: usize,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Digits,
    Letters,
    Other,
}

pub(super) fn find(text: &str) -> Vec<Date<'_>> {
    let tokens = tokens(text);
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(rest) = tokens.get(at..).filter(|rest| !rest.is_empty()) {
        let glued = at.checked_sub(1).and_then(|before| tokens.get(before)).is_some_and(is_glue);
        match (!glued).then(|| date(rest)).flatten() {
            Some((length, date)) => {
                let (first, last) = (rest.first(), rest.get(length - 1));
                if let (Some(first), Some(last)) = (first, last) {
                    let end = last.start + last.text.len();
                    found.push(Date { text: text.get(first.start..end).unwrap_or_default(), date });
                }
                at += length;
            }
            None => at += 1,
        }
    }
    found
}

/// What would make the digits behind it a part of something else.
fn is_glue(token: &Token<'_>) -> bool {
    token.kind != Kind::Other || ["-", "/", ".", "_"].contains(&token.text)
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let kind = |it: char| match it {
        '0'..='9' => Kind::Digits,
        it if it.is_alphabetic() => Kind::Letters,
        _ => Kind::Other,
    };
    let mut tokens: Vec<Token<'_>> = Vec::new();
    for (start, it) in text.char_indices() {
        let (now, end) = (kind(it), start + it.len_utf8());
        match tokens.last_mut() {
            Some(last) if last.kind == now && now != Kind::Other => {
                last.text = text.get(last.start..end).unwrap_or_default();
            }
            _ => tokens.push(Token { text: text.get(start..end).unwrap_or_default(), start, kind: now }),
        }
    }
    tokens
}

/// The date that the tokens begin with: how many they are, and which day is meant if that is clear.
fn date(tokens: &[Token<'_>]) -> Option<(usize, Option<String>)> {
    numeric(tokens).or_else(|| day_first(tokens)).or_else(|| month_first(tokens))
}

/// `2026-11-23`, `23.11.2026`, `11/23/2026`.
fn numeric(tokens: &[Token<'_>]) -> Option<(usize, Option<String>)> {
    let [first, Token { text: separator, .. }, second, other, third, rest @ ..] = tokens else { return None };
    let separator = *separator;
    if other.text != separator || !["-", "/", "."].contains(&separator) {
        return None;
    }
    // Digits behind it, or one more separator with digits, make it a version or an address.
    let goes_on = match rest {
        [next, digits, ..] => next.text == separator && digits.kind == Kind::Digits,
        _ => false,
    };
    if goes_on {
        return None;
    }
    let numbers = [number(first)?, number(second)?, number(third)?];
    let [a, b, c] = numbers;
    let date = match (first.text.len(), separator) {
        (4, _) => Some(written(a, b, c)?),
        _ if third.text.len() != 4 => return None,
        // A point is European, a hyphen no custom at all; a slash may be either.
        (_, ".") => Some(written(c, b, a)?),
        _ => match (written(c, a, b), written(c, b, a)) {
            (Some(one), Some(other)) if one != other => None,
            (one, other) => Some(one.or(other)?),
        },
    };
    Some((5, date))
}

/// `23 November 2026`, `23. Nov 2026`, `23rd of November, 2026`.
fn day_first(tokens: &[Token<'_>]) -> Option<(usize, Option<String>)> {
    let day = number(tokens.first()?)?;
    let mut at = 1;
    if tokens.get(at).is_some_and(|token| token.text == "." || is_ordinal(token)) {
        at += 1;
    }
    at += space(tokens.get(at..)?)?;
    if tokens.get(at).is_some_and(|token| token.text.eq_ignore_ascii_case("of")) {
        at += 1;
        at += space(tokens.get(at..)?)?;
    }
    let month = month(tokens.get(at)?)?;
    at += 1;
    let (used, year) = year(tokens.get(at..)?)?;
    Some((at + used, Some(written(year, month, day)?)))
}

/// `November 23, 2026`, `Nov. 23rd 2026`.
fn month_first(tokens: &[Token<'_>]) -> Option<(usize, Option<String>)> {
    let month = month(tokens.first()?)?;
    let mut at = 1;
    if tokens.get(at).is_some_and(|token| token.text == ".") {
        at += 1;
    }
    at += space(tokens.get(at..)?)?;
    let day = number(tokens.get(at)?)?;
    at += 1;
    if tokens.get(at).is_some_and(is_ordinal) {
        at += 1;
    }
    let (used, year) = year(tokens.get(at..)?)?;
    Some((at + used, Some(written(year, month, day)?)))
}

/// A year of four digits behind a comma, a point or space.
fn year(tokens: &[Token<'_>]) -> Option<(usize, u32)> {
    let mut at = usize::from(tokens.first().is_some_and(|token| [",", "."].contains(&token.text)));
    at += space(tokens.get(at..)?)?;
    let year = tokens.get(at).filter(|token| token.text.len() == 4)?;
    Some((at + 1, number(year)?))
}

/// How many of the tokens are space: one or more.
fn space(tokens: &[Token<'_>]) -> Option<usize> {
    let spaces = tokens.iter().take_while(|token| token.text.chars().all(char::is_whitespace)).count();
    (spaces > 0).then_some(spaces)
}

fn is_ordinal(token: &Token<'_>) -> bool {
    ["st", "nd", "rd", "th"].iter().any(|ending| token.text.eq_ignore_ascii_case(ending))
}

fn number(token: &Token<'_>) -> Option<u32> {
    if token.kind == Kind::Digits && token.text.len() <= 4 { token.text.parse().ok() } else { None }
}

/// A month by its name or the first three letters of it.
fn month(token: &Token<'_>) -> Option<u32> {
    let name = token.text.to_lowercase();
    let is_it = |month: &&str| {
        name == **month
            || (name.len() == 3 && month.starts_with(&name))
            || (name == "sept" && month.starts_with("sept"))
    };
    let place = MONTHS.iter().position(is_it)?;
    u32::try_from(place + 1).ok()
}

/// A day that there is.
fn written(year: u32, month: u32, day: u32) -> Option<String> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    ((1..=days).contains(&day) && year > 0).then(|| format!("{year:04}-{month:02}-{day:02}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(&str, Option<String>)> {
        find(text).into_iter().map(|date| (date.text, date.date)).collect()
    }

    #[test]
    fn finds_dates_and_says_which_day_is_meant() {
        for (text, written, day) in [
            ("on 2026-11-23.", "2026-11-23", Some("2026-11-23")),
            ("2026-11-23T10:00:00Z", "2026-11-23", Some("2026-11-23")),
            ("2026/1/2", "2026/1/2", Some("2026-01-02")),
            ("am 23.11.2026", "23.11.2026", Some("2026-11-23")),
            ("11/23/2026", "11/23/2026", Some("2026-11-23")),
            ("23/11/2026", "23/11/2026", Some("2026-11-23")),
            ("03/04/2026", "03/04/2026", None),
            ("04/04/2026", "04/04/2026", Some("2026-04-04")),
            ("23 November 2026", "23 November 2026", Some("2026-11-23")),
            ("the 3rd of Sept 2026", "3rd of Sept 2026", Some("2026-09-03")),
            ("(Nov. 23, 2026)", "Nov. 23, 2026", Some("2026-11-23")),
            ("May 1st 2024", "May 1st 2024", Some("2024-05-01")),
            ("29 Feb 2024", "29 Feb 2024", Some("2024-02-29")),
        ] {
            assert_eq!(found(text), [(written, day.map(str::to_owned))], "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_date_is_none() {
        for text in [
            "",
            "2026",
            "1.2.3",
            "10.0.2026.1",
            "2026-13-01",
            "2026-02-30",
            "31.04.2026",
            "29 Feb 2023",
            "1-2-3",
            "v1.11.2026",
            "May 2026",
            "12-2026-11",
            "id-2026-11-23",
            "2026.11-23",
            "99/99/2026",
            "0000-01-01",
        ] {
            assert_eq!(found(text), [], "{text}");
        }
    }
}
