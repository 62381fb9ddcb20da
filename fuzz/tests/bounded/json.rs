//! Changes that leave most of a JSON text well-formed.

use crate::random::Random;

/// What may stand where a value or a name stood.
const VALUES: [&str; 44] = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "-1",
    "1.5",
    "1e400",
    "-1e400",
    "1e-400",
    "4294967296",
    "18446744073709551616",
    "-9223372036854775809",
    "0.1e1",
    "01",
    "NaN",
    "\"\"",
    "\" \"",
    "\"a\"",
    "\"\\n\"",
    "\"\\u0000\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\u{feff}\"",
    "\"\u{202e}\u{1f600}\"",
    "\"\\\"}{\"",
    "\"{}\"",
    "\"text\"",
    "\"user\"",
    "\"assistant\"",
    "\"tool\"",
    "\"system\"",
    "\"data:image/png;base64,\"",
    "\"data:,\"",
    "\"s3://\"",
    "\"https://[\"",
    "\"type\"",
    "\"content\"",
    "[]",
    "{}",
    "[[[[[[]]]]]]",
    "{\"type\":\"text\",\"text\":\"\"}",
    "[null]",
    "{\"\":{\"\":1}}",
];

/// Changes a text, which need not be JSON, at one of its values: another value in its place, its
/// neighbour once more, much of it, or nothing.
pub(crate) fn mutate(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let scalars = scalars(bytes);
    if scalars.is_empty() {
        return bytes.extend_from_slice(random.one_of(&VALUES).as_bytes());
    }
    let place = random.one_of(&scalars).clone();
    let is_name = bytes[place.end..].iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':');
    let with = match random.below(8) {
        0 => {
            let foreign = self::scalars(other);
            if foreign.is_empty() { Vec::new() } else { other[random.one_of(&foreign).clone()].to_vec() }
        }
        1 => bytes[random.one_of(&scalars).clone()].to_vec(),
        2 => format!("\"{}\"", "long ".repeat(random.below(2000))).into_bytes(),
        3 => {
            let depth = *random.one_of(&[1, 50, 127, 128, 200, 300, 20_000]);
            format!("{}{}", "[".repeat(depth), "]".repeat(depth)).into_bytes()
        }
        4 => inside_of(&bytes[place.clone()], random),
        _ => random.one_of(&VALUES).as_bytes().to_vec(),
    };
    // Most texts stay JSON: a name is always a string.
    if is_name && with.first() != Some(&b'"') {
        return drop(bytes.splice(place, *b"\"name\""));
    }
    bytes.splice(place, with);
}

/// A value with one character more.
fn inside_of(value: &[u8], random: &mut Random) -> Vec<u8> {
    let mut value = value.to_vec();
    let at = random.below(value.len());
    let more = ["\\\"", "\\u0007", "/", "9", "é", "\\\\", " ", "\u{0}", "."];
    value.splice(at..at, random.one_of(&more).bytes());
    value
}

/// Where strings, numbers and words stand.
fn scalars(text: &[u8]) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text.get(at) {
        let start = at;
        at += 1;
        if *first == b'"' {
            while text.get(at).is_some_and(|byte| *byte != b'"') {
                at += if text[at] == b'\\' { 2 } else { 1 };
            }
            at = (at + 1).min(text.len());
        } else if is_plain(*first) {
            while text.get(at).is_some_and(|byte| is_plain(*byte)) {
                at += 1;
            }
        } else {
            continue;
        }
        found.push(start..at);
    }
    found
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+-.".contains(&byte)
}
