//! A Runtime API that shows what was written, chunk by chunk.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};

/// What happened, in order.
pub(super) type Journal = Arc<std::sync::Mutex<Vec<&'static str>>>;

type Invocations = Arc<Mutex<mpsc::Receiver<String>>>;

pub(super) struct FakeApi {
    address: String,
    invocations: mpsc::Sender<String>,
    posted: mpsc::Receiver<Posted>,
    polls: Arc<AtomicUsize>,
}

/// What was posted, as it comes.
pub(super) struct Posted {
    pub(super) path: String,
    headers: Vec<(String, String)>,
    chunks: mpsc::Receiver<Piece>,
}

/// A part of a body.
enum Piece {
    Chunk(Vec<u8>),
    /// The last chunk, and the trailers as they stand behind it. Without it the connection broke.
    End(String),
}

impl Posted {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// The next chunk; none behind the last.
    pub(super) async fn chunk(&mut self) -> Option<Vec<u8>> {
        match self.chunks.recv().await? {
            Piece::Chunk(chunk) => Some(chunk),
            Piece::End(_) => None,
        }
    }

    /// All that is still to come, and the trailers behind it.
    pub(super) async fn all(mut self) -> (Vec<u8>, String) {
        let mut all = Vec::new();
        loop {
            match self.chunks.recv().await.unwrap() {
                Piece::Chunk(chunk) => all.extend(chunk),
                Piece::End(trailers) => return (all, trailers),
            }
        }
    }

    /// All that is still to come of an answer without a fault.
    pub(super) async fn whole(self) -> Vec<u8> {
        let (all, trailers) = self.all().await;
        assert_eq!(trailers, "");
        all
    }
}

impl FakeApi {
    pub(super) async fn start() -> Self {
        Self::noting(Journal::default()).await
    }

    /// Notes each poll, as soon as it comes.
    pub(super) async fn noting(journal: Journal) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (invocations, waiting) = mpsc::channel(8);
        let (post, posted) = mpsc::channel(8);
        let waiting: Invocations = Arc::new(Mutex::new(waiting));
        let polls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&polls);
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                tokio::spawn(serve(
                    BufReader::new(socket),
                    Arc::clone(&waiting),
                    post.clone(),
                    Arc::clone(&counted),
                    Arc::clone(&journal),
                ));
            }
        });
        Self { address, invocations, posted, polls }
    }

    pub(super) fn address(&self) -> String {
        self.address.clone()
    }

    /// How often an invocation was given to somebody who polled.
    pub(super) fn polls(&self) -> usize {
        self.polls.load(Ordering::SeqCst)
    }

    /// Gives an invocation to the next who polls, and waits until that has happened.
    pub(super) async fn invoke(&mut self, id: &str, deadline_ms: u64, event: &Value) {
        let before = self.polls();
        let event = event.to_string();
        let answer = format!(
            "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: {id}\r\nlambda-runtime-deadline-ms: {deadline_ms}\r\n\
             lambda-runtime-trace-id: Root=1-5\r\nlambda-runtime-invocation-id: inv-{id}\r\ncontent-length: {}\r\n\r\n{event}",
            event.len()
        );
        self.invocations.send(answer).await.unwrap();
        while self.polls() == before {
            tokio::task::yield_now().await;
        }
    }

    /// The next answer, as soon as its head is there.
    pub(super) async fn posted(&mut self) -> Posted {
        self.posted.recv().await.unwrap()
    }
}

async fn serve(
    mut socket: BufReader<TcpStream>,
    waiting: Invocations,
    post: mpsc::Sender<Posted>,
    polls: Arc<AtomicUsize>,
    journal: Journal,
) {
    loop {
        let Some(request) = line(&mut socket).await else { return };
        let mut headers = Vec::new();
        while let Some(header) = line(&mut socket).await.filter(|header| !header.is_empty()) {
            let (name, value) = header.split_once(": ").unwrap();
            headers.push((name.to_lowercase(), value.to_owned()));
        }
        let (method, path) = request.trim_end_matches(" HTTP/1.1").split_once(' ').unwrap();
        if method == "GET" {
            journal.lock().unwrap().push("polled");
            let Some(answer) = waiting.lock().await.recv().await else { return };
            polls.fetch_add(1, Ordering::SeqCst);
            socket.write_all(answer.as_bytes()).await.unwrap();
            continue;
        }
        let (chunk, chunks) = mpsc::channel(64);
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.map(|(_, length)| length.parse::<usize>().unwrap());
        post.send(Posted { path: path.to_owned(), headers, chunks }).await.unwrap_or_default();
        if let Some(length) = length {
            let mut body = vec![0; length];
            socket.read_exact(&mut body).await.unwrap();
            chunk.send(Piece::Chunk(body)).await.unwrap_or_default();
            chunk.send(Piece::End(String::new())).await.unwrap_or_default();
        } else if !read_chunks(&mut socket, &chunk).await {
            return;
        }
        socket.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n").await.unwrap_or_default();
    }
}

/// Whether the last chunk came.
async fn read_chunks(socket: &mut BufReader<TcpStream>, chunks: &mpsc::Sender<Piece>) -> bool {
    loop {
        let Some(size) = line(socket).await else { return false };
        let mut data = vec![0; usize::from_str_radix(&size, 16).unwrap()];
        if data.is_empty() {
            let mut trailers = String::new();
            while let Some(trailer) = line(socket).await.filter(|trailer| !trailer.is_empty()) {
                trailers.extend([&trailer, "\n"]);
            }
            chunks.send(Piece::End(trailers)).await.unwrap_or_default();
            return true;
        }
        if socket.read_exact(&mut data).await.is_err() || line(socket).await.is_none() {
            return false;
        }
        chunks.send(Piece::Chunk(data)).await.unwrap_or_default();
    }
}

async fn line(socket: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    match socket.read_line(&mut line).await {
        Ok(1..) => Some(line.trim_end().to_owned()),
        _ => None,
    }
}
