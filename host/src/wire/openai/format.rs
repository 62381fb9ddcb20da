use bytes::{Bytes, BytesMut};

use super::encode::{self, Incomplete};
use super::{Decoded, UsageChunk, completions, decode};
use crate::chat::{Batch, Event};
use crate::error::Failure;

/// The two formats in which a client asks a model to go on with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `POST /v1/chat/completions`
    Chat,
    /// `POST /v1/completions`
    Completions,
}

/// Writes an answer as it comes. Call [`batch`](Self::batch) as events arrive, then
/// [`finish`](Self::finish); if that, or anything before it, fails, call
/// [`failure`](Self::failure) instead. Only a complete answer ends with `[DONE]`.
pub trait Encoder: Send {
    /// Appends what is to be said of events that arrived together.
    fn batch(&mut self, batch: &[Event], out: &mut BytesMut);

    /// Ends the stream. Writes nothing if the answer is not complete.
    fn finish(&mut self, out: &mut BytesMut) -> Result<(), Incomplete>;

    /// Ends the stream with an error. Writes nothing if it has ended already.
    fn failure(&mut self, failure: &Failure, out: &mut BytesMut);
}

/// What an answer says of itself.
#[derive(Debug, Clone)]
pub struct Head<'a> {
    /// What the client calls the answer.
    pub id: &'a str,
    /// The model that answers.
    pub model: &'a str,
    /// Since when, in seconds since 1970.
    pub created: u64,
}

impl Format {
    /// The name that plugins know the format by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chat => "openai-chat",
            Self::Completions => "openai-completions",
        }
    }

    /// What the ids of answers begin with.
    pub fn id_prefix(self) -> &'static str {
        match self {
            Self::Chat => "chatcmpl-",
            Self::Completions => "cmpl-",
        }
    }

    /// Reads a request body.
    pub fn decode(self, body: &[u8]) -> Result<Decoded, Failure> {
        match self {
            Self::Chat => decode::decode(body),
            Self::Completions => completions::decode(body),
        }
    }

    /// Writes an answer in one piece.
    pub fn whole(self, head: &Head<'_>, batches: &[Batch]) -> Result<Bytes, Failure> {
        let (Head { id, model, created }, events) = (head.clone(), batches.iter().flatten());
        match self {
            Self::Chat => encode::whole(id, model, created, events),
            Self::Completions => completions::whole(id, model, created, events),
        }
    }

    /// Writes an answer as it comes.
    pub fn encoder(self, head: &Head<'_>, usage: UsageChunk) -> Box<dyn Encoder> {
        let Head { id, model, created } = head.clone();
        match self {
            Self::Chat => Box::new(encode::StreamEncoder::new(id, model, created, usage)),
            Self::Completions => Box::new(completions::StreamEncoder::new(id, model, created, usage)),
        }
    }
}

macro_rules! encoder {
    ($encoder:ty) => {
        impl Encoder for $encoder {
            fn batch(&mut self, batch: &[Event], out: &mut BytesMut) {
                Self::batch(self, batch, out);
            }

            fn finish(&mut self, out: &mut BytesMut) -> Result<(), Incomplete> {
                Self::finish(self, out)
            }

            fn failure(&mut self, failure: &Failure, out: &mut BytesMut) {
                Self::failure(self, failure, out);
            }
        }
    };
}

encoder!(encode::StreamEncoder);
encoder!(completions::StreamEncoder);
