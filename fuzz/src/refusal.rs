//! What an error may say.

use adit::error::{Failure, Kind, Origin};
use serde_json::Value;

/// No message is longer, in bytes.
const MAX_MESSAGE_BYTES: usize = 1000;

/// A message may name a thing of the request, but not repeat this many bytes of it.
const LONG_PIECE_BYTES: usize = 100;

/// Checks that a failure is the client's to mend, and says so without repeating the request.
pub(crate) fn check(failure: &Failure, input: &[u8]) {
    let refuses = failure.kind.origin() == Origin::Client || failure.kind == Kind::ModelNotFound;
    assert!(refuses, "not the client's fault: {failure}");
    check_message(&failure.message, input);
    if let Some(param) = &failure.param {
        check_message(param, input);
    }
}

/// Checks an error body, and gives its `error`.
pub(crate) fn parse(body: &str) -> Value {
    let mut body: Value = serde_json::from_str(body).expect("an error is JSON");
    let error = body["error"].take();
    let members = ["message", "type", "param", "code"];
    assert!(members.iter().all(|name| error.get(name).is_some()), "a member is missing: {error}");
    assert_ne!(error["type"], "server_error", "a fault of Adit's own: {error}");
    error
}

/// Checks that a message is a line, not long, and no piece of the input.
pub(crate) fn check_message(message: &str, input: &[u8]) {
    assert!(!message.is_empty() && !message.contains(char::is_control), "not a line: {message:?}");
    assert!(message.len() <= MAX_MESSAGE_BYTES, "{} bytes: {message}", message.len());
    let repeats = |piece: &[u8]| input.windows(piece.len()).any(|window| window == piece);
    let mut pieces = message.as_bytes().windows(LONG_PIECE_BYTES).step_by(LONG_PIECE_BYTES / 2);
    assert!(!pieces.any(repeats), "repeats the request: {message}");
}
