//! Server-sent events (HTML Living Standard, "Parsing an event stream"), of which only the data count.
//!
//! Done here, because it is less than a crate for it would bring along.

use std::collections::VecDeque;

/// Takes bytes as they come, gives the data of events.
#[derive(Debug, Default)]
pub(super) struct Parser {
    /// Of which no end has come.
    line: Vec<u8>,
    /// A line feed now would belong to the carriage return before it.
    is_after_return: bool,
    /// Of the event whose end has not come.
    data: Option<Vec<u8>>,
    events: VecDeque<Vec<u8>>,
}

impl Parser {
    /// Bytes have come. They may end anywhere.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let is_after_return = std::mem::replace(&mut self.is_after_return, *byte == b'\r');
            match byte {
                b'\n' if is_after_return => {}
                b'\n' | b'\r' => self.end_line(),
                byte => self.line.push(*byte),
            }
        }
    }

    /// The data of the next event that is complete.
    pub(super) fn next(&mut self) -> Option<Vec<u8>> {
        self.events.pop_front()
    }

    fn end_line(&mut self) {
        if self.line.is_empty() {
            self.events.extend(self.data.take());
        } else if let Some(value) = data(&self.line) {
            match &mut self.data {
                None => self.data = Some(value.to_vec()),
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
            }
        }
        self.line.clear();
    }
}

/// The value of a line of data. All other lines are comments, or say nothing about the answer.
fn data(line: &[u8]) -> Option<&[u8]> {
    let value = match line.strip_prefix(b"data")? {
        [] => &[],
        rest => rest.strip_prefix(b":")?,
    };
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(bytes: &[u8], size: usize) -> Vec<String> {
        let mut parser = Parser::default();
        let mut events = Vec::new();
        for piece in bytes.chunks(size) {
            parser.push(piece);
            events.extend(
                std::iter::from_fn(|| parser.next()).map(|data| String::from_utf8_lossy(&data).into_owned()),
            );
        }
        events
    }

    #[test]
    fn the_data_of_events_are_the_same_wherever_the_bytes_are_cut() {
        for (text, expected) in [
            ("data: a\n\ndata:b\n\n", &["a", "b"][..]),
            ("data: a\r\n\r\ndata: b\r\rdata:  c\n\r\n", &["a", "b", " c"]),
            (": ping\n\ndata: a\n: ping\ndata: b\n\n", &["a\nb"]),
            ("event: x\nid: 1\nretry: 5\n\nevent: y\ndata: a\n\n", &["a"]),
            ("data\n\ndatas: no\nda: no\n data: no\n\n", &[""]),
            ("data: ü🐞\n\ndata: no end\n", &["ü🐞"]),
            ("", &[]),
        ] {
            for size in 1..=text.len().max(1) {
                assert_eq!(events(text.as_bytes(), size), expected, "{text:?} in pieces of {size}");
            }
        }
    }
}
