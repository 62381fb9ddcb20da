use serde_json::Value;

use crate::sse::{self, Joined};
use crate::{frames, hash, host, refusal};

/// Asks for a stream with usage, from a model that may think and call.
const REQUEST: &str = r#"{"model":"anthropic.claude-sonnet-4-5-20250929-v1:0","stream":true,
"stream_options":{"include_usage":true},"messages":[{"role":"user","content":"Hello"}],
"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object"}}}]}"#;

/// How a stream came out.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// It failed before its first word.
    Refused(u16, Value),
    /// It began.
    Streamed(Joined),
}

/// Bytes as the body of ConverseStream's answer, either frames or lines (see [`frames`]): the client's
/// stream is well-formed and ends with `[DONE]` or an error. It does not depend on how the bytes arrive,
/// and a part of the bytes says no more than all of them.
pub fn converse_stream(data: &[u8]) {
    let body = frames::body(data);
    let whole = outcome(&body, body.len());
    let choice = hash(data);
    for piece in [if body.len() < 2000 { 1 } else { 61 }, 1 + choice % 200] {
        assert_eq!(outcome(&body, piece), whole, "in pieces of {piece} bytes");
    }
    for part in 0..3_usize {
        let end = (choice / 256 + part * body.len() / 3) % body.len().max(1);
        check_part(&outcome(&body[..end], end), &whole, end);
    }
}

fn check_part(part: &Outcome, whole: &Outcome, end: usize) {
    match (part, whole) {
        (Outcome::Refused(..), _) => {}
        (Outcome::Streamed(part), Outcome::Streamed(whole)) => {
            assert!(part.begins(whole), "the first {end} bytes say more: {part:?} than all: {whole:?}");
            let done = part.is_done();
            assert!(!done || (whole.is_done() && part.says_the_same(whole)), "done after {end} bytes");
        }
        (Outcome::Streamed(part), Outcome::Refused(..)) => {
            panic!("the first {end} bytes say more: {part:?} than all: {whole:?}");
        }
    }
}

fn outcome(body: &[u8], piece: usize) -> Outcome {
    let answer = host::with(|host| {
        host.memory.will_answer_streamed(body, piece);
        host.post("/v1/chat/completions", REQUEST.into())
    });
    if answer.status == 200 {
        Outcome::Streamed(sse::joined(&answer.text))
    } else {
        Outcome::Refused(answer.status, refusal::parse(&answer.text))
    }
}
