//! The operator's page about this format, `docs/openai.md`, says the same as the table.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::Path;

use super::{FIELDS, Treatment};

/// The rows of the page's table called `name`: what stands between its two marks, without the heading.
fn rows(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openai.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (begin, end) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let table = page.split_once(&begin).unwrap().1.split_once(&end).unwrap().0;
    table.trim().lines().skip(2).map(str::to_owned).collect()
}

fn code(texts: &[&str]) -> String {
    texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")
}

#[test]
fn the_page_tells_what_becomes_of_each_field() {
    let table: Vec<String> = FIELDS
        .iter()
        .map(|field| {
            let (word, harmless, because) = match field.treatment {
                Treatment::Mapped => ("mapped", String::new(), String::new()),
                Treatment::Ignored => ("ignored", String::new(), String::new()),
                Treatment::Dropped { harmless } => ("reported", code(harmless), String::new()),
                Treatment::Refused { harmless, because } => {
                    ("refused", code(harmless), format!("`{}` {because}", field.name))
                }
            };
            format!("| `{}` | {word} | {harmless} | {because} |", field.name)
        })
        .collect();
    assert!(rows("fields") == table, "the rows between the marks `fields` have to be:\n{}", table.join("\n"));
}

#[test]
fn the_page_tells_where_each_mapped_field_goes() {
    let shown: Vec<String> =
        rows("mapped").iter().map(|row| row.split('`').nth(1).unwrap().to_owned()).collect();
    let mapped: Vec<&str> =
        FIELDS.iter().filter(|field| field.treatment == Treatment::Mapped).map(|field| field.name).collect();
    assert_eq!(shown, mapped);
}
