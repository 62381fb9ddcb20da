#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use bytes::Bytes;
use serde_json::{Value, json};

use crate::capability::Capabilities;
use crate::chat::{
    Blob, CacheTtl, Document, DocumentFormat, GuardedText, Guardrail, GuardrailMode, GuardrailTrace,
    MediaType, Message, Part, Qualifier, Reasoning, ResultPart, Role, Sampling, Schema, Source, Tool,
    ToolResult, ToolResultStatus, ToolUse,
};

use super::*;

fn said(role: Role, parts: Vec<Part>) -> Message {
    Message { role, parts }
}

fn text(text: &str) -> Part {
    Part::Text(text.to_owned())
}

fn hello() -> Request {
    Request::new("xai.grok-4-fast", vec![said(Role::User, vec![text("Hello")])])
}

fn tool(schema: &str) -> Tool {
    Tool {
        name: "a tool with a name that Converse would not take".to_owned(),
        description: Some("What it is for".to_owned()),
        input_schema: Json::from_checked(schema),
        strictness: Strictness::Strict,
        cache: Some(CacheTtl::Default),
    }
}

fn png() -> Blob {
    Blob { media_type: MediaType::Png, source: Source::Bytes(Bytes::from_static(b"png")) }
}

fn called(id: &str) -> Part {
    let input = Json::from_checked(r#"{"b":1,"a":2}"#);
    Part::ToolUse(ToolUse { id: id.to_owned(), name: "weather".to_owned(), input })
}

fn result(id: &str, content: Vec<ResultPart>) -> Part {
    Part::ToolResult(ToolResult { tool_use_id: id.to_owned(), status: ToolResultStatus::Success, content })
}

fn written(request: &Request) -> Written {
    write(request, &Capabilities::default()).unwrap()
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(&written(request).body).unwrap()
}

#[test]
fn a_request_for_nothing_special_asks_for_nothing_special() {
    assert_eq!(
        body(&hello()),
        json!({
            "model": "xai.grok-4-fast",
            "messages": [{"role": "user", "content": "Hello"}],
            "stream": false,
        })
    );
}

#[test]
fn a_stream_always_ends_with_what_it_cost() {
    let request = Request { delivery: Delivery::Streamed, ..hello() };
    let body = body(&request);
    assert_eq!((&body["stream"], &body["stream_options"]), (&json!(true), &json!({"include_usage": true})));
}

#[test]
fn settings_have_their_openai_names() {
    let request = Request {
        tools: vec![tool(r#"{"type":"object"}"#)],
        tool_choice: Some(ToolChoice::Named("weather".to_owned())),
        parallel_calls: ParallelCalls::OneAtATime,
        sampling: Sampling {
            max_tokens: Some(7),
            temperature: Some(0.7),
            top_p: Some(0.9),
            top_k: Some(3),
            stop_sequences: vec!["END".to_owned()],
        },
        thinking: Thinking::Effort(crate::chat::Effort::Xhigh),
        output: OutputFormat::JsonSchema(Schema {
            name: "answer".to_owned(),
            description: None,
            schema: Json::from_checked(r#"{"type":"object"}"#),
            strictness: Strictness::Strict,
        }),
        service_tier: Some(ServiceTier::Flex),
        metadata: vec![("team".to_owned(), "blue".to_owned())],
        additional: vec![("seed".to_owned(), Json::from_checked("5"))],
        ..hello()
    };
    assert_eq!(
        body(&request),
        json!({
            "model": "xai.grok-4-fast",
            "messages": [{"role": "user", "content": "Hello"}],
            "tools": [{"type": "function", "function": {
                "name": "a tool with a name that Converse would not take",
                "description": "What it is for",
                "parameters": {"type": "object"},
                "strict": true,
            }}],
            "tool_choice": {"type": "function", "function": {"name": "weather"}},
            "parallel_tool_calls": false,
            "max_completion_tokens": 7,
            "temperature": 0.7,
            "top_p": 0.9,
            "stop": ["END"],
            "reasoning_effort": "xhigh",
            "response_format": {"type": "json_schema", "json_schema": {
                "name": "answer", "schema": {"type": "object"}, "strict": true,
            }},
            "service_tier": "flex",
            "metadata": {"team": "blue"},
            "stream": false,
            "seed": 5,
        })
    );
    assert_eq!(written(&request).dropped, ["top_k", "cache_control"]);
}

#[test]
fn the_members_of_a_schema_stay_in_order() {
    let schema = r#"{"type":"object","properties":{"zebra":{},"ant":{"b":1,"a":2}},"required":["zebra"]}"#;
    let request = Request { tools: vec![tool(schema)], ..hello() };
    let body = String::from_utf8(written(&request).body.to_vec()).unwrap();
    assert!(body.contains(schema), "{body}");
}

#[test]
fn results_are_messages_that_follow_their_calls() {
    let request = Request {
        system: vec![text("Be brief."), Part::CachePoint(CacheTtl::Default), text("Be kind.")],
        ..Request::new(
            "m",
            vec![
                said(Role::User, vec![text("Look"), Part::Blob(png())]),
                said(
                    Role::Assistant,
                    vec![
                        Part::Reasoning(Reasoning { text: "hm".to_owned(), signature: None }),
                        text("I look."),
                        called("call_1"),
                        called("call_2"),
                    ],
                ),
                said(
                    Role::User,
                    vec![
                        text("And?"),
                        result("call_1", vec![ResultPart::Text("wet".to_owned())]),
                        result("call_2", vec![ResultPart::Blob(png())]),
                    ],
                ),
            ],
        )
    };
    let call = |id: &str| json!({"type": "function", "id": id, "function": {"name": "weather", "arguments": r#"{"b":1,"a":2}"#}});
    let image = json!({"type": "image_url", "image_url": {"url": "data:image/png;base64,cG5n"}});
    assert_eq!(
        body(&request)["messages"],
        json!([
            {"role": "system", "content": "Be brief."},
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": [{"type": "text", "text": "Look"}, image]},
            {"role": "assistant", "content": "I look.", "tool_calls": [call("call_1"), call("call_2")]},
            {"role": "tool", "tool_call_id": "call_1", "content": "wet"},
            {"role": "tool", "tool_call_id": "call_2", "content": "The output follows."},
            {"role": "user", "content": [image, {"type": "text", "text": "And?"}]},
        ])
    );
    assert_eq!(written(&request).dropped, ["cache_control"]);
}

#[test]
fn a_document_is_a_file_with_a_name() {
    let source = Source::Bytes(Bytes::from_static(b"pdf"));
    let document = Document { name: None, format: DocumentFormat::Pdf, source };
    let request = Request::new("m", vec![said(Role::User, vec![Part::Document(document)])]);
    let file = json!({"filename": "document.pdf", "file_data": "data:application/pdf;base64,cGRm"});
    assert_eq!(body(&request)["messages"][0]["content"], json!([{"type": "file", "file": file}]));
}

#[test]
fn what_has_no_openai_name_is_reported_or_refused() {
    let guarded = GuardedText { text: "Is it so?".to_owned(), qualifiers: vec![Qualifier::Query] };
    let request = Request {
        thinking: Thinking::Given(Json::empty_object()),
        ..Request::new("m", vec![said(Role::User, vec![Part::Guarded(guarded)])])
    };
    assert_eq!(written(&request).dropped, ["messages[].content[].qualifiers", "thinking"]);
    assert_eq!(body(&request)["messages"][0]["content"], "Is it so?");

    let blob = Blob { media_type: MediaType::Png, source: Source::S3("s3://bucket/key".to_owned()) };
    let request = Request::new("m", vec![said(Role::User, vec![Part::Blob(blob)])]);
    let failure = write(&request, &Capabilities::default()).unwrap_err();
    assert_eq!((failure.kind, failure.param.as_deref()), (Kind::InvalidRequest, Some("messages[0].content")));
}

#[test]
fn no_member_comes_past_the_request() {
    for name in OURS {
        let additional = vec![(name.to_owned(), Json::from_checked("1"))];
        let failure = write(&Request { additional, ..hello() }, &Capabilities::default()).unwrap_err();
        assert_eq!(failure.param.unwrap(), format!("additional_model_request_fields.{name}"));
    }
}

#[test]
fn a_guardrail_is_never_left_out() {
    let guardrail = Guardrail {
        id: "gr".to_owned(),
        version: "1".to_owned(),
        trace: GuardrailTrace::Disabled,
        mode: GuardrailMode::Sync,
    };
    let request = Request { guardrail: Some(guardrail), ..hello() };
    let capabilities = Capabilities { guardrails: Support::Refused, ..Capabilities::default() };
    assert_eq!(write(&request, &capabilities).unwrap_err().kind, Kind::ModelNotAllowed);
    assert!(write(&request, &Capabilities::default()).is_ok());
}

#[test]
fn the_answer_is_never_longer_than_the_model_writes() {
    for (asked, limit, sent) in [
        (None, None, Value::Null),
        (Some(7), None, json!(7)),
        (None, Some(100), json!(100)),
        (Some(7), Some(100), json!(7)),
        (Some(1000), Some(100), json!(100)),
    ] {
        let request = Request { sampling: Sampling { max_tokens: asked, ..Sampling::default() }, ..hello() };
        let max_output_tokens = limit.and_then(NonZeroU32::new);
        let written =
            write(&request, &Capabilities { max_output_tokens, ..Capabilities::default() }).unwrap();
        let body: Value = serde_json::from_slice(&written.body).unwrap();
        assert_eq!(body["max_completion_tokens"], sent, "{asked:?} {limit:?}");
    }
}
