//! Payment card numbers: 13 to 19 digits with an issuer's prefix and a valid check digit (ISO/IEC
//! 7812), as one run or in groups with single spaces, hyphens or points between.

use std::ops::Range;

use super::surroundings::{byte_before, ends_number};

const SHORTEST: usize = 13;
const LONGEST: usize = 19;
/// Groups of any sensible print are inside these bounds; columns of small numbers are not.
const GROUP: std::ops::RangeInclusive<usize> = 2..=7;

/// The card number whose first digit stands at `at`.
pub(crate) fn find(text: &str, at: usize) -> Option<Range<usize>> {
    // No issuer's numbers start with another digit: most numbers end here.
    if !matches!(text.as_bytes().get(at)?, b'2'..=b'6') || !starts_here(text, at) {
        return None;
    }
    let ends = |end| ends_number(text, end) || another_follows(text, end);
    Some(at..longest(text, at, ends)?)
}

/// Whether a hyphen joins another card number.
pub(crate) fn another_follows(text: &str, end: usize) -> bool {
    text.as_bytes().get(end) == Some(&b'-') && longest(text, end + 1, |_| true).is_some()
}

/// The end of the longest card number that starts at `at` and may end where it does.
fn longest(text: &str, at: usize, may_end: impl Fn(usize) -> bool) -> Option<usize> {
    let mut digits = [0_u8; LONGEST];
    let mut count = 0;
    let mut end = at;
    let mut found = None;
    loop {
        let rest = text.as_bytes().get(end..)?;
        let group = rest.iter().take(LONGEST + 1).take_while(|byte| byte.is_ascii_digit()).count();
        // No room: the number is longer than any card's.
        let Some(slots) = digits.get_mut(count..count + group) else { break };
        for (slot, byte) in slots.iter_mut().zip(rest) {
            *slot = byte - b'0';
        }
        count += group;
        end += group;
        if count >= SHORTEST && is_card(digits.get(..count)?) && may_end(end) {
            found = Some(end);
        }
        match rest.get(group..).and_then(joint) {
            Some(length) if GROUP.contains(&group) => end += length,
            _ => break,
        }
    }
    found
}

/// The length of what joins a group of digits to the next: a blank, also one of those that break
/// no line, a hyphen or a point.
fn joint(rest: &[u8]) -> Option<usize> {
    match rest {
        [b' ' | b'-' | b'.', b'0'..=b'9', ..] => Some(1),
        // U+00A0 and U+202F.
        [0xc2, 0xa0, b'0'..=b'9', ..] => Some(2),
        [0xe2, 0x80, 0xaf, b'0'..=b'9', ..] => Some(3),
        _ => None,
    }
}

/// Whether the digit is not the continued part of a word, a longer number or a fraction.
fn starts_here(text: &str, at: usize) -> bool {
    match byte_before(text, at) {
        Some(b'.' | b'-') => !byte_before(text, at - 1).is_some_and(|byte| byte.is_ascii_digit()),
        before => !before.is_some_and(|byte| byte.is_ascii_alphanumeric()),
    }
}

fn is_card(digits: &[u8]) -> bool {
    has_known_prefix(digits) && luhn(digits)
}

/// Issuer identification numbers of the card networks, with the lengths they issue.
fn has_known_prefix(digits: &[u8]) -> bool {
    let prefix = digits.iter().take(4).fold(0_u32, |number, digit| number * 10 + u32::from(*digit));
    let length = digits.len();
    match prefix {
        // Visa.
        4000..=4999 => matches!(length, 13 | 16 | 19),
        // Mastercard.
        5100..=5599 | 2221..=2720 => length == 16,
        // American Express.
        3400..=3499 | 3700..=3799 => length == 15,
        // Diners Club.
        3000..=3059 | 3095 | 3600..=3699 | 3800..=3999 => (14..=19).contains(&length),
        // JCB, Discover, UnionPay.
        3528..=3589 | 6011 | 6440..=6599 | 6200..=6299 => (16..=19).contains(&length),
        // Maestro.
        5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763 => (13..=19).contains(&length),
        _ => false,
    }
}

/// The check digit of ISO/IEC 7812-1, annex B.
fn luhn(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit) if digit > 4 => 2 * digit - 9,
            (_, digit) => 2 * digit,
        })
        .sum();
    sum.is_multiple_of(10)
}
