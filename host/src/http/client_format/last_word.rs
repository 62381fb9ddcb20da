//! The end of a stream whose plugin can say nothing any more: a stream that fails never looks as if
//! it had ended well.

use bytes::{BufMut, Bytes, BytesMut};
use serde::Serialize;

use crate::error::Failure;
use crate::wire::openai;

/// What the host can add to a body that it did not write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// A JSON text a line.
    Lines,
    /// Server-sent events.
    ServerSent,
    /// Unknown: only the connection can be cut.
    Unknown,
}

/// The connection is cut: the client sees a body that is not complete.
#[derive(Debug, thiserror::Error)]
#[error("the answer broke off")]
pub(super) struct Cut;

/// How the body that was written so far ends.
#[derive(Debug, Default)]
pub(super) struct Tail([u8; 4]);

impl Framing {
    pub(super) fn of(content_type: &str) -> Self {
        let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match essence.as_str() {
            "text/event-stream" => Self::ServerSent,
            "application/x-ndjson"
            | "application/ndjson"
            | "application/jsonl"
            | "application/x-jsonlines"
            | "application/jsonlines"
            | "application/json-lines" => Self::Lines,
            _ => Self::Unknown,
        }
    }

    /// The last bytes of the body.
    pub(super) fn last_word(self, failure: &Failure, tail: &Tail) -> Result<Bytes, Cut> {
        /// In one line: JSON escapes line breaks.
        #[derive(Serialize)]
        struct Line<'a> {
            error: &'a str,
        }
        let mut out = BytesMut::new();
        match self {
            Self::Lines => {
                if !tail.ends_line() {
                    out.put_u8(b'\n');
                }
                // Text: nothing that could fail to be written.
                out.extend(serde_json::to_vec(&Line { error: &failure.message }).unwrap_or_default());
                out.put_u8(b'\n');
            }
            Self::ServerSent => {
                if !tail.ends_event() {
                    out.put_slice(b"\n\n");
                }
                out.put_slice(b"data: ");
                out.extend(openai::error_body(failure));
                out.put_slice(b"\n\n");
            }
            Self::Unknown => return Err(Cut),
        }
        Ok(out.freeze())
    }
}

impl Tail {
    /// Notes what is written behind it.
    pub(super) fn note(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().skip(bytes.len().saturating_sub(self.0.len())) {
            self.0.rotate_left(1);
            if let Some(last) = self.0.last_mut() {
                *last = *byte;
            }
        }
    }

    fn ends_line(&self) -> bool {
        matches!(self.0, [.., 0 | b'\n'])
    }

    fn ends_event(&self) -> bool {
        matches!(self.0, [.., 0] | [.., b'\n', b'\n'] | [.., b'\r', b'\n', b'\r', b'\n'])
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;
    use crate::error::Kind;

    fn written(framing: Framing, pieces: &[&str]) -> String {
        let mut tail = Tail::default();
        for piece in pieces {
            tail.note(piece.as_bytes());
        }
        let failure = Failure::new(Kind::PluginFault, "it\nbroke");
        let last = framing.last_word(&failure, &tail).unwrap();
        pieces.concat() + std::str::from_utf8(&last).unwrap()
    }

    #[test]
    fn a_line_of_json_is_a_line_of_its_own() {
        let lines = Framing::of("application/x-ndjson; charset=utf-8");
        let last = "{\"error\":\"it\\nbroke\"}\n";
        assert_eq!(written(lines, &[]), last);
        assert_eq!(written(lines, &["{}\n"]), format!("{{}}\n{last}"));
        assert_eq!(written(lines, &["{}\n", "{\"a", "\":"]), format!("{{}}\n{{\"a\":\n{last}"));
    }

    #[test]
    fn an_event_is_an_event_of_its_own() {
        let events = Framing::of("Text/Event-Stream");
        for (before, between) in [
            (&[][..], ""),
            (&["data: 1\n\n"], ""),
            (&["data: 1\r\n\r\n"], ""),
            (&["data: 1", "\n", "\n"], ""),
            (&["data: 1\n"], "\n\n"),
            (&["data: 1"], "\n\n"),
        ] {
            let text = written(events, before);
            let expected = format!("{}{between}data: {{\"error\":", before.concat());
            assert!(text.starts_with(&expected) && text.ends_with("}\n\n"), "{text}");
        }
    }

    #[test]
    fn any_other_body_is_cut_off() {
        let failure = Failure::new(Kind::PluginFault, "it broke");
        assert!(Framing::of("application/octet-stream").last_word(&failure, &Tail::default()).is_err());
    }
}
