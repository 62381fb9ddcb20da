//! Bedrock's answer in, OpenAI's out: `tests/golden/streams`.
//!
//! A case may begin with `model ID`, which shows the requests that were sent, with `profile ARN`, the
//! model behind an inference profile, and with `request {..}`, members of the client's body. Then comes
//!
//! * a stream, an event a line: `messageStop {..}`, `exception throttlingException {..}`, and at last
//!   `end`, or `half messageStop {..}` for a connection that breaks within a frame; or
//! * `whole {..}`, the body of an answer in one piece; or
//! * `error 400 ValidationException {..}`, a refusal with its body.
//!
//! A stream is shown as server-sent events, each as soon as Bedrock sent its cause, and behind them as an
//! answer in one piece. What is the same in all chunks is left out.

use std::fmt::Write as _;

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use bytes::{Bytes, BytesMut};
use serde_json::{Value, json};

use crate::chat::{Batch, Delivery, Event, Request};
use crate::error::Failure;
use crate::http;
use crate::ids::RequestId;
use crate::wire::openai::{StreamEncoder, UsageChunk, decode, error_body, whole};

use super::super::answer;
use super::super::canned::{Canned, Piece, Reply, Response};
use super::super::frames::{event, in_pieces, refusal};

/// What a call came to: batches, and maybe a failure behind them, or a failure in their place.
type Outcome = Result<(Vec<Batch>, Option<Failure>), Failure>;

#[test]
fn answers_of_bedrock_become_answers_of_openai() {
    super::check("streams", |input| Case::parse(input).show());
}

struct Case {
    body: Value,
    is_model_shown: bool,
    profile: Option<String>,
    from_bedrock: FromBedrock,
}

enum FromBedrock {
    Stream(Vec<Bytes>),
    Whole(Response),
    Error(Response),
}

impl Case {
    fn parse(input: &str) -> Self {
        let mut body = json!({
            "model": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "messages": [{ "role": "user", "content": "Hello" }],
            "tools": [{ "type": "function", "function": { "name": "weather" } }],
        });
        let (mut is_model_shown, mut profile) = (false, None);
        let mut lines = input.lines().peekable();
        let from_bedrock = loop {
            let (word, rest) = words(lines.peek().unwrap());
            match word {
                "model" => (body["model"], is_model_shown) = (json!(rest), true),
                "profile" => profile = Some(rest.to_owned()),
                "request" => {
                    let members: serde_json::Map<String, Value> = serde_json::from_str(rest).unwrap();
                    body.as_object_mut().unwrap().extend(members);
                }
                "whole" => break FromBedrock::Whole(Response::json(200, rest)),
                "error" => break FromBedrock::Error(error(rest)),
                _ => break FromBedrock::Stream(lines.filter_map(frame).collect()),
            }
            lines.next();
        };
        Self { body, is_model_shown, profile, from_bedrock }
    }

    fn show(&self) -> String {
        match &self.from_bedrock {
            FromBedrock::Stream(frames) => self.show_stream(frames),
            FromBedrock::Whole(response) => match self.call(Delivery::Whole, response) {
                (sent, Ok((batches, None))) => sent + &answered(&batches),
                (sent, Err(failure)) => sent + &refused(&failure),
                (_, Ok((_, failure))) => panic!("an answer in one piece fails before it: {failure:?}"),
            },
            FromBedrock::Error(response) => {
                let (sent, whole) = self.call(Delivery::Whole, response);
                let (_, streamed) = self.call(Delivery::Streamed, response);
                assert_eq!(whole, streamed, "a refusal is the same, whatever was asked for");
                sent + &refused(&whole.unwrap_err())
            }
        }
    }

    fn show_stream(&self, frames: &[Bytes]) -> String {
        let apart = frames.iter().cloned().flat_map(|frame| [Piece::Bytes(frame), Piece::Pause]).collect();
        let (sent, outcome) = self.call(Delivery::Streamed, &Response::stream(apart));
        let bytes: Bytes = frames.concat().into();
        for length in [1, 7, 100, bytes.len().max(1)] {
            let cut = in_pieces(&bytes, length).into_iter().flat_map(|piece| [piece, Piece::Pause]).collect();
            let (_, again) = self.call(Delivery::Streamed, &Response::stream(cut));
            assert_eq!(merged(&again), merged(&outcome), "cut at {length}");
        }
        match outcome {
            Err(failure) => sent + &refused(&failure),
            Ok((batches, failure)) => {
                let in_one_piece = failure.as_ref().map_or_else(|| answered(&batches), refused);
                format!("{sent}200\n{}{in_one_piece}", streamed(&batches, failure.as_ref()))
            }
        }
    }

    /// The requests that were sent, if they are to be shown, and what came of them.
    fn call(&self, delivery: Delivery, response: &Response) -> (String, Outcome) {
        let mut replies = vec![Reply::Response(response.clone())];
        if let Some(arn) = &self.profile {
            replies.insert(0, profile(self.body["model"].as_str().unwrap(), arn).into());
        }
        let http = Canned::new(replies);
        let request = Request { delivery, ..decode(self.body.to_string().as_bytes()).unwrap().request };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let outcome = runtime.block_on(answer(&http, &request));
        let line = |sent: &HttpRequest| format!("{} {}\n", sent.method(), sent.uri());
        let sent =
            if self.is_model_shown { http.requests().iter().map(line).collect() } else { String::new() };
        (sent, outcome)
    }
}

pub(super) fn words(line: &str) -> (&str, &str) {
    line.split_once(' ').unwrap_or((line, ""))
}

/// `STATUS CODE BODY`
pub(super) fn error(rest: &str) -> Response {
    let (status, rest) = words(rest);
    let (code, body) = words(rest);
    let mut headers = vec![("content-type", "application/json")];
    if code != "-" {
        headers.push(("x-amzn-errortype", code));
    }
    Response::new(status.parse().unwrap(), &headers, &[body.as_bytes()])
}

/// A line of a stream, unless it says that there is no more.
fn frame(line: &str) -> Option<Bytes> {
    let json = |text: &str| serde_json::from_str(text).unwrap_or_else(|fault| panic!("{fault}: {text}"));
    match words(line) {
        ("end", _) => None,
        ("exception", rest) => Some(refusal(words(rest).0, &json(words(rest).1))),
        ("half", rest) => frame(rest).map(|whole| whole.slice(..whole.len() / 2)),
        (kind, payload) => Some(event(kind, &json(payload))),
    }
}

/// What Bedrock says of an application inference profile.
fn profile(arn: &str, model: &str) -> Response {
    let body = json!({
        "inferenceProfileName": "team-a", "inferenceProfileId": "a1b2", "inferenceProfileArn": arn,
        "status": "ACTIVE", "type": "APPLICATION", "models": [{ "modelArn": model }],
    });
    Response::json(200, &body.to_string())
}

/// An outcome whose deltas do not show what arrived together.
fn merged(outcome: &Outcome) -> Result<(Vec<Event>, Option<Failure>), Failure> {
    let (batches, failure) = outcome.clone()?;
    let mut events: Vec<Event> = Vec::new();
    for event in batches.into_iter().flatten() {
        match (events.last_mut(), event) {
            (Some(Event::Delta(last)), Event::Delta(delta)) if last.index == delta.index => {
                last.text.push_str(&delta.text);
            }
            (_, event) => events.push(event),
        }
    }
    Ok((events, failure))
}

/// The server-sent events of an answer, a line each, as the server writes them.
fn streamed(batches: &[Batch], failure: Option<&Failure>) -> String {
    let mut encoder = StreamEncoder::new("chatcmpl-1", "m", 1, UsageChunk::Include);
    let mut out = BytesMut::new();
    for batch in batches {
        encoder.batch(batch, &mut out);
    }
    match failure {
        Some(failure) => encoder.failure(failure, &mut out),
        None => encoder.finish(&mut out).unwrap(),
    }
    let head = r#""id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","#;
    String::from_utf8(out.to_vec()).unwrap().replace(head, "").replace("\n\n", "\n")
}

/// An answer in one piece.
fn answered(batches: &[Batch]) -> String {
    let body = whole("chatcmpl-1", "m", 1, batches.iter().flatten()).unwrap();
    let head = r#""id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m","#;
    format!("200\n{}\n", String::from_utf8(body.to_vec()).unwrap().replace(head, ""))
}

/// A response that is an error, with the headers that differ from one to the other.
fn refused(failure: &Failure) -> String {
    let response = http::refusal(&RequestId::parse("req_1").unwrap(), failure);
    let mut text = format!("{}\n", response.status().as_u16());
    for name in ["retry-after", "x-should-retry"] {
        if let Some(value) = response.headers().get(name) {
            writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
        }
    }
    text + std::str::from_utf8(&error_body(failure)).unwrap() + "\n"
}
