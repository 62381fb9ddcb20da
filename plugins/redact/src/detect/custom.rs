//! What the operator's own patterns match.

use regex_lite::Regex;

use super::{Finding, Kind};

/// A pattern of the operator, under the label that its placeholders carry.
#[derive(Debug)]
pub(crate) struct Pattern {
    pub(crate) label: String,
    pub(crate) regex: Regex,
}

/// Adds the matches of all patterns.
pub(crate) fn find_all(text: &str, patterns: &[Pattern], findings: &mut Vec<Finding>) {
    for (index, pattern) in patterns.iter().enumerate() {
        let matches = pattern.regex.find_iter(text).filter(|found| !found.is_empty());
        findings.extend(matches.map(|found| Finding { kind: Kind::Custom(index), span: found.range() }));
    }
}
