//! What clients and models are told of the tools.

use std::collections::BTreeMap;

use adit_plugin::tools::Tool;
use serde_json::{Value, json};

use crate::config::Name;

/// A tool as it is listed.
pub(crate) fn tool(name: Name) -> Tool {
    match name {
        Name::Count => count(),
        Name::Chunk => chunk(),
        Name::Extract => extract(),
    }
}

fn count() -> Tool {
    let whole = || json!({ "type": "integer", "minimum": 0 });
    let output =
        object(&["characters", "words", "lines", "bytes", "estimated_tokens"].map(|name| (name, whole())));
    made(
        "count",
        "Count text",
        "Counts the characters, words, lines and bytes of a text exactly, and estimates its tokens (a quarter of its \
         bytes). Use it instead of counting yourself.",
        &object(&[("text", text())]),
        &output,
    )
}

fn chunk() -> Tool {
    let number = |minimum: u32, description: &str| json!({ "type": "integer", "minimum": minimum, "description": description });
    let overlap = "How much of the end of a chunk is repeated at the start of the next, in `unit`: at most half of `size`.";
    let unit = "What `size` and `overlap` are counted in. Tokens are estimated: four bytes each.";
    let input = object_with(
        &[
            ("text", text()),
            ("size", number(1, "The most that a chunk has, in `unit`.")),
            ("overlap", number(0, overlap)),
            ("unit", json!({ "enum": ["characters", "tokens"], "description": unit })),
        ],
        &["text", "size"],
    );
    let piece = object(&[
        ("index", number(0, "From 0.")),
        ("start", number(0, "Where it begins, in characters of the whole text.")),
        ("end", number(0, "Where it ends, in characters of the whole text.")),
        ("text", json!({ "type": "string" })),
    ]);
    made(
        "chunk",
        "Split text",
        "Splits a text into chunks of at most `size`, which end at paragraphs if possible, else at sentences, lines or \
         words. Use it before embedding or summarizing a long text.",
        &input,
        &object(&[("chunks", json!({ "type": "array", "items": piece }))]),
    )
}

fn extract() -> Tool {
    const KINDS: [&str; 6] = ["emails", "urls", "dates", "json", "code", "headings"];
    let kinds = json!({
        "type": "array",
        "items": { "enum": KINDS },
        "description": "What to look for; all of it without this.",
    });
    let input = object_with(&[("text", text()), ("kinds", kinds)], &["text"]);
    let string = || json!({ "type": "string" });
    let maybe = |kind: &str, description: &str| json!({ "type": [kind, "null"], "description": description });
    let date = object(&[
        ("text", string()),
        ("date", maybe("string", "As YYYY-MM-DD; null if day and month cannot be told apart.")),
    ]);
    let code = object(&[("language", maybe("string", "What stands behind the fence.")), ("code", string())]);
    let heading =
        object(&[("level", json!({ "type": "integer", "minimum": 1, "maximum": 6 })), ("text", string())]);
    let list = |items: Value| json!({ "type": "array", "items": items });
    let found = [
        ("emails", list(string())),
        ("urls", list(string())),
        ("dates", list(date)),
        ("json", json!({ "type": "array", "items": { "type": ["object", "array"] } })),
        ("code", list(code)),
        ("headings", list(heading)),
    ];
    // What was not asked for is not there.
    let output = object_with(&found, &[]);
    made(
        "extract",
        "Extract from text",
        "Finds e-mail addresses, http(s) URLs, dates, JSON objects and arrays, fenced code blocks and Markdown headings \
         in a text, in their order. Use it to get them exactly as they are written.",
        &input,
        &output,
    )
}

fn text() -> Value {
    json!({ "type": "string", "description": "The whole text." })
}

/// A schema of an object that has all of these members and no others.
fn object<const N: usize>(members: &[(&str, Value); N]) -> Value {
    object_with(members, &members.each_ref().map(|(name, _)| *name))
}

/// A schema of an object that has no members but these.
fn object_with(members: &[(&str, Value)], required: &[&str]) -> Value {
    json!({
        "type": "object",
        "properties": members.iter().cloned().collect::<BTreeMap<_, _>>(),
        "required": required,
        "additionalProperties": false,
    })
}

fn made(name: &str, title: &str, description: &str, input: &Value, output: &Value) -> Tool {
    Tool::new(name, description, input.to_string()).title(title).output_schema(output.to_string()).pure()
}
