//! A client that costs little itself: one connection, one request at a time.

use std::io::{Error, ErrorKind, Result};
use std::net::SocketAddr;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection that is kept alive.
pub(crate) struct Connection {
    socket: TcpStream,
    buffer: BytesMut,
    /// How the body that is being read is framed.
    framing: Framing,
}

#[derive(Debug, Clone, Copy)]
enum Framing {
    /// No body is due.
    Done,
    Chunked,
    /// Bytes that are left.
    Length(usize),
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, buffer: BytesMut::with_capacity(64 << 10), framing: Framing::Done })
    }

    /// Posts JSON, and reads the head of the answer. Fails unless that is a success.
    pub(crate) async fn send(&mut self, path: &str, authorization: &str, body: &[u8]) -> Result<()> {
        let headers = [("content-type", "application/json"), ("authorization", authorization)];
        self.request("POST", path, &headers, body).await
    }

    /// Sends a request, and reads the head of its answer. Fails unless that is a success.
    pub(crate) async fn request(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<()> {
        let mut head =
            format!("{method} {path} HTTP/1.1\r\nhost: bench\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head.extend([name, ": ", value, "\r\n"]);
        }
        head.push_str("\r\n");
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        self.socket.write_all(&request).await?;
        let end = self.find(b"\r\n\r\n").await?;
        let head = String::from_utf8_lossy(&self.buffer.split_to(end + 4)).to_lowercase();
        if !head.starts_with("http/1.1 2") {
            return Err(Error::new(
                ErrorKind::InvalidData,
                format!("no success: {}", head.lines().next().unwrap_or("")),
            ));
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
        self.framing = length.map_or(Framing::Chunked, Framing::Length);
        Ok(())
    }

    /// The next part of the body as it was framed; none at its end.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>> {
        match self.framing {
            Framing::Done | Framing::Length(0) => Ok(None),
            Framing::Length(left) => {
                self.fill(1).await?;
                let chunk = self.buffer.split_to(left.min(self.buffer.len())).freeze();
                self.framing = Framing::Length(left - chunk.len());
                Ok(Some(chunk))
            }
            Framing::Chunked => self.chunked().await,
        }
    }

    async fn chunked(&mut self) -> Result<Option<Bytes>> {
        let line = self.find(b"\r\n").await?;
        let size = String::from_utf8_lossy(&self.buffer.split_to(line)).into_owned();
        let size = usize::from_str_radix(size.trim(), 16)
            .map_err(|fault| Error::new(ErrorKind::InvalidData, fault))?;
        self.fill(size + 4).await?;
        self.buffer.advance(2);
        let chunk = self.buffer.split_to(size).freeze();
        self.buffer.advance(2);
        if size == 0 {
            self.framing = Framing::Done;
            return Ok(None);
        }
        Ok(Some(chunk))
    }

    async fn find(&mut self, pattern: &[u8]) -> Result<usize> {
        loop {
            if let Some(at) = self.buffer.windows(pattern.len()).position(|window| window == pattern) {
                return Ok(at);
            }
            self.fill(self.buffer.len() + 1).await?;
        }
    }

    async fn fill(&mut self, length: usize) -> Result<()> {
        while self.buffer.len() < length {
            if self.socket.read_buf(&mut self.buffer).await? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(())
    }
}
