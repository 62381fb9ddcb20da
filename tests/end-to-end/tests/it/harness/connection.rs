//! An HTTP/1.1 client that hides nothing: it shows each chunk as it was written, and can leave in the middle.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::answer::{Answer, Head};
use super::process::PATIENCE;

/// A connection for one request.
pub(crate) struct Connection {
    socket: BufReader<TcpStream>,
}

/// A streamed answer whose head has been read.
pub(crate) struct Stream {
    pub(crate) head: Head,
    connection: Connection,
}

impl Connection {
    pub(crate) fn open(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).unwrap();
        socket.set_read_timeout(Some(PATIENCE)).unwrap();
        socket.set_nodelay(true).unwrap();
        Self { socket: BufReader::new(socket) }
    }

    /// Sends a JSON body with a key, or without one.
    pub(crate) fn post(&mut self, path: &str, key: Option<&str>, body: &[u8]) {
        let authorization = key.map(|key| format!("Bearer {key}"));
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(authorization.as_ref().map(|value| ("authorization", value.as_str())));
        self.send_request("POST", path, &headers, body);
    }

    /// Sends a request with a length.
    pub(crate) fn send_request(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
        let length = body.len().to_string();
        let headers = [headers, &[("content-length", &length)]].concat();
        self.send_head(method, path, &headers);
        self.send_bytes(body);
    }

    /// Sends everything in front of a body.
    pub(crate) fn send_head(&mut self, method: &str, path: &str, headers: &[(&str, &str)]) {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: adit.test\r\n");
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        self.send_bytes(head.as_bytes());
    }

    /// Sends a part of a body. The server may have answered and left before it has read all.
    pub(crate) fn send_bytes(&mut self, bytes: &[u8]) {
        let _ = self.socket.get_mut().write_all(bytes);
    }

    /// Reads all bytes until the server hangs up, whatever they are.
    pub(crate) fn rest(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // A connection that is cut off has said all that it will.
        let _ = self.socket.read_to_end(&mut bytes);
        bytes
    }

    /// Reads a whole answer.
    pub(crate) fn answer(self) -> Answer {
        self.stream().answer()
    }

    /// Reads an answer's head.
    pub(crate) fn stream(mut self) -> Stream {
        let status_line = self.line();
        let status = status_line.split(' ').nth(1).and_then(|status| status.parse().ok());
        let status = status.unwrap_or_else(|| panic!("no status line: `{status_line}`"));
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        Stream { head: Head::new(status, headers), connection: self }
    }

    /// Closes the connection.
    pub(crate) fn hang_up(self) {
        drop(self);
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.socket.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.socket.read_exact(&mut bytes).unwrap();
        bytes
    }
}

impl Stream {
    /// The next chunk as the server wrote it; a body with a length is one chunk.
    pub(crate) fn next_chunk(&mut self) -> Option<Vec<u8>> {
        if let Some(length) = self.head.header("content-length") {
            let length: usize = length.parse().unwrap();
            self.head.remove("content-length");
            return Some(self.connection.bytes(length));
        }
        // Neither a length nor chunks: there is no body.
        self.head.header("transfer-encoding")?;
        let size = self.connection.line();
        let size =
            usize::from_str_radix(&size, 16).unwrap_or_else(|_| panic!("the body is cut off: `{size}`"));
        let chunk = self.connection.bytes(size);
        assert_eq!(self.connection.line(), "");
        (size > 0).then_some(chunk)
    }

    /// Reads to the end.
    pub(crate) fn answer(self) -> Answer {
        self.answer_after(Vec::new())
    }

    /// Reads to the end; this was read before.
    pub(crate) fn answer_after(mut self, mut body: Vec<u8>) -> Answer {
        while let Some(chunk) = self.next_chunk() {
            body.extend_from_slice(&chunk);
        }
        self.head.with_body(body)
    }

    /// Closes the connection.
    pub(crate) fn hang_up(self) {
        self.connection.hang_up();
    }
}
