//! International bank account numbers (ISO 13616): country, length and check digits must be right.

use std::ops::Range;

use super::surroundings::{ends_word, stands_alone};

/// Lengths by country, from the SWIFT IBAN registry. Sorted.
#[rustfmt::skip]
const LENGTHS: [(&[u8; 2], usize); 89] = [
    (b"AD", 24), (b"AE", 23), (b"AL", 28), (b"AT", 20), (b"AZ", 28), (b"BA", 20), (b"BE", 16), (b"BG", 22),
    (b"BH", 22), (b"BI", 27), (b"BR", 29), (b"BY", 28), (b"CH", 21), (b"CR", 22), (b"CY", 28), (b"CZ", 24),
    (b"DE", 22), (b"DJ", 27), (b"DK", 18), (b"DO", 28), (b"EE", 20), (b"EG", 29), (b"ES", 24), (b"FI", 18),
    (b"FK", 18), (b"FO", 18), (b"FR", 27), (b"GB", 22), (b"GE", 22), (b"GI", 23), (b"GL", 18), (b"GR", 27),
    (b"GT", 28), (b"HN", 28), (b"HR", 21), (b"HU", 28), (b"IE", 22), (b"IL", 23), (b"IQ", 23), (b"IS", 26),
    (b"IT", 27), (b"JO", 30), (b"KW", 30), (b"KZ", 20), (b"LB", 28), (b"LC", 32), (b"LI", 21), (b"LT", 20),
    (b"LU", 20), (b"LV", 21), (b"LY", 25), (b"MC", 27), (b"MD", 24), (b"ME", 22), (b"MK", 19), (b"MN", 20),
    (b"MR", 27), (b"MT", 31), (b"MU", 30), (b"NI", 28), (b"NL", 18), (b"NO", 15), (b"OM", 23), (b"PK", 24),
    (b"PL", 28), (b"PS", 29), (b"PT", 25), (b"QA", 29), (b"RO", 24), (b"RS", 22), (b"RU", 33), (b"SA", 24),
    (b"SC", 31), (b"SD", 18), (b"SE", 24), (b"SI", 19), (b"SK", 24), (b"SM", 27), (b"SO", 23), (b"ST", 25),
    (b"SV", 28), (b"TL", 23), (b"TN", 24), (b"TR", 26), (b"UA", 29), (b"VA", 22), (b"VG", 24), (b"XK", 20),
    (b"YE", 30),
];

/// The account number whose first check digit stands at `at`, two letters into it.
pub(crate) fn find(text: &str, at: usize) -> Option<Range<usize>> {
    let start = at.checked_sub(2)?;
    let bytes = text.as_bytes();
    let country = [bytes.get(start)?.to_ascii_uppercase(), bytes.get(start + 1)?.to_ascii_uppercase()];
    if !bytes.get(at + 1)?.is_ascii_digit() || !stands_alone(text, start) {
        return None;
    }
    let place = LENGTHS.binary_search_by(|(code, _)| (*code).cmp(&country)).ok()?;
    let (_, length) = LENGTHS.get(place)?;
    let end = end_of(bytes, start, *length)?;
    (ends_word(text, end) && check_digits_fit(bytes.get(start..end)?)).then_some(start..end)
}

/// The end of a number of that many letters and digits, with single spaces or hyphens between.
fn end_of(bytes: &[u8], start: usize, length: usize) -> Option<usize> {
    let mut count = 0;
    let mut after_joint = false;
    let mut end = start;
    for byte in bytes.get(start..)? {
        let joint = matches!(byte, b' ' | b'-');
        match (byte.is_ascii_alphanumeric(), joint) {
            (true, _) => count += 1,
            (false, true) if !after_joint => {}
            _ => return None,
        }
        after_joint = joint;
        end += 1;
        if count == length {
            break;
        }
    }
    (count == length).then_some(end)
}

/// ISO 7064 MOD 97-10 over the number with its first four characters moved to the end.
fn check_digits_fit(number: &[u8]) -> bool {
    let characters = || number.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let rearranged = characters().skip(4).chain(characters().take(4));
    rearranged.fold(0, |remainder, byte| match byte {
        b'0'..=b'9' => (remainder * 10 + u32::from(byte - b'0')) % 97,
        letter => (remainder * 100 + u32::from(letter.to_ascii_uppercase() - b'A') + 10) % 97,
    }) == 1
}
