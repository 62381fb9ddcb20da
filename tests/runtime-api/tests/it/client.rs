//! A client that shows each chunk as it was written, and can leave in the middle.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use runtime_api::Emulator;
use serde_json::Value;

use crate::PATIENCE;

/// A response whose head has been read.
pub(crate) struct Response {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    socket: BufReader<TcpStream>,
}

/// Sends a request, and waits for the head of its response.
pub(crate) fn request(emulator: &Emulator, method: &str, path: &str, headers: &str, body: &str) -> Response {
    send(emulator, method, path, headers, body).response()
}

/// Reads what stands at a path.
pub(crate) fn fetch(emulator: &Emulator, path: &str) -> Response {
    request(emulator, "GET", path, "", "")
}

/// A request whose response was not read.
pub(crate) struct Sent(BufReader<TcpStream>);

/// Sends a request, and waits for nothing.
pub(crate) fn send(emulator: &Emulator, method: &str, path: &str, headers: &str, body: &str) -> Sent {
    let mut socket = TcpStream::connect(emulator.address()).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let length = body.len();
    write!(
        socket,
        "{method} {path} HTTP/1.1\r\nhost: test\r\n{headers}content-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    Sent(BufReader::new(socket))
}

impl Sent {
    pub(crate) fn response(self) -> Response {
        let mut socket = self.0;
        let status = line(&mut socket).split(' ').nth(1).unwrap().parse().unwrap();
        let mut headers = Vec::new();
        loop {
            let line = line(&mut socket);
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.push((name.to_owned(), value.to_owned()));
        }
        Response { status, headers, socket }
    }
}

impl Response {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The next chunk as it was written, or nothing at the end. Fails if the body is cut off.
    pub(crate) fn chunk(&mut self) -> Result<Option<Vec<u8>>, ()> {
        let size = usize::from_str_radix(&line(&mut self.socket), 16).map_err(|_| ())?;
        let mut chunk = vec![0; size + 2];
        self.socket.read_exact(&mut chunk).map_err(|_| ())?;
        chunk.truncate(size);
        Ok((size > 0).then_some(chunk))
    }

    /// All chunks that are left, and whether the body ended as it should.
    pub(crate) fn chunks(mut self) -> (Vec<String>, bool) {
        let mut chunks = Vec::new();
        loop {
            match self.chunk() {
                Ok(Some(chunk)) => chunks.push(String::from_utf8(chunk).unwrap()),
                Ok(None) => return (chunks, true),
                Err(()) => return (chunks, false),
            }
        }
    }

    /// The body, as JSON.
    pub(crate) fn json(self) -> Value {
        let (chunks, is_whole) = self.chunks();
        assert!(is_whole, "{chunks:?}");
        serde_json::from_str(&chunks.concat()).unwrap()
    }

    /// The body of a response with a length.
    pub(crate) fn text(mut self) -> String {
        let length = self.header("content-length").unwrap().parse().unwrap();
        let mut body = vec![0; length];
        self.socket.read_exact(&mut body).unwrap();
        String::from_utf8(body).unwrap()
    }
}

fn line(socket: &mut BufReader<TcpStream>) -> String {
    let mut line = String::new();
    // A connection that is reset has said all that it will.
    let _ = socket.read_line(&mut line);
    line.trim_end().to_owned()
}
