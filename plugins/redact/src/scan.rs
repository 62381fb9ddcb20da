//! One pass over a text that asks the detectors where something may stand.

use std::cmp::Reverse;
use std::ops::Range;

use crate::config::{Kinds, Settings};
use crate::detect::{Finding, Kind, card, credential, custom, email, iban, ip, phone};
use crate::placeholder;
use crate::unescape::Unescaped;

/// Everything to redact in a text, from left to right, without overlaps.
///
/// Where findings overlap, the one that starts first wins, then the longer one, then the kind
/// that stands first in [`Kind`]. `known` comes before them all. What the operator allows is
/// left alone, and so is a placeholder of an earlier turn.
pub(crate) fn scan(text: &str, settings: &Settings, known: Vec<Finding>) -> Vec<Finding> {
    let known = without_overlaps(known);
    let unescaped = Unescaped::new(text);
    let (mut findings, placeholders) = built_in(&unescaped.text, settings.kinds);
    custom::find_all(&unescaped.text, &settings.patterns, &mut findings);
    findings.retain(|finding| !touches(&finding.span, &placeholders));
    if unescaped.differs() {
        for finding in &mut findings {
            finding.span = unescaped.written(&finding.span);
        }
        let placeholders: Vec<_> = placeholders.iter().map(|span| unescaped.written(span)).collect();
        find_as_written(text, settings, &placeholders, &mut findings);
    }
    let known_spans = spans(&known);
    findings.retain(|finding| !touches(&finding.span, &known_spans));
    findings.extend(known);
    let mut findings = without_overlaps(findings);
    findings.retain(|finding| {
        let value = text.get(finding.span.clone()).map(Unescaped::new);
        value.is_some_and(|value| !settings.allows(&value.text))
    });
    findings
}

/// Adds what the operator's patterns match in a text with backslashes that were no escapes, as in
/// the path `C:\users\nina`.
fn find_as_written(
    text: &str,
    settings: &Settings,
    placeholders: &[Range<usize>],
    findings: &mut Vec<Finding>,
) {
    if settings.patterns.is_empty() {
        return;
    }
    let found = spans(&without_overlaps(findings.clone()));
    let mut as_written = Vec::new();
    custom::find_all(text, &settings.patterns, &mut as_written);
    as_written.retain(|finding| !touches(&finding.span, &found) && !touches(&finding.span, placeholders));
    findings.extend(as_written);
}

fn spans(findings: &[Finding]) -> Vec<Range<usize>> {
    findings.iter().map(|finding| finding.span.clone()).collect()
}

/// The findings of the built-in detectors, and the spans of placeholders.
fn built_in(text: &str, kinds: Kinds) -> (Vec<Finding>, Vec<Range<usize>>) {
    let mut findings = Vec::new();
    let mut placeholders = Vec::new();
    let mut start = 0;
    while let Some(rest) = text.get(start..) {
        let mut add = |kind, span: Option<Range<usize>>| {
            let span = span.map(|span| start + span.start..start + span.end);
            match kind {
                Some(kind) => findings.extend(span.map(|span| Finding { kind, span })),
                None => placeholders.extend(span),
            }
        };
        let Some(end) = pass(rest, kinds, &mut add) else { break };
        start += end;
    }
    (findings, placeholders)
}

/// Reads a text up to its end, or up to where something starts that is glued to the end of a
/// value: read on its own, that has nothing before it. `add` gets findings with their kind, and
/// placeholders without one.
fn pass(text: &str, kinds: Kinds, add: &mut dyn FnMut(Option<Kind>, Option<Range<usize>>)) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut run = credential::Run::default();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let mut next = at + 1;
        match byte {
            b'0'..=b'9' => {
                if kinds.iban {
                    add(Some(Kind::Iban), iban::find(text, at));
                }
                if kinds.ip {
                    add(Some(Kind::Ip), ip::find_v4(text, at));
                }
                if kinds.phone {
                    add(Some(Kind::Phone), phone::find(text, at));
                }
                if kinds.card
                    && let Some(span) = card::find(text, at)
                {
                    let end = span.end;
                    add(Some(Kind::Card), Some(span));
                    if card::another_follows(text, end) {
                        return Some(end + 1);
                    }
                }
                next += bytes.iter().skip(next).take_while(|byte| byte.is_ascii_digit()).count();
            }
            b'@' if kinds.email => {
                if let Some(span) = email::find(text, at) {
                    let end = span.end;
                    add(Some(Kind::Email), Some(span));
                    if bytes.get(end).is_some_and(u8::is_ascii_alphanumeric) {
                        return Some(end);
                    }
                }
            }
            b':' if kinds.ip => add(Some(Kind::Ip), ip::find_v6(text, at)),
            b'+' | b'(' if kinds.phone => add(Some(Kind::Phone), phone::find(text, at)),
            b'[' => {
                if let Some(length) = bytes.get(at..).and_then(placeholder::length_at_start) {
                    next = at + length;
                    add(None, Some(at..next));
                }
            }
            first if kinds.credential => {
                if bytes.get(next).is_some_and(|second| credential::may_start_with(*first, *second))
                    && let Some(span) = credential::find(text, at, &mut run)
                {
                    next = span.end;
                    add(Some(Kind::Credential), Some(span));
                }
            }
            _ => {}
        }
        at = next;
    }
    None
}

fn without_overlaps(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_unstable_by_key(|finding| (finding.span.start, Reverse(finding.span.end), finding.kind));
    let mut end = 0;
    findings.retain(|finding| {
        let free = finding.span.start >= end;
        if free {
            end = finding.span.end;
        }
        free
    });
    findings
}

/// Whether a span shares bytes with one of the sorted spans.
fn touches(span: &Range<usize>, sorted: &[Range<usize>]) -> bool {
    let after = sorted.partition_point(|other| other.end <= span.start);
    sorted.get(after).is_some_and(|other| other.start < span.end)
}
