//! The tools as clients call them.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail loudly")]

use adit_plugin::testing::{Session, context, tools};
use adit_plugin::tools::{Content, ToolResult};
use serde_json::{Value, json};
use text_tools::TextTools;

fn call(tool: &str, arguments: &Value) -> ToolResult {
    let mut session = Session::<TextTools>::start("{}", context()).unwrap();
    session.call_tool(tool, &arguments.to_string())
}

/// Structured content, which is there as a text too.
fn structured(tool: &str, arguments: &Value) -> Value {
    let result = call(tool, arguments);
    assert!(!result.is_error, "{result:?}");
    let json = result.structured.unwrap();
    assert_eq!(result.content, [Content::Text(json.clone())]);
    serde_json::from_str(&json).unwrap()
}

fn refusal(tool: &str, arguments: &Value) -> String {
    let result = call(tool, arguments);
    assert!(result.is_error && result.structured.is_none(), "{result:?}");
    match &result.content[..] {
        [Content::Text(why)] => why.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_operator_chooses_the_tools() {
    let names = |config: &str| -> Vec<String> {
        tools::<TextTools>(config).unwrap().into_iter().map(|tool| tool.name).collect()
    };
    assert_eq!(names("{}"), ["count", "chunk", "extract"]);
    assert_eq!(names(r#"{"tools":["extract","count"]}"#), ["count", "extract"]);
    for (config, path) in
        [(r#"{"tools":[]}"#, "/tools"), (r#"{"tools":["x"]}"#, "/tools/0"), (r#"{"a":1}"#, "/a")]
    {
        assert_eq!(tools::<TextTools>(config).unwrap_err()[0].path, path);
    }
}

#[test]
fn every_tool_describes_itself_in_full() {
    for tool in tools::<TextTools>("{}").unwrap() {
        assert!(tool.title.is_some() && tool.description.len() > 60, "{tool:?}");
        for schema in [&tool.input_schema, tool.output_schema.as_ref().unwrap()] {
            let schema: Value = serde_json::from_str(schema).unwrap();
            assert_eq!((&schema["type"], &schema["additionalProperties"]), (&json!("object"), &json!(false)));
        }
    }
}

#[test]
fn counts() {
    let counted = structured("count", &json!({"text": "one two\nthree"}));
    let expected = json!({"characters": 13, "words": 3, "lines": 2, "bytes": 13, "estimated_tokens": 4});
    assert_eq!(counted, expected);
}

#[test]
fn splits() {
    let text = "First one.\n\nThe second. And a third.";
    let chunked = structured("chunk", &json!({"text": text, "size": 24}));
    let expected = json!([
        {"index": 0, "start": 0, "end": 24, "text": "First one.\n\nThe second. "},
        {"index": 1, "start": 24, "end": 36, "text": "And a third."},
    ]);
    assert_eq!(chunked["chunks"], expected);
    let tokens = structured("chunk", &json!({"text": text, "size": 4, "overlap": 1, "unit": "tokens"}));
    assert!(tokens["chunks"].as_array().unwrap().len() > 2, "{tokens}");
}

#[test]
fn extracts() {
    let text = "# Notes of 2026-11-23\n\nWrite to ann@example.com or see https://example.com/a.\n\n\
                ```json\n{\"a\": 1}\n```\nAgain: ann@example.com";
    let expected = json!({
        "emails": ["ann@example.com"],
        "urls": ["https://example.com/a"],
        "dates": [{"text": "2026-11-23", "date": "2026-11-23"}],
        "json": [{"a": 1}],
        "code": [{"language": "json", "code": "{\"a\": 1}\n"}],
        "headings": [{"level": 1, "text": "Notes of 2026-11-23"}],
    });
    assert_eq!(structured("extract", &json!({"text": text})), expected);
    let some = structured("extract", &json!({"text": text, "kinds": ["dates", "urls"]}));
    assert_eq!(some, json!({"urls": expected["urls"], "dates": expected["dates"]}));
    let nothing = structured("extract", &json!({"text": "", "kinds": ["code"]}));
    assert_eq!(nothing, json!({"code": []}));
}

#[test]
fn says_what_is_wrong_with_arguments() {
    for (tool, arguments, why) in [
        ("count", json!({}), "missing field `text`"),
        ("count", json!({"text": 1}), "`/text`: "),
        ("count", json!({"text": "a", "tekst": "b"}), "`tekst`"),
        ("chunk", json!({"text": "a", "size": -1}), "`/size`: "),
        ("chunk", json!({"text": "a", "size": 0}), "`size` has to be 1 or more"),
        ("chunk", json!({"text": "a", "size": 2, "unit": "lines"}), "`/unit`: "),
        ("extract", json!({"text": "a", "kinds": ["names"]}), "`/kinds/0`: "),
    ] {
        let said = refusal(tool, &arguments);
        assert!(said.contains(why), "{said}");
    }
}
