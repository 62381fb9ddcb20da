//! What is found in a text.

mod code;
mod date;
mod email;
mod json;
mod url;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Arguments {
    text: String,
    kinds: Option<Vec<Kind>>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Emails,
    Urls,
    Dates,
    Json,
    Code,
    Headings,
}

/// What was found, in the text's order. What was not asked for is none.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Extracted<'t> {
    #[serde(skip_serializing_if = "Option::is_none")]
    emails: Option<Vec<&'t str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    urls: Option<Vec<&'t str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dates: Option<Vec<date::Date<'t>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    json: Option<Vec<&'t RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Vec<code::Code<'t>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headings: Option<Vec<code::Heading<'t>>>,
}

pub(crate) fn run(Arguments { text, kinds }: &Arguments) -> Extracted<'_> {
    let wanted = |kind| kinds.as_ref().is_none_or(|kinds| kinds.contains(&kind));
    let blocks =
        if wanted(Kind::Code) || wanted(Kind::Headings) { code::find(text) } else { code::Blocks::default() };
    Extracted {
        emails: wanted(Kind::Emails).then(|| once(email::find(text))),
        urls: wanted(Kind::Urls).then(|| once(url::find(text))),
        dates: wanted(Kind::Dates).then(|| date::find(text)),
        json: wanted(Kind::Json).then(|| json::find(text)),
        code: wanted(Kind::Code).then_some(blocks.code),
        headings: wanted(Kind::Headings).then_some(blocks.headings),
    }
}

/// Each of them where it comes first.
fn once(found: Vec<&str>) -> Vec<&str> {
    let mut seen = std::collections::HashSet::new();
    found.into_iter().filter(|it| seen.insert(*it)).collect()
}
