//! IP addresses of version 4 and 6. Left alone are those that are the same on every machine
//! (loopback, unspecified, broadcast) or only look like one: netmasks, version numbers, and
//! version 6 ranges that are assigned to nobody, as in `a::b` of a program.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::surroundings::{announced, byte_before, ends_word, stands_alone};

/// `255.255.255.255`.
const LONGEST_V4: usize = 15;
/// `2001:0db8:0000:0000:0000:ffff:255.255.255.255`.
const LONGEST_V6: usize = 45;

/// Words before a number with dots that make it a version.
const VERSION_WORDS: [&str; 4] = ["version", "ver.", "release", "build"];

/// The version 4 address whose first digit stands at `at`.
pub(crate) fn find_v4(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if !bytes.get(at + 1..at + 4)?.contains(&b'.') || !v4_starts_here(text, at) {
        return None;
    }
    let run = run(text, at, LONGEST_V4, |byte| byte.is_ascii_digit() || byte == b'.')?.trim_end_matches('.');
    let address: Ipv4Addr = run.parse().ok()?;
    let end = at + run.len();
    let names_a_host =
        !(address.is_loopback() || address.is_unspecified() || address.octets().starts_with(&[255]));
    (names_a_host && ends_word(text, end) && !is_version(text, at, run)).then_some(at..end)
}

fn v4_starts_here(text: &str, at: usize) -> bool {
    match byte_before(text, at) {
        Some(b'.') => !byte_before(text, at - 1).is_some_and(|byte| byte.is_ascii_digit()),
        _ => stands_alone(text, at),
    }
}

/// `Chrome/120.0.0.0`, `version 1.2.3.4`, `1.2.3.4-beta`.
fn is_version(text: &str, at: usize, run: &str) -> bool {
    let after_product = byte_before(text, at) == Some(b'/')
        && byte_before(text, at - 1).is_some_and(|byte| byte.is_ascii_alphanumeric())
        && run.ends_with(".0.0");
    let mut rest = text.as_bytes().iter().skip(at + run.len());
    let before_suffix = rest.next() == Some(&b'-') && rest.next().is_some_and(u8::is_ascii_alphabetic);
    after_product || before_suffix || announced(text, at, 12, &VERSION_WORDS)
}

/// The version 6 address whose first colon stands at `at`.
pub(crate) fn find_v6(text: &str, at: usize) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    let follows = *bytes.get(at + 1)?;
    if !follows.is_ascii_hexdigit() && follows != b':' {
        return None;
    }
    let digits = bytes.get(..at)?.iter().rev().take(4).take_while(|byte| byte.is_ascii_hexdigit()).count();
    let start = at - digits;
    if !stands_alone(text, start) || byte_before(text, start) == Some(b':') {
        return None;
    }
    let run = run(text, start, LONGEST_V6, |byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'))?;
    let run = run.trim_end_matches('.');
    let run = if run.ends_with("::") { run } else { run.trim_end_matches(':') };
    let address: Ipv6Addr = run.parse().ok()?;
    let end = start + run.len();
    (names_a_host(address) && ends_word(text, end)).then_some(start..end)
}

/// The ranges in use, by IANA's registry of version 6 address space.
fn names_a_host(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    matches!(first, 0x2000..=0x3fff | 0xfc00..=0xfdff | 0xfe80..=0xfebf | 0xff00..=0xffff)
        || (first, second) == (0x64, 0xff9b)
        || address.to_ipv4_mapped().is_some_and(|inner| !inner.is_loopback() && !inner.is_unspecified())
}

/// The bytes from `start` on that belong, if they are not more than `longest` and a full stop.
fn run(text: &str, start: usize, longest: usize, belongs: impl Fn(u8) -> bool) -> Option<&str> {
    let window = text.as_bytes().get(start..)?.iter().take(longest + 2);
    let length = window.take_while(|byte| belongs(**byte)).count();
    text.get(start..start + length)
}
