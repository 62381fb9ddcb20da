//! Frames of the binary event stream (`application/vnd.amazon.eventstream`), encoded by AWS's own crate.

use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use serde_json::{Map, Value};

/// What the padding member is cut from: the service sends its first letters, so many that the length
/// of a frame says nothing about the length of its text.
const PADDING: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// A frame that is too long for its length field.
#[derive(Debug, thiserror::Error)]
#[error("encoding a frame failed: {0}")]
pub(crate) struct FrameError(#[from] aws_smithy_eventstream::error::Error);

/// One event of a stream before it is a frame: its type and payload.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) kind: &'static str,
    pub(crate) payload: Map<String, Value>,
}

/// The frame of an event. `position` in the stream chooses the length of the padding.
pub(crate) fn event(event: Event, position: usize) -> Result<Bytes, FrameError> {
    let Event { kind, mut payload } = event;
    let length = (position * 37 + 11) % PADDING.len() + 1;
    payload.insert("p".to_owned(), Value::String(PADDING.chars().take(length).collect()));
    encode(":event-type", kind, "event", &Value::Object(payload))
}

/// The frame of an exception in the middle of a stream. `kind` is the exception's name in any case
/// (`ThrottlingException`): the header has it in lower camel case.
pub(crate) fn exception(kind: &str, message: &str) -> Result<Bytes, FrameError> {
    let mut letters = kind.chars();
    let kind: String =
        letters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(letters).collect();
    encode(":exception-type", &kind, "exception", &serde_json::json!({"message": message}))
}

fn encode(
    kind_header: &'static str,
    kind: &str,
    message_type: &'static str,
    payload: &Value,
) -> Result<Bytes, FrameError> {
    let text = |value: &str| HeaderValue::String(value.to_owned().into());
    let message = Message::new(payload.to_string())
        .add_header(Header::new(kind_header, text(kind)))
        .add_header(Header::new(":content-type", text("application/json")))
        .add_header(Header::new(":message-type", text(message_type)));
    let mut frame = Vec::with_capacity(128 + message.payload().len());
    aws_smithy_eventstream::frame::write_message_to(&message, &mut frame)?;
    Ok(frame.into())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

    use aws_smithy_eventstream::frame::read_message_from;

    use super::*;

    fn headers(frame: &Bytes) -> Vec<(String, String)> {
        let message = read_message_from(frame.clone()).unwrap();
        let text = |header: &Header| header.value().as_string().unwrap().as_str().to_owned();
        message.headers().iter().map(|header| (header.name().as_str().to_owned(), text(header))).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn an_event_has_the_headers_in_the_recorded_order_and_is_padded() {
        let mut payload = Map::new();
        payload.insert("role".to_owned(), Value::from("assistant"));
        let frame = event(Event { kind: "messageStart", payload }, 0).unwrap();
        assert_eq!(
            headers(&frame),
            pairs(&[
                (":event-type", "messageStart"),
                (":content-type", "application/json"),
                (":message-type", "event")
            ])
        );
        let message = read_message_from(frame).unwrap();
        assert_eq!(message.payload(), r#"{"p":"abcdefghijkl","role":"assistant"}"#.as_bytes());
    }

    #[test]
    fn an_exception_has_no_event_type_and_a_lower_camel_name() {
        let frame = exception("ThrottlingException", "Too many tokens").unwrap();
        assert_eq!(
            headers(&frame),
            pairs(&[
                (":exception-type", "throttlingException"),
                (":content-type", "application/json"),
                (":message-type", "exception")
            ])
        );
        assert_eq!(
            read_message_from(frame).unwrap().payload(),
            r#"{"message":"Too many tokens"}"#.as_bytes()
        );
    }
}
