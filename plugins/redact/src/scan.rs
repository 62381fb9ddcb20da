//! One pass over a text that asks the detectors where something may stand.

use std::cmp::Reverse;
use std::ops::Range;

use crate::config::{Kinds, Settings};
use crate::detect::{Finding, Kind, card, credential, custom, email, iban, ip, phone};
use crate::placeholder;

/// Everything to redact in a text, from left to right, without overlaps.
///
/// Where findings overlap, the one that starts first wins, then the longer one, then the kind
/// that stands first in [`Kind`]. `known` comes before them all. What the operator allows is
/// left alone, and so is a placeholder of an earlier turn.
pub(crate) fn scan(text: &str, settings: &Settings, known: Vec<Finding>) -> Vec<Finding> {
    let known = without_overlaps(known);
    let (mut findings, placeholders) = built_in(text, settings.kinds);
    custom::find_all(text, &settings.patterns, &mut findings);
    let known_spans: Vec<_> = known.iter().map(|finding| finding.span.clone()).collect();
    findings
        .retain(|finding| !touches(&finding.span, &placeholders) && !touches(&finding.span, &known_spans));
    findings.extend(known);
    let mut findings = without_overlaps(findings);
    findings.retain(|finding| text.get(finding.span.clone()).is_some_and(|value| !settings.allows(value)));
    findings
}

/// The findings of the built-in detectors, and the spans of placeholders.
fn built_in(text: &str, kinds: Kinds) -> (Vec<Finding>, Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut findings = Vec::new();
    let mut placeholders = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let mut next = at + 1;
        let mut add =
            |kind, span: Option<Range<usize>>| findings.extend(span.map(|span| Finding { kind, span }));
        match byte {
            b'0'..=b'9' => {
                if kinds.iban {
                    add(Kind::Iban, iban::find(text, at));
                }
                if kinds.card {
                    add(Kind::Card, card::find(text, at));
                }
                if kinds.ip {
                    add(Kind::Ip, ip::find_v4(text, at));
                }
                if kinds.phone {
                    add(Kind::Phone, phone::find(text, at));
                }
                next += bytes.iter().skip(next).take_while(|byte| byte.is_ascii_digit()).count();
            }
            b'@' if kinds.email => add(Kind::Email, email::find(text, at)),
            b':' if kinds.ip => add(Kind::Ip, ip::find_v6(text, at)),
            b'+' | b'(' if kinds.phone => add(Kind::Phone, phone::find(text, at)),
            b'[' => {
                if let Some(length) = bytes.get(at..).and_then(placeholder::length_at_start) {
                    next = at + length;
                    placeholders.push(at..next);
                }
            }
            first if kinds.credential => {
                if bytes.get(next).is_some_and(|second| credential::may_start_with(*first, *second))
                    && let Some(span) = credential::find(text, at)
                {
                    next = span.end;
                    add(Kind::Credential, Some(span));
                }
            }
            _ => {}
        }
        at = next;
    }
    (findings, placeholders)
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
