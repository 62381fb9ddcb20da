#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail loudly")]
use proptest::prelude::*;

use super::*;
use crate::chat::{
    CacheTtl, Caching, Delivery, DocumentFormat, Effort, GuardedText, Json, MediaType, OutputFormat,
    ParallelCalls, Prefill, Qualifier, Schema, ServiceTier, Strictness, Thinking,
};

fn image(bytes: &'static [u8]) -> Blob {
    Blob { media_type: MediaType::Png, source: Source::Bytes(Bytes::from_static(bytes)) }
}

fn document(source: Source) -> Document {
    Document { name: Some("a.csv".into()), format: DocumentFormat::Csv, source }
}

fn json(text: &str) -> Json {
    Json::parse(text).unwrap()
}

/// Every kind of part, and every member off its default.
fn full() -> Request {
    let said = vec![
        Part::Text("hello".into()),
        Part::Guarded(GuardedText { text: "\"q\"".into(), qualifiers: vec![Qualifier::Query] }),
        Part::Blob(image(b"first")),
        Part::Document(document(Source::S3("s3://bucket/a.csv".into()))),
        Part::ToolResult(ToolResult {
            tool_use_id: "call-1".into(),
            status: ToolResultStatus::Error,
            content: vec![
                ResultPart::Text("no".into()),
                ResultPart::Document(document(Source::Bytes(Bytes::from_static(b"a,b")))),
                ResultPart::Blob(Blob {
                    media_type: MediaType::Gif,
                    source: Source::S3("s3://bucket/b".into()),
                }),
                ResultPart::CachePoint(CacheTtl::FiveMinutes),
            ],
        }),
        Part::Blob(image(b"last")),
        Part::CachePoint(CacheTtl::OneHour),
    ];
    let answered = vec![
        Part::Reasoning(Reasoning { text: "hm".into(), signature: Some("seal".into()) }),
        Part::RedactedReasoning("AAAA".into()),
        Part::ToolUse(ToolUse { id: "call-1".into(), name: "look".into(), input: json(r#"{"a": [1e2]}"#) }),
    ];
    Request {
        system: vec![Part::Text("be kind".into()), Part::CachePoint(CacheTtl::Default)],
        prefill: Prefill::AsGiven,
        tools: vec![Tool {
            name: "look".into(),
            description: Some("Looks.".into()),
            input_schema: json(r#"{"type": "object"}"#),
            strictness: Strictness::Strict,
            cache: Some(CacheTtl::FiveMinutes),
        }],
        tool_choice: Some(ToolChoice::Named("look".into())),
        parallel_calls: ParallelCalls::OneAtATime,
        sampling: Sampling {
            max_tokens: Some(10),
            temperature: Some(0.7),
            top_p: Some(0.1),
            top_k: Some(5),
            stop_sequences: vec!["END".into()],
        },
        thinking: Thinking::Given(json(r#"{"type":"enabled","budget_tokens":1024}"#)),
        output: OutputFormat::JsonSchema(Schema {
            name: "answer".into(),
            description: Some("An answer.".into()),
            schema: json(r#"{"type":"object","additionalProperties":false}"#),
            strictness: Strictness::Strict,
        }),
        service_tier: Some(ServiceTier::Flex),
        metadata: vec![("z".into(), "1".into()), ("a".into(), "\"2\"".into())],
        caching: Caching::Automatic,
        additional: vec![("anthropic_beta".into(), json(r#"["x"]"#))],
        delivery: Delivery::Streamed,
        ..Request::new(
            "nova",
            vec![
                Message { role: Role::User, parts: said },
                Message { role: Role::Assistant, parts: answered },
            ],
        )
    }
}

fn written(base: &Request) -> wit::Request {
    request(base, &mut Vec::new())
}

/// The fault of a request that was changed.
fn fault(change: impl FnOnce(&mut wit::Request)) -> String {
    let base = full();
    let mut changed = written(&base);
    change(&mut changed);
    read_request(changed, &base).unwrap_err()
}

#[test]
fn a_request_comes_back_as_it_was() {
    let base = full();
    assert_eq!(read_request(written(&base), &base).unwrap(), base);
    let plain = Request::new("nova", Vec::new());
    assert_eq!(written(&plain).extra, None);
    assert_eq!(read_request(written(&plain), &plain).unwrap(), plain);
}

#[test]
fn all_but_blobs_needs_no_base() {
    let base = Request { messages: Vec::new(), ..full() };
    let read = read_request(written(&base), &Request::new("x", Vec::new())).unwrap();
    // What the host alone decides is not a plugin's to say.
    let (prefill, caching, delivery) = (Prefill::Bridged, Caching::ByClient, Delivery::Whole);
    assert_eq!(read, Request { prefill, caching, delivery, ..base });
}

#[test]
fn the_table_holds_the_bytes_by_id() {
    let mut blobs = Vec::new();
    let seen = request(&full(), &mut blobs);
    assert_eq!(
        blobs,
        [Bytes::from_static(b"first"), Bytes::from_static(b"a,b"), Bytes::from_static(b"last")]
    );
    let wit::Part::Blob(last) = &seen.messages[0].parts[5] else { panic!("{seen:?}") };
    assert_eq!((last.id, last.media_type.as_str(), last.size), (2, "image/png", 4));
}

#[test]
fn a_temperature_is_the_number_that_the_client_wrote() {
    assert_eq!(written(&full()).sampling.temperature, Some(0.7));
}

#[test]
fn parts_may_move_and_go() {
    let base = full();
    let mut changed = written(&base);
    let last = changed.messages[0].parts.remove(5);
    changed.messages[0].parts = vec![last];
    let read = read_request(changed, &base).unwrap();
    assert_eq!(read.messages[0].parts, [Part::Blob(image(b"last"))]);
}

#[test]
fn a_document_may_be_renamed() {
    let base = Request::new(
        "nova",
        vec![Message {
            role: Role::User,
            parts: vec![Part::Document(document(Source::Bytes(Bytes::from_static(b"x"))))],
        }],
    );
    let mut changed = written(&base);
    let wit::Part::Blob(blob) = &mut changed.messages[0].parts[0] else { panic!("{changed:?}") };
    blob.name = None;
    let read = read_request(changed, &base).unwrap();
    assert!(
        matches!(&read.messages[0].parts[0], Part::Document(it) if it.name.is_none()),
        "{:?}",
        read.messages
    );
}

#[test]
fn data_becomes_an_image_or_a_document() {
    let base = full();
    for (media_type, is_image) in [("image/JPG; a=b", true), ("text/plain", false)] {
        let mut changed = written(&base);
        let data = wit::Data { media_type: media_type.into(), name: None, bytes: b"x".to_vec() };
        changed.system = vec![wit::Part::Data(data)];
        let read = read_request(changed, &base).unwrap();
        assert_eq!(matches!(read.system[0], Part::Blob(_)), is_image, "{media_type}");
        assert_eq!(matches!(read.system[0], Part::Document(_)), !is_image, "{media_type}");
    }
}

#[test]
fn extra_changes_what_it_names() {
    let base = full();
    let mut changed = written(&base);
    changed.extra = Some(
        r#"{"thinking":null,"reasoning_effort":"low","response_format":null,"service_tier":null,"metadata":null,
            "parallel_tool_calls":true,"additional_model_request_fields":{}}"#
            .into(),
    );
    let read = read_request(changed, &base).unwrap();
    let expected = Request {
        thinking: Thinking::Effort(Effort::Low),
        output: OutputFormat::Text,
        service_tier: None,
        metadata: Vec::new(),
        parallel_calls: ParallelCalls::Allowed,
        additional: Vec::new(),
        ..base.clone()
    };
    assert_eq!(read, expected);
    let mut silent = written(&base);
    silent.extra = None;
    assert_eq!(read_request(silent, &base).unwrap(), base);
}

#[test]
fn every_fault_is_named() {
    let part = |part: wit::Part| move |it: &mut wit::Request| it.messages[0].parts[0] = part;
    let extra = |json: &'static str| move |it: &mut wit::Request| it.extra = Some(json.into());
    let data = |media_type: &str, bytes: &[u8]| {
        wit::Part::Data(wit::Data { media_type: media_type.into(), name: None, bytes: bytes.to_vec() })
    };
    let blob = wit::Blob { id: 3, media_type: "image/png".into(), name: None, size: 1 };
    let call = wit::ToolUse { id: "1".into(), name: "look".into(), input: "[1]".into() };
    let s3 = r#"{"s3":{"uri":"s3://other/secret","media_type":"image/png"}}"#;
    for (found, expected) in [
        (fault(|it| it.model = " ".into()), "model: has to have"),
        (fault(|it| it.model = "a/../b".into()), "model: must not have"),
        (fault(part(wit::Part::Blob(blob))), "messages[0].parts[0]: there is no blob 3"),
        (fault(part(data("image/png", b""))), "data without a byte"),
        (fault(part(data("video/mp4", b"x"))), "media type"),
        (fault(part(data("text/plain", b"\xff"))), "not UTF-8"),
        (fault(part(wit::Part::ToolUse(call))), "`input` is not a JSON object"),
        (fault(part(wit::Part::RedactedReasoning("%".into()))), "not base64"),
        (fault(part(wit::Part::Other("{\"poem\":\"secret\"}".into()))), "`other` is none of"),
        (fault(part(wit::Part::Other(s3.into()))), "an object in S3 that the request did not have"),
        (fault(part(wit::Part::Other(r#"{"remote":"http://x"}"#.into()))), "a URL"),
        (fault(|it| it.tools[0].input_schema = "{".into()), "tools[0]: `input-schema`"),
        (fault(|it| it.tools.push(it.tools[0].clone())), "tools[1]: an earlier tool"),
        (fault(|it| it.tools.clear()), "tool-choice: names none"),
        (fault(|it| it.sampling.temperature = Some(f64::NAN)), "sampling.temperature"),
        (fault(|it| it.sampling.max_tokens = Some(0)), "sampling.max-tokens"),
        (fault(extra("[]")), "extra: is not a JSON object"),
        (fault(extra(r#"{"guardrail":"off"}"#)), "extra: has a member that is unknown"),
        (fault(extra(r#"{"service_tier":"secret"}"#)), "extra.service_tier"),
        (fault(extra(r#"{"metadata":{"a":1}}"#)), "extra.metadata"),
        (fault(extra(r#"{"thinking":{},"reasoning_effort":"low"}"#)), "extra: has both"),
        (fault(extra(r#"{"response_format":{"type":"json_schema"}}"#)), "extra.response_format"),
    ] {
        assert!(found.contains(expected), "{found}");
        assert!(!found.contains("secret"), "{found}");
    }
}

proptest! {
    #[test]
    fn any_text_comes_back(texts in prop::collection::vec(any::<String>(), 6)) {
        let [text, name, value, stop, id, seal] = <[String; 6]>::try_from(texts).unwrap();
        let base = Request {
            metadata: vec![(name.clone(), value.clone())],
            sampling: Sampling { stop_sequences: vec![format!("{stop}.")], ..Sampling::default() },
            ..Request::new("nova", vec![Message { role: Role::User, parts: vec![
                Part::Text(text.clone()),
                Part::Guarded(GuardedText { text, qualifiers: Vec::new() }),
                Part::Reasoning(Reasoning { text: value, signature: Some(seal) }),
                Part::ToolUse(ToolUse { id: format!("{id}."), name: format!("{name}."), input: Json::empty_object() }),
            ] }])
        };
        prop_assert_eq!(read_request(written(&base), &base).unwrap(), base);
    }

    #[test]
    fn any_extra_is_read_without_a_panic(extra in any::<String>()) {
        let base = full();
        let mut changed = written(&base);
        changed.extra = Some(extra);
        let _ = read_request(changed, &base);
    }
}
