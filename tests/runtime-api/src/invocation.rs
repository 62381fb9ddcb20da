//! A request on its way to an environment, and the response on its way back.

use bytes::Bytes;
use http::Response;
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use tokio::sync::{mpsc, oneshot};

use crate::answer::{Body, Failure};

/// What a client waits for.
pub(crate) type Answered = Result<Response<Body>, Failure>;

/// A request that no environment has answered yet.
pub(crate) struct Invocation {
    /// Its id, which AWS chooses.
    pub(crate) id: String,
    /// What the function gets.
    pub(crate) event: Bytes,
    /// Where the answer goes. The client may have gone.
    pub(crate) answer: oneshot::Sender<Answered>,
}

/// The body of a response ends before it is complete.
#[derive(Debug, thiserror::Error)]
#[error("the response was cut off")]
pub(crate) struct Cut;

/// The near end of a response's body. One that is dropped before its end cuts the body off.
pub(crate) struct BodySender(mpsc::Sender<Part>);

/// What travels from the near end to the far one.
enum Part {
    Chunk(Bytes),
    End,
}

/// A body that comes in chunks: what is sent to the one end is read at the other.
pub(crate) fn streamed() -> (BodySender, Body) {
    // A single place: who reads slowly slows who writes.
    let (sender, receiver) = mpsc::channel(1);
    let frames = futures::stream::unfold(Some(receiver), async |receiver| {
        let mut receiver: mpsc::Receiver<Part> = receiver?;
        match receiver.recv().await {
            Some(Part::Chunk(chunk)) => Some((Ok(Frame::data(chunk)), Some(receiver))),
            Some(Part::End) => None,
            None => Some((Err(Cut), None)),
        }
    });
    (BodySender(sender), StreamBody::new(frames).boxed_unsync())
}

impl BodySender {
    /// Hands on a chunk, and waits until there is room for it. If the client has gone, it is thrown away:
    /// as on Lambda, the function does not learn of it.
    pub(crate) async fn send(&self, chunk: Bytes) {
        if !chunk.is_empty() {
            let _ = self.0.send(Part::Chunk(chunk)).await;
        }
    }

    /// Ends the body as one that is complete.
    pub(crate) async fn end(self) {
        let _ = self.0.send(Part::End).await;
    }
}
