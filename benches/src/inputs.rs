//! What plugins are called with: a short conversation, and a short piece of its answer.

use std::time::Duration;

use adit::chat::{BlockKind, BlockStart, Delivery, Delta, Event, Message, Part, Request, Role, StopReason};
use adit::pipeline::{AnswerHead, Chunk, End, HttpRequest, Report, Segment, Summary, TextKind, texts};
use bytes::Bytes;

const MODEL: &str = "us.amazon.nova-lite-v1:0";

/// A delta.
const TEXT: &str = "a delta ";

/// What a plugin is called with.
pub(crate) struct Inputs {
    pub(crate) summary: Summary,
    pub(crate) segments: Vec<Segment<'static>>,
    pub(crate) request: Request,
    pub(crate) events: [Event; 1],
    pub(crate) chunks: [Chunk; 1],
    pub(crate) report: Report,
    pub(crate) http_request: HttpRequest,
    pub(crate) payloads: [Bytes; 1],
}

impl Inputs {
    pub(crate) fn new() -> Self {
        let request = request();
        Self {
            summary: Summary {
                model: "gpt-4o-mini".to_owned(),
                message_count: 3,
                prompt_bytes: 1000,
                tool_count: 0,
                has_images: false,
                max_tokens: None,
            },
            segments: segments(&request),
            request,
            events: [Event::Delta(Delta { index: 0, text: TEXT.to_owned() })],
            chunks: [Chunk { index: 0, kind: TextKind::Text, text: TEXT.to_owned(), last: false }],
            report: Report {
                asked_model: MODEL.to_owned(),
                model: Some(MODEL.to_owned()),
                end: End::Complete,
                stop: Some(StopReason::EndTurn),
                usage: None,
                first_event: Some(Duration::from_millis(300)),
                total: Duration::from_secs(2),
            },
            http_request: http_request(),
            payloads: [Bytes::from(format!(
                r#"{{"outputText":"{TEXT}","index":0,"completionReason":null}}"#
            ))],
        }
    }
}

/// Three messages with 1 KB of text.
pub(crate) fn request() -> Request {
    let says = |role, text: String| Message { role, parts: vec![Part::Text(text)] };
    let messages = [(Role::User, 8), (Role::Assistant, 7), (Role::User, 1)]
        .map(|(role, sentences)| says(role, prose(sentences)));
    Request { delivery: Delivery::Streamed, ..Request::new(MODEL, messages.into()) }
}

/// Sentences of 64 bytes.
fn prose(sentences: usize) -> String {
    "The quick brown fox jumps over the lazy dog, and none knows why ".repeat(sentences)
}

/// The request as a prompt hook sees it.
fn segments(request: &Request) -> Vec<Segment<'static>> {
    let segment = |(id, (origin, role, text))| Segment { id, origin, role, text: String::into(text) };
    (0..).zip(texts(request)).map(segment).collect()
}

/// The request as a client of Ollama sends it.
fn http_request() -> HttpRequest {
    let message = |role, sentences| format!(r#"{{"role":"{role}","content":"{}"}}"#, prose(sentences));
    let messages = [message("user", 8), message("assistant", 7), message("user", 1)].join(",");
    HttpRequest {
        method: "POST".to_owned(),
        path: "/api/chat".to_owned(),
        query: String::new(),
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: Bytes::from(format!(r#"{{"model":"{MODEL}","messages":[{messages}]}}"#)),
    }
}

/// The head of an answer.
pub(crate) fn answer_head() -> AnswerHead {
    AnswerHead { id: "answer".to_owned(), model: MODEL.to_owned(), created_ms: 1_700_000_000_000 }
}

/// The beginning of an answer's only block.
pub(crate) fn beginning() -> Event {
    Event::BlockStart(BlockStart { index: 0, kind: BlockKind::Text })
}
