//! The payloads of an answer, and what Bedrock itself has written into them.

use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::operation::invoke_model_with_response_stream::InvokeModelWithResponseStreamOutput as Answer;
use aws_sdk_bedrockruntime::types::ResponseStream;
use bytes::Bytes;
use serde::Deserialize;

use crate::bedrock::error;
use crate::bedrock::reader::{Progress, Sink, Source};
use crate::chat::Usage;
use crate::error::Failure;
use crate::pipeline::{Intervention, Received};

/// How the members begin that are Bedrock's and not the model's.
const OWN: &[u8] = b"amazon-bedrock-";

/// What Bedrock adds to a JSON payload, whatever the model (user guide, "Submit a single prompt with
/// InvokeModel"; "Use guardrails with the inference operations").
#[derive(Deserialize)]
struct Added {
    /// In the last chunk of a stream.
    #[serde(rename = "amazon-bedrock-invocationMetrics")]
    metrics: Option<Metrics>,
    #[serde(rename = "amazon-bedrock-guardrailAction")]
    guardrail_action: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "the members as Bedrock names them")]
struct Metrics {
    input_token_count: u64,
    output_token_count: u64,
    #[serde(default)]
    cache_read_input_token_count: u64,
    #[serde(default)]
    cache_write_input_token_count: u64,
}

/// Payloads with what Bedrock says in them. The text of an answer may hold the same words; only members
/// of the payload itself count.
pub(super) fn received(payloads: Vec<Bytes>) -> Received {
    let mut received = Received::default();
    for payload in &payloads {
        if !payload.windows(OWN.len()).any(|window| window == OWN) {
            continue;
        }
        let Ok(added) = serde_json::from_slice::<Added>(payload) else { continue };
        if let Some(metrics) = added.metrics {
            received.usage = Some(Usage {
                input_tokens: metrics.input_token_count,
                output_tokens: metrics.output_token_count,
                cache_read_tokens: metrics.cache_read_input_token_count,
                cache_write_tokens: metrics.cache_write_input_token_count,
                service_tier: None,
            });
        }
        if added.guardrail_action.as_deref() == Some("INTERVENED") {
            received.intervention = Intervention::Intervened;
        }
    }
    received.payloads = payloads;
    received
}

/// Takes payloads as they arrive. What they mean is for others to say, so no end is wrong here.
#[derive(Debug, Default)]
pub(in crate::bedrock) struct PayloadWriter {
    payloads: Vec<Bytes>,
    is_counted: bool,
}

impl Sink for PayloadWriter {
    type Batch = Received;

    fn next_batch(&mut self) -> Option<Received> {
        if self.payloads.is_empty() {
            return None;
        }
        let received = received(std::mem::take(&mut self.payloads));
        self.is_counted |= received.usage.is_some();
        Some(received)
    }

    /// What was counted is over.
    fn is_complete(&self) -> bool {
        self.is_counted
    }

    fn may_end(&self) -> bool {
        true
    }

    fn is_counted(&self) -> bool {
        self.is_counted
    }
}

impl Source for Answer {
    type Sink = PayloadWriter;

    async fn receive(&mut self, sink: &mut PayloadWriter) -> Result<Progress, Failure> {
        // `recv` keeps all that it has read in the receiver, so it may be dropped while it waits.
        match self.body.recv().await {
            Ok(Some(ResponseStream::Chunk(part))) => {
                sink.payloads.extend(part.bytes.map(|bytes| Bytes::from(bytes.into_inner())));
                Ok(Progress::Received)
            }
            Ok(Some(_)) => Ok(Progress::Received),
            Ok(None) => Ok(Progress::Ended),
            Err(fault) => Err(error::of_stream(&fault, RequestId::request_id(self))),
        }
    }

    fn request_id(&self) -> Option<&str> {
        RequestId::request_id(self)
    }
}
