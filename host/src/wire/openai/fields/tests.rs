//! The operator's page about this format, `docs/openai.md`, says the same as the table.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::path::Path;

use super::{CHAT, COMPLETIONS, EMBEDDINGS, Table, Treatment};

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

/// The rows that the page has to have for a table.
fn expected(table: &Table) -> Vec<String> {
    table
        .fields
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
        .collect()
}

#[test]
fn the_page_tells_what_becomes_of_each_field() {
    for (name, table) in [("fields", &CHAT), ("completions", &COMPLETIONS), ("embeddings", &EMBEDDINGS)] {
        let table = expected(table);
        assert!(rows(name) == table, "the rows between the marks `{name}` have to be:\n{}", table.join("\n"));
    }
}

#[test]
fn the_page_tells_where_each_mapped_field_goes() {
    let shown: Vec<String> =
        rows("mapped").iter().map(|row| row.split('`').nth(1).unwrap().to_owned()).collect();
    let mapped = CHAT.fields.iter().filter(|field| field.treatment == Treatment::Mapped);
    assert_eq!(shown, mapped.map(|field| field.name).collect::<Vec<_>>());
}
