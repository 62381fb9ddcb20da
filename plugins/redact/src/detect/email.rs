//! E-mail addresses: the everyday form of RFC 5321, with letters of Europe's alphabets allowed
//! (RFC 6531). No quoted local parts, no address literals, no comments.

use std::ops::Range;

/// RFC 5321, 4.5.3.1.1.
const LONGEST_LOCAL_PART: usize = 64;
const LONGEST_DOMAIN: usize = 255;
const LONGEST_LABEL: usize = 63;

/// Endings that are no top-level domain, but make a file name such as `icon@2x.png` look like one.
const FILE_ENDINGS: [&str; 10] = ["png", "jpg", "jpeg", "gif", "svg", "webp", "js", "css", "html", "json"];

/// The address whose `@` stands at `at`.
pub(crate) fn find(text: &str, at: usize) -> Option<Range<usize>> {
    let end = domain_end(text, at + 1)?;
    let start = local_start(text, at)?;
    // `git@github.com:owner/name` and its like name a service.
    (text.get(start..at)? != "git").then_some(start..end)
}

fn local_start(text: &str, at: usize) -> Option<usize> {
    let mut start = at;
    for (index, ch) in text.get(..at)?.char_indices().rev() {
        if at - index > LONGEST_LOCAL_PART || !is_local(ch) {
            break;
        }
        start = index;
    }
    let local = text.get(start..at)?;
    let trimmed = local.trim_start_matches(['.', '-', '\'', '+', '%', '&']);
    (!trimmed.is_empty() && !trimmed.ends_with('.')).then(|| at - trimmed.len())
}

/// The end of the longest domain that starts at `from`: two labels or more, the last of letters.
fn domain_end(text: &str, from: usize) -> Option<usize> {
    let domain = text.get(from..)?;
    let domain = domain.get(..domain.floor_char_boundary(LONGEST_DOMAIN))?;
    let mut found = None;
    let mut start = 0;
    for number in 1.. {
        let rest = domain.get(start..)?;
        let length = rest.find(|ch| !is_label(ch)).unwrap_or(rest.len());
        let label = rest.get(..length)?;
        if label.is_empty() || label.starts_with('-') {
            break;
        }
        // In `example.com-based`, the address ends before the hyphen.
        let top = if label.starts_with("xn--") { label } else { letters(label) };
        if number > 1 && top.len() <= LONGEST_LABEL && is_top_level(top) {
            found = Some((start + top.len(), top));
        }
        if length > LONGEST_LABEL || rest.as_bytes().get(length) != Some(&b'.') {
            break;
        }
        start += length + 1;
    }
    let (end, top) = found?;
    (!FILE_ENDINGS.iter().any(|ending| ending.eq_ignore_ascii_case(top))).then_some(from + end)
}

/// The letters at the start, without what is glued to them: in `com1`, `com-based` and `comAKIA`,
/// it is `com`.
fn letters(label: &str) -> &str {
    let end = label.find(|ch: char| !ch.is_alphabetic()).unwrap_or(label.len());
    let letters = label.get(..end).unwrap_or(label);
    let capital = letters.find(char::is_uppercase).filter(|at| *at > 0).unwrap_or(letters.len());
    match letters.get(..capital) {
        Some(lower) if is_top_level(lower) => lower,
        _ => letters,
    }
}

fn is_top_level(label: &str) -> bool {
    label.starts_with("xn--") || (label.chars().all(char::is_alphabetic) && label.chars().nth(1).is_some())
}

fn is_local(ch: char) -> bool {
    ch.is_ascii_alphanumeric() || matches!(ch, '.' | '_' | '%' | '+' | '-' | '\'' | '&') || is_european(ch)
}

fn is_label(ch: char) -> bool {
    ch.is_ascii_alphanumeric() || ch == '-' || is_european(ch)
}

/// Latin, Greek and Cyrillic letters beyond ASCII. Scripts written without spaces are left out:
/// a word before the address would become a part of it.
fn is_european(ch: char) -> bool {
    matches!(ch, '\u{c0}'..='\u{52f}') && ch.is_alphabetic()
}
