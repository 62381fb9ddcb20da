//! Requests and answers, as data where they can be.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use adit_plugin::chat::{
    BlockKind, Event, Message, Part, Request, Role, Sampling, StopReason, Tool, ToolChoice, ToolUse,
};
use adit_plugin::formats::{Delivery, Encoded, Invocation};
use adit_plugin::testing::{Session, answer_text, chat_request, context};
use adit_plugin::{Failure, ModelFormat as _};
use serde::Deserialize;
use serde_json::{Value, json};
use titan_text::TitanText;

const MODEL: &str = "amazon.titan-text-express-v1";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    model: String,
    #[serde(default)]
    system: Vec<String>,
    messages: Vec<(String, String)>,
    #[serde(default)]
    sampling: Drawn,
    extra: Option<Value>,
    body: Value,
    #[serde(default)]
    dropped: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Drawn {
    max_tokens: Option<u32>,
    temperature: Option<f64>,
    top_p: Option<f64>,
    top_k: Option<u32>,
    stop: Vec<String>,
}

fn session() -> Session<TitanText> {
    Session::start("{}", context()).unwrap()
}

fn encoded(request: Request) -> Encoded {
    session().encode(request, Delivery::Streamed)
}

fn invocation(request: Request) -> Invocation {
    match encoded(request) {
        Encoded::Invoke(invocation) => invocation,
        Encoded::Deny(failure) => panic!("{failure:?}"),
    }
}

fn denial(request: Request) -> Failure {
    match encoded(request) {
        Encoded::Deny(failure) => failure,
        Encoded::Invoke(invocation) => panic!("{invocation:?}"),
    }
}

#[test]
fn a_request_becomes_the_body_that_the_model_takes() {
    let cases: Vec<Case> = serde_json::from_str(include_str!("cases.json")).unwrap();
    for case in cases {
        let role = |role: &str| if role == "user" { Role::User } else { Role::Assistant };
        let messages: Vec<_> = case.messages.iter().map(|(who, text)| (role(who), text.as_str())).collect();
        let Drawn { max_tokens, temperature, top_p, top_k, stop } = case.sampling;
        let request = Request {
            system: case.system.into_iter().map(Part::Text).collect(),
            sampling: Sampling { max_tokens, temperature, top_p, top_k, stop_sequences: stop },
            extra: case.extra.map(|extra| extra.to_string()),
            ..chat_request(&case.model, &messages)
        };
        let invocation = invocation(request);
        let body: Value = serde_json::from_slice(&invocation.body).unwrap();
        assert_eq!(body, case.body, "{}", case.name);
        assert_eq!(invocation.dropped, case.dropped, "{}", case.name);
        assert_eq!(invocation.content_type, "application/json");
    }
}

#[test]
fn is_asked_as_the_client_asks() {
    for delivery in [Delivery::Streamed, Delivery::Whole] {
        let request = chat_request(MODEL, &[(Role::User, "hi")]);
        let Encoded::Invoke(invocation) = session().encode(request, delivery) else { panic!("denied") };
        assert_eq!(invocation.delivery, delivery);
    }
}

#[test]
fn refuses_what_would_be_lost() {
    let with = |part: Part| {
        let mut request = chat_request(MODEL, &[(Role::User, "hi")]);
        request.messages.push(Message { role: Role::User, parts: vec![part] });
        denial(request)
    };
    let call = ToolUse { id: "1".to_owned(), name: "look".to_owned(), input: "{}".to_owned() };
    let image = adit_plugin::chat::Blob { id: 0, media_type: "image/png".to_owned(), name: None, size: 4 };
    for (part, word) in [
        (Part::ToolUse(call), "tools"),
        (Part::Blob(image), "images"),
        (Part::Other(r#"{"s3":{"uri":"s3://b/k","media_type":"image/png"}}"#.to_owned()), "text alone"),
    ] {
        let failure = with(part);
        assert_eq!((failure.status, failure.code.as_str()), (400, "unsupported_parameter"));
        assert!(failure.message.contains(word), "{}", failure.message);
    }
}

#[test]
fn tools_are_reported_and_a_call_that_has_to_be_is_refused() {
    let tool =
        Tool { name: "look".to_owned(), description: None, input_schema: "{}".to_owned(), extra: None };
    let request = |tool_choice| Request {
        tools: vec![tool.clone()],
        tool_choice,
        ..chat_request(MODEL, &[(Role::User, "hi")])
    };
    assert_eq!(invocation(request(None)).dropped, ["tools"]);
    assert_eq!(invocation(request(Some(ToolChoice::None))).dropped, ["tools"]);
    assert_eq!(denial(request(Some(ToolChoice::Any))).status, 400);
}

#[test]
fn marks_of_the_cache_and_of_guardrails_lose_no_text() {
    let mut request = chat_request(MODEL, &[(Role::User, "a")]);
    for other in [r#"{"cache_control":{"type":"ephemeral"}}"#, r#"{"guarded_text":{"text":"b"}}"#] {
        request.messages[0].parts.push(Part::Other(other.to_owned()));
    }
    let body: Value = serde_json::from_slice(&invocation(request).body).unwrap();
    assert_eq!(body["inputText"], "User: a\nb\nBot:");
}

fn chunk(text: &str, reason: Option<&str>) -> Vec<u8> {
    let chunk = json!({"outputText": text, "index": 0, "totalOutputTextTokenCount": 1,
        "completionReason": reason, "inputTextTokenCount": 2});
    chunk.to_string().into_bytes()
}

#[test]
fn an_answer_reads_the_same_however_its_chunks_arrive() {
    let chunks = [
        chunk("\n", None),
        chunk("\nHello", None),
        chunk("", None),
        chunk("\n wörld", None),
        chunk("", Some("FINISH")),
    ];
    for size in 1..=chunks.len() {
        let mut session = session();
        let mut events = Vec::new();
        for together in chunks.chunks(size) {
            events.extend(session.decode_chunks(together).unwrap());
        }
        assert_eq!(answer_text(&events), "Hello\n wörld", "{size}");
        let [Event::BlockStart(start), .., Event::BlockStop(0), Event::MessageStop(StopReason::EndTurn)] =
            &events[..]
        else {
            panic!("{events:?}");
        };
        assert_eq!(start.kind, BlockKind::Text);
    }
    let body = json!({"inputTextTokenCount": 2, "results": [{"tokenCount": 3,
        "outputText": "\n\nHello\n wörld", "completionReason": "FINISH"}]});
    let events = session().decode_response(body.to_string().as_bytes()).unwrap();
    assert_eq!(answer_text(&events), "Hello\n wörld");
}

#[test]
fn says_why_the_answer_ended() {
    for (reason, expected) in [
        ("FINISHED", StopReason::EndTurn),
        ("STOP_CRITERIA_MET", StopReason::EndTurn),
        ("LENGTH", StopReason::MaxTokens),
        ("CONTENT_FILTERED", StopReason::ContentFiltered),
        ("RAG_QUERY_WHEN_RAG_DISABLED", StopReason::Other("RAG_QUERY_WHEN_RAG_DISABLED".to_owned())),
    ] {
        let events = session().decode_chunks(&[chunk("", Some(reason))]).unwrap();
        assert_eq!(events, [Event::MessageStop(expected)], "{reason}");
    }
    let mut stopped = session();
    let mut request = chat_request(MODEL, &[(Role::User, "hi")]);
    request.sampling.stop_sequences = vec!["||".to_owned()];
    stopped.encode(request, Delivery::Whole);
    let events = stopped.decode_chunks(&[chunk("a", Some("STOP_CRITERIA_MET"))]).unwrap();
    assert_eq!(events.last(), Some(&Event::MessageStop(StopReason::StopSequence)));
}

#[test]
fn what_is_no_answer_is_an_error_that_does_not_repeat_it() {
    for payload in ["", "secret", r#"{"outputText":7}"#, r#"{"results":[]}"#] {
        let error = session().decode_chunks(&[payload]).unwrap_err();
        assert_eq!(error.code, "unreadable_answer");
        assert!(!error.message.contains("secret"));
        assert!(session().decode_response(payload.as_bytes()).is_err(), "{payload}");
    }
    assert!(session().decode_response(br#"{"results":[{"outputText":"a"}]}"#).is_err());
}

#[test]
fn the_operator_names_other_models() {
    let models = |config: &str| {
        let settings = <titan_text::Settings as adit_plugin::Config>::parse(config)?;
        Ok::<_, Vec<adit_plugin::ConfigError>>(TitanText::models(&settings))
    };
    assert_eq!(models("{}").unwrap(), ["amazon.titan-text-*"]);
    assert_eq!(models(r#"{"models":["*:imported-model/abc"]}"#).unwrap(), ["*:imported-model/abc"]);
    for (config, path) in [
        (r#"{"models":[]}"#, "/models"),
        (r#"{"models":["a","b c"]}"#, "/models/1"),
        (r#"{"model":"a"}"#, "/model"),
    ] {
        assert_eq!(models(config).unwrap_err()[0].path, path, "{config}");
    }
}
