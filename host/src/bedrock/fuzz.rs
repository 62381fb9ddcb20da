//! Bedrock that answers from memory, for the fuzz targets.

use std::num::NonZeroU32;

use bytes::Bytes;

use super::Bedrock;
use super::canned::{Canned, Piece, Reply, Response};
use crate::capability;
use crate::config;

/// What Bedrock answers next. Clones share it.
#[derive(Debug, Clone)]
pub struct Memory(Canned);

impl Default for Memory {
    fn default() -> Self {
        let http = Canned::default();
        http.will_reply(Reply::Unreachable);
        Self(http)
    }
}

impl Memory {
    /// The real client, over this memory. It tries each call once.
    pub fn bedrock(&self) -> Bedrock {
        let settings = config::Bedrock { regions: Vec::new(), endpoint: None, max_attempts: NonZeroU32::MIN };
        let (timeouts, known) = (config::Timeouts::default(), capability::Models::built_in());
        Bedrock::over(self.0.sdk("us-east-1"), &settings, &timeouts, known)
    }

    /// The next call is answered with a body of Converse.
    pub fn will_answer_whole(&self, body: &[u8]) {
        let headers = [("content-type", "application/json")];
        self.0.will_reply(Response::new(200, &headers, &[body]).into());
    }

    /// The next call is answered with a body of ConverseStream, which arrives in pieces of so many bytes.
    pub fn will_answer_streamed(&self, body: &[u8], piece: usize) {
        let pieces = body.chunks(piece.max(1)).map(|piece| Piece::Bytes(Bytes::copy_from_slice(piece)));
        self.0.will_reply(Response::stream(pieces.collect()).into());
    }
}
