//! A streamed answer as it arrives.

use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use futures::FutureExt;

use crate::bedrock::error::broken;
use crate::bedrock::reader::{Progress, Source};
use crate::bedrock::writer::EventWriter;
use crate::error::Failure;

use super::decoder::Decoder;
use super::server_sent::Parser;

/// Server-sent events whose data are chunks, until `[DONE]`.
pub(super) struct ChunkStream {
    body: ByteStream,
    parser: Parser,
    decoder: Decoder,
    request_id: Option<String>,
}

impl ChunkStream {
    pub(super) fn new(body: SdkBody, request_id: Option<String>) -> Self {
        Self {
            body: ByteStream::new(body),
            parser: Parser::default(),
            decoder: Decoder::default(),
            request_id,
        }
    }

    /// The data of the next event; none at the end of the body.
    async fn data(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        loop {
            if let Some(data) = self.parser.next() {
                return Ok(Some(data));
            }
            match self.body.next().await {
                Some(Ok(bytes)) => self.parser.push(&bytes),
                Some(Err(fault)) => {
                    let request_id = self.request_id.as_deref().unwrap_or("unknown");
                    let internal = format!("bedrock request `{request_id}`: the stream broke: {fault}");
                    return Err(broken().with_internal(internal));
                }
                None => return Ok(None),
            }
        }
    }
}

impl Source for ChunkStream {
    type Sink = EventWriter;

    fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    async fn receive(&mut self, writer: &mut EventWriter) -> Result<Progress, Failure> {
        let data = match self.data().await {
            Ok(Some(data)) if data == b"[DONE]" => {
                // The connection can be used again only if its body was read to the end.
                let _ = self.body.next().now_or_never();
                None
            }
            Ok(data) => data,
            Err(failure) if !self.decoder.has_stopped() => return Err(failure),
            Err(failure) => {
                tracing::warn!(%failure, "the answer was complete, but its stream was not");
                None
            }
        };
        if let Some(data) = data {
            self.decoder.read(&data, self.request_id.as_deref(), writer)?;
            Ok(Progress::Received)
        } else {
            self.decoder.end(writer)?;
            Ok(Progress::Ended)
        }
    }
}
