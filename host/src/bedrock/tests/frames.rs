//! Event-stream frames, made and read.

use aws_smithy_eventstream::frame::{DecodedFrame, MessageFrameDecoder, write_message_to};
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use serde_json::Value;

use super::canned::Piece;

pub(super) fn event(kind: &str, payload: &Value) -> Bytes {
    frame(&[(":message-type", "event"), (":event-type", kind)], payload)
}

pub(super) fn exception(kind: &str, message: &str) -> Bytes {
    refusal(kind, &serde_json::json!({ "message": message }))
}

pub(super) fn refusal(kind: &str, payload: &Value) -> Bytes {
    frame(&[(":message-type", "exception"), (":exception-type", kind)], payload)
}

fn frame(headers: &[(&'static str, &str)], payload: &Value) -> Bytes {
    let mut message = Message::new(payload.to_string())
        .add_header(Header::new(":content-type", HeaderValue::String("application/json".into())));
    for (name, value) in headers {
        message = message.add_header(Header::new(*name, HeaderValue::String((*value).to_owned().into())));
    }
    let mut bytes = Vec::new();
    write_message_to(&message, &mut bytes).unwrap();
    bytes.into()
}

/// The kinds and payloads of a body's frames.
pub(super) fn parsed(body: &Bytes) -> Vec<(String, Value)> {
    let mut rest = body.clone();
    let mut decoder = MessageFrameDecoder::new();
    let mut events = Vec::new();
    while let DecodedFrame::Complete(message) = decoder.decode_frame(&mut rest).unwrap() {
        let kind = message.headers().iter().find(|header| header.name().as_str() == ":event-type").unwrap();
        let kind = kind.value().as_string().unwrap().as_str().to_owned();
        events.push((kind, serde_json::from_slice(message.payload()).unwrap()));
    }
    events
}

/// A body that comes in pieces of a length, all at once.
pub(super) fn in_pieces(body: &Bytes, length: usize) -> Vec<Piece> {
    body.chunks(length).map(|piece| Piece::Bytes(Bytes::copy_from_slice(piece))).collect()
}
