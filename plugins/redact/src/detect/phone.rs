//! Telephone numbers. A number without punctuation of its own may be anything, so three forms
//! count: international (`+49 …`, `0049 …`); national with its grouping (`(415) 555-2671`,
//! `0151 2345678`); and any other number of that size right after a word such as `phone`.

use std::ops::Range;

use super::surroundings::{announced, byte_before, ends_number};

/// E.164: country code and number together.
const LONGEST: usize = 15;
/// No longer group is ever split off a number, and shorter totals are too often something else.
const SHORTEST_INTERNATIONAL: usize = 9;
/// A number that has so many digits is complete, unless a country says otherwise.
const COMPLETE: usize = 12;
const MOST_GROUPS: usize = 8;

/// Words that announce a number, and how many bytes before it they may start.
const WORDS: [&str; 17] = [
    "phone",
    "telefon",
    "tel.",
    "tel:",
    "tel ",
    "mobile",
    "mobil:",
    "mobil ",
    "handy:",
    "handynummer",
    "fax",
    "cell:",
    "whatsapp",
    "sms",
    "call me",
    "call us",
    "dial ",
];
const REACH: usize = 24;

/// The number whose `+`, `(` or first digit stands at `at`.
pub(crate) fn find(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let first = *bytes.get(at)?;
    if first == b'+' {
        let end = international(text, at)?;
        // The plus sign says enough: what follows after a hyphen or point does not matter.
        return (!bytes.get(end).is_some_and(u8::is_ascii_alphanumeric)).then_some(at..end);
    }
    if stays_short(text, at) || !starts_here(text, at) {
        return None;
    }
    let number = Number::read(text, at)?;
    let end = match first {
        b'(' if !number.opened => None,
        b'0' if bytes.get(at + 1) == Some(&b'0') => double_zero(text, &number),
        _ => national(text, &number).or_else(|| after_a_word(text, at, &number)),
    }?;
    ends_number(text, end).then_some(at..end)
}

/// `+49 151 23456789`, `+1 (415) 555-2671`.
fn international(text: &str, plus: usize) -> Option<usize> {
    let before = byte_before(text, plus);
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'+') {
        return None;
    }
    complete(text, &Number::read(text, plus + 1)?, 0)
}

/// `0049 151 23456789`. Without any grouping it has to have a European country code: long
/// numbers with zeros in front are too often ids.
fn double_zero(text: &str, number: &Number) -> Option<usize> {
    let first = number.first()?;
    let european = matches!(text.as_bytes().get(first.start + 2)?, b'3' | b'4') && first.digits >= 12;
    (number.count > 1 || european).then(|| complete(text, number, 2)).flatten()
}

/// The end of a number with its country code, which starts after `skipped` digits.
fn complete(text: &str, number: &Number, skipped: usize) -> Option<usize> {
    let country = *text.as_bytes().get(number.first()?.start + skipped)?;
    if !matches!(country, b'1'..=b'9') {
        return None;
    }
    let mut digits = 0;
    let mut end = None;
    for group in number.groups() {
        digits += group.digits;
        let significant = digits.saturating_sub(skipped);
        if significant > LONGEST {
            break;
        }
        // North America and Russia have numbers of one length.
        let fits = match country {
            b'1' | b'7' => significant == 11,
            _ if number.count == 1 => significant > SHORTEST_INTERNATIONAL,
            _ => significant >= SHORTEST_INTERNATIONAL,
        };
        if fits {
            end = Some(group.end);
        }
        if significant >= COMPLETE {
            break;
        }
    }
    end
}

/// Numbers as they are written inside a country.
fn national(text: &str, number: &Number) -> Option<usize> {
    let leading = text.as_bytes().get(number.first()?.start..)?;
    match (leading.first()?, number.lengths()) {
        // North America, with or without the long distance 1.
        (b'1', [1, 3, 3, 4, ..]) if number.is_punctuated(4) => number.end_of(4),
        (b'2'..=b'9', [3, 3, 4, ..]) if number.is_punctuated(3) => number.end_of(3),
        // Brazil.
        (b'1'..=b'9', [2, 4 | 5, 4, ..]) if number.opened => number.end_of(3),
        // France, and others that group by two.
        (b'0', [2, 2, 2, 2, 2, ..]) => number.end_of(5),
        (b'0', [2..=5, _, ..]) if leading.get(1) != Some(&b'0') && !number.is_date() => zero_led(number),
        _ => None,
    }
}

/// `030 1234567`, `07700 900123`: a trunk prefix, an area, and the rest in any groups.
fn zero_led(number: &Number) -> Option<usize> {
    let mut digits = number.first()?.digits;
    let mut end = None;
    for group in number.groups().skip(1) {
        digits += group.digits;
        // `05.1234567` is a fraction.
        let fraction = group.joint == Joint::Point && number.count == 2;
        if (9..=12).contains(&digits) && !fraction {
            end = Some(group.end);
        }
        if digits >= 11 {
            break;
        }
    }
    end
}

/// Any number of the right size, if a word says what it is.
fn after_a_word(text: &str, at: usize, number: &Number) -> Option<usize> {
    let mut digits = 0;
    let mut end = None;
    for group in number.groups() {
        digits += group.digits;
        if (7..=13).contains(&digits) {
            end = Some(group.end);
        }
    }
    end.filter(|_| !number.is_date() && announced(text, at, REACH, &WORDS))
}

/// Whether the number is not the continued part of a word, a path, a fraction, a date or an id.
fn starts_here(text: &str, at: usize) -> bool {
    let Some(before) = byte_before(text, at) else { return true };
    let earlier = at.checked_sub(1).and_then(|joint| byte_before(text, joint));
    match before {
        b'.' | b':' => !earlier.is_some_and(|byte| byte.is_ascii_digit()),
        b'-' => !earlier.is_some_and(|byte| byte.is_ascii_alphanumeric()),
        b'/' => !earlier.is_some_and(|byte| byte.is_ascii_alphabetic()),
        b'#' | b'$' | b'+' | b'\\' | b'_' => false,
        byte => !byte.is_ascii_alphanumeric(),
    }
}

/// Whether a number has too few digits and no second group: most numbers of a text, told cheaply.
fn stays_short(text: &str, at: usize) -> bool {
    let digits = text.bytes().skip(at).take(7).take_while(u8::is_ascii_digit).count();
    (1..7).contains(&digits) && joint_at(text, at + digits).is_none()
}

/// Groups of digits as they stand in the text.
struct Number {
    /// The first group stands in parentheses.
    opened: bool,
    groups: [Group; MOST_GROUPS],
    lengths: [usize; MOST_GROUPS],
    count: usize,
}

#[derive(Clone, Copy, Default)]
struct Group {
    joint: Joint,
    start: usize,
    end: usize,
    digits: usize,
}

/// What joins a group to the one before.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Joint {
    #[default]
    Blank,
    Hyphen,
    Point,
    Slash,
    Parenthesis,
}

impl Number {
    /// Reads groups of digits with at most one mark and a blank on each side of it between them.
    fn read(text: &str, at: usize) -> Option<Self> {
        let bytes = text.as_bytes();
        let opened = bytes.get(at) == Some(&b'(');
        let mut number =
            Self { opened, groups: [Group::default(); MOST_GROUPS], lengths: [0; MOST_GROUPS], count: 0 };
        let mut start = at + usize::from(opened);
        let mut joint = Joint::Blank;
        for (group, length) in number.groups.iter_mut().zip(&mut number.lengths) {
            let digits =
                bytes.iter().skip(start).take(LONGEST + 3).take_while(|byte| byte.is_ascii_digit()).count();
            if digits == 0 {
                break;
            }
            let end = start + digits;
            *group = Group { joint, start, end, digits };
            *length = digits;
            number.count += 1;
            let Some((next, after)) = joint_at(text, end) else { break };
            joint = next;
            start = after;
        }
        number.opened &= bytes.get(number.first()?.end) == Some(&b')');
        (number.count > 0).then_some(number)
    }

    fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.iter().take(self.count)
    }

    fn lengths(&self) -> &[usize] {
        self.lengths.get(..self.count).unwrap_or_default()
    }

    fn first(&self) -> Option<Group> {
        self.groups.first().copied()
    }

    fn end_of(&self, groups: usize) -> Option<usize> {
        self.groups.get(groups.checked_sub(1)?).map(|group| group.end)
    }

    /// Whether more than blanks joins the first groups.
    fn is_punctuated(&self, groups: usize) -> bool {
        self.opened || self.groups().take(groups).skip(1).any(|group| group.joint != Joint::Blank)
    }

    /// `2024-01-31`, `31.01.2024`, `31/01/24`.
    fn is_date(&self) -> bool {
        let [_, second, third, ..] = self.groups;
        second.joint != Joint::Blank
            && second.joint == third.joint
            && match self.lengths() {
                [4, 1..=2, 1..=2, ..] | [1..=2, 1..=2, 4, ..] | [1..=2, 1..=2, 2] => true,
                [1..=2, 1..=2, 2, ..] => self.groups.get(3).is_some_and(|fourth| fourth.joint != third.joint),
                _ => false,
            }
    }
}

/// The joint at `at`, and where the next group starts.
fn joint_at(text: &str, at: usize) -> Option<(Joint, usize)> {
    let mut joint = Joint::Blank;
    let mut blanks = 0;
    let mut marks = 0;
    for (offset, ch) in text.get(at..)?.char_indices().take(4) {
        match ch {
            '0'..='9' => return (offset > 0 && blanks < 3 && marks <= 2).then_some((joint, at + offset)),
            // Also no-break spaces.
            ' ' | '\u{a0}' | '\u{202f}' => blanks += 1,
            '-' | '\u{2010}' | '\u{2011}' if marks == 0 || joint == Joint::Parenthesis => {
                joint = Joint::Hyphen;
            }
            '.' if marks == 0 => joint = Joint::Point,
            '/' if marks == 0 => joint = Joint::Slash,
            '(' | ')' => joint = Joint::Parenthesis,
            _ => return None,
        }
        marks += usize::from(!matches!(ch, ' ' | '\u{a0}' | '\u{202f}'));
        // Two blanks in a row separate columns.
        if blanks == 2 && marks == 0 {
            return None;
        }
    }
    None
}
