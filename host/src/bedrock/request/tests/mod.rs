#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

mod golden;
mod translation;

use bytes::Bytes;
use serde_json::{Value, json};

use crate::chat::{
    Blob, Effort, Json, MediaType, Message, Reasoning, ResultPart, Role, Sampling, Source, Strictness,
    Thinking, Tool, ToolResult, ToolResultStatus, ToolUse,
};

use super::*;

fn body(request: &Request) -> Result<Vec<u8>, Failure> {
    write(request, &Capabilities::default()).map(|written| written.body.into())
}

fn empty() -> Request {
    Request::new("m", vec![user([text("Hello")])])
}

fn text(text: &str) -> Part {
    Part::Text(text.to_owned())
}

fn user<const N: usize>(parts: [Part; N]) -> Message {
    Message { role: Role::User, parts: parts.into() }
}

fn assistant<const N: usize>(parts: [Part; N]) -> Message {
    Message { role: Role::Assistant, parts: parts.into() }
}

fn call() -> Part {
    let input = Json::from_checked(r#"{"z":1.50,"a":12345678901234567890}"#);
    Part::ToolUse(ToolUse { id: "c1".to_owned(), name: "weather".to_owned(), input })
}

fn result(status: ToolResultStatus, content: Vec<ResultPart>) -> Part {
    Part::ToolResult(ToolResult { tool_use_id: "c1".to_owned(), status, content })
}

fn tool() -> Tool {
    Tool {
        name: "weather".to_owned(),
        description: Some("Tells the weather".to_owned()),
        input_schema: Json::from_checked(r#"{"type":"object"}"#),
        strictness: Strictness::Loose,
        cache: None,
    }
}

fn hello() -> Value {
    json!([{ "role": "user", "content": [{ "text": "Hello" }] }])
}

#[track_caller]
fn check(request: &Request, expected: &Value) {
    let written: Value = serde_json::from_slice(&body(request).unwrap()).unwrap();
    assert_eq!(&written, expected);
}

#[test]
fn writes_no_member_that_would_be_empty() {
    check(&empty(), &json!({ "messages": hello() }));
}

#[test]
fn writes_instructions_and_sampling() {
    let request = Request {
        system: vec![text("Be brief"), text(" "), text("Be kind")],
        sampling: Sampling {
            max_tokens: Some(100),
            temperature: Some(0.0),
            top_p: Some(0.9),
            top_k: None,
            stop_sequences: vec!["END".to_owned()],
        },
        ..empty()
    };
    let expected = json!({
        "system": [{ "text": "Be brief" }, { "text": "Be kind" }],
        "messages": hello(),
        "inferenceConfig": { "maxTokens": 100, "temperature": 0.0, "topP": 0.9, "stopSequences": ["END"] },
    });
    check(&request, &expected);
    let written = String::from_utf8(body(&request).unwrap()).unwrap();
    assert!(written.contains(r#""topP":0.9,"#), "{written}");
}

#[test]
fn writes_blocks_of_every_kind() {
    let image = || Blob {
        media_type: MediaType::Jpeg,
        source: Source::Bytes(Bytes::from_static(&[0xff, 0xd8, 0xff])),
    };
    let thought = |signature: Option<&str>| {
        Part::Reasoning(Reasoning { text: "Hm".to_owned(), signature: signature.map(str::to_owned) })
    };
    let request = Request {
        messages: vec![
            user([text("Look"), Part::Blob(image())]),
            assistant([thought(Some("seal")), thought(None), text("I will ask"), call()]),
            user([
                result(
                    ToolResultStatus::Error,
                    vec![ResultPart::Text("no".to_owned()), ResultPart::Blob(image())],
                ),
                result(ToolResultStatus::Success, vec![ResultPart::Text(String::new())]),
            ]),
        ],
        tools: vec![tool()],
        tool_choice: Some(ToolChoice::Auto),
        ..empty()
    };
    let image = json!({ "image": { "format": "jpeg", "source": { "bytes": "/9j/" } } });
    let expected = json!({
        "messages": [
            { "role": "user", "content": [{ "text": "Look" }, image] },
            { "role": "assistant", "content": [
                { "reasoningContent": { "reasoningText": { "text": "Hm", "signature": "seal" } } },
                { "text": "I will ask" },
                { "toolUse": {
                    "toolUseId": "c1", "name": "weather",
                    "input": { "z": 1.5, "a": 12_345_678_901_234_567_890_u64 },
                } },
            ] },
            { "role": "user", "content": [
                { "toolResult": { "toolUseId": "c1", "content": [{ "text": "no" }], "status": "error" } },
                { "toolResult": { "toolUseId": "c1", "content": [{ "text": "(The tool gave no output.)" }] } },
                image,
            ] },
        ],
        "toolConfig": { "tools": [{ "toolSpec": {
            "name": "weather", "description": "Tells the weather",
            "inputSchema": { "json": { "type": "object" } },
        } }] },
    });
    check(&request, &expected);
}

#[test]
fn keeps_the_order_and_the_digits_of_json() {
    let request = Request { messages: vec![user([text("Hi")]), assistant([call()])], ..empty() };
    let written = String::from_utf8(body(&request).unwrap()).unwrap();
    assert!(written.contains(r#""input":{"z":1.50,"a":12345678901234567890}"#), "{written}");
}

#[test]
fn writes_which_tool_has_to_be_called() {
    for (choice, expected) in [
        (ToolChoice::Any, json!({ "any": {} })),
        (ToolChoice::Named("weather".to_owned()), json!({ "tool": { "name": "weather" } })),
    ] {
        let request = Request { tools: vec![tool()], tool_choice: Some(choice), ..empty() };
        let written: Value = serde_json::from_slice(&body(&request).unwrap()).unwrap();
        assert_eq!(written.pointer("/toolConfig/toolChoice"), Some(&expected));
    }
}

#[test]
fn withholds_tools_that_must_not_be_called() {
    let request = Request { tools: vec![tool()], tool_choice: Some(ToolChoice::None), ..empty() };
    check(&request, &json!({ "messages": hello() }));
}

#[test]
fn offers_a_placeholder_where_only_the_history_knows_tools() {
    for tools in [vec![], vec![tool()]] {
        let request = Request {
            messages: vec![
                user([text("Hi")]),
                assistant([call()]),
                user([result(ToolResultStatus::Success, vec![])]),
            ],
            tools,
            tool_choice: Some(ToolChoice::None),
            ..empty()
        };
        let written: Value = serde_json::from_slice(&body(&request).unwrap()).unwrap();
        let names = written.pointer("/toolConfig/tools/0/toolSpec/name").unwrap();
        assert_eq!((names, Calls::of(&request)), (&json!("no_tool_available"), Calls::Withheld));
    }
}

#[test]
fn closes_the_gaps_that_removed_text_leaves() {
    let request = Request {
        messages: vec![user([text("One")]), assistant([text(" \n")]), user([text(""), text("Two")])],
        ..empty()
    };
    let content = json!([{ "text": "One" }, { "text": "Two" }]);
    check(&request, &json!({ "messages": [{ "role": "user", "content": content }] }));
}

#[test]
fn refuses_what_converse_has_no_place_for() {
    let nothing = Request { messages: vec![user([text(" ")])], ..empty() };
    assert_eq!(body(&nothing).unwrap_err().param.as_deref(), Some("messages"));
    let image = Blob { media_type: MediaType::Png, source: Source::Bytes(Bytes::new()) };
    let picture = Request { system: vec![text("a"), Part::Blob(image)], ..empty() };
    assert_eq!(body(&picture).unwrap_err().param.as_deref(), Some("system[1]"));
}

#[test]
fn a_message_of_cache_marks_alone_is_none() {
    let mark = || Part::CachePoint(crate::chat::CacheTtl::Default);
    let said = Request::new(
        "m",
        vec![
            user([text(" "), mark()]),
            assistant([text("A")]),
            user([text("B")]),
            assistant([text(""), mark()]),
            user([text("C")]),
        ],
    );
    let capabilities =
        crate::capability::Models::built_in().capabilities("anthropic.claude-sonnet-4-5-20250929-v1:0");
    let written: Value = serde_json::from_slice(&write(&said, &capabilities).unwrap().body).unwrap();
    let expected = json!([
        { "role": "user", "content": [{ "text": "(The beginning of this conversation is not shown.)" }] },
        { "role": "assistant", "content": [{ "text": "A" }] },
        { "role": "user", "content": [{ "text": "B" }, { "text": "C" }] },
    ]);
    assert_eq!(written["messages"], expected);
    let nothing = Request::new("m", vec![user([text(""), mark()])]);
    assert_eq!(body(&nothing).unwrap_err().param.as_deref(), Some("messages"));
}

#[test]
fn says_how_many_tokens_the_body_allows() {
    let models = crate::capability::Models::built_in();
    let mut allowed = Vec::new();
    for model in ["us.anthropic.claude-3-7-sonnet-20250219-v1:0", "us.amazon.nova-2-lite-v1:0"] {
        let mut request = Request { thinking: Thinking::Effort(Effort::High), ..empty() };
        // Claude gets room for its thoughts; Nova takes no limit with high effort.
        request.sampling.max_tokens = model.contains("claude").then_some(100);
        let written = write(&request, &models.capabilities(model)).unwrap();
        let body: Value = serde_json::from_slice(&written.body).unwrap();
        assert_eq!(
            written.max_tokens.map(u64::from),
            body["inferenceConfig"]["maxTokens"].as_u64(),
            "{body}"
        );
        allowed.push(written.max_tokens);
    }
    assert!(allowed[0] > Some(100));
    assert_eq!(allowed[1], None);
}
