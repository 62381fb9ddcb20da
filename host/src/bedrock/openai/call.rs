//! One call of Chat Completions.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_bedrockruntime::operation::RequestId;
use aws_sdk_bedrockruntime::types::Trace;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use futures::{StreamExt, stream};

use crate::bedrock::error::{broken, of_whole};
use crate::bedrock::reader;
use crate::bedrock::region::Clients;
use crate::bedrock::request::Reading;
use crate::bedrock::target::Target;
use crate::bedrock::writer::EventWriter;
use crate::chat::{Delivery, Guardrail, GuardrailTrace};
use crate::error::Failure;
use crate::pipeline::{Call, Deadline, Estimate, Events, Plan};
use crate::telemetry::Observation;

use super::decoder::Decoder;
use super::error;
use super::redirect::{Unread, redirect};
use super::request::Written;
use super::source::ChunkStream;

/// A call that is written and not yet made.
pub(in crate::bedrock) struct OpenAiCall {
    pub(in crate::bedrock) target: Target,
    pub(in crate::bedrock) written: Written,
    /// Goes into headers (user guide, "Include a guardrail in a chat completion"). The endpoint checks
    /// the whole prompt, and streamed text before it leaves: a policy may ask for less, not for more.
    pub(in crate::bedrock) guardrail: Option<Guardrail>,
}

#[async_trait]
impl Call for OpenAiCall {
    fn dropped(&self) -> &[String] {
        &self.written.dropped
    }

    fn plan(&self) -> Plan {
        self.target.plan("ChatCompletions", &self.written.body)
    }

    fn estimate(&self) -> Estimate {
        self.target.estimate()
    }

    async fn send(self: Box<Self>, deadline: Deadline, told: &Observation) -> Result<Events, Failure> {
        let call = &*self;
        let attempt = |clients| async move {
            let answer = call.answer(clients, told).await?;
            match call.target.delivery {
                Delivery::Whole => answer.whole().await.map_err(of_whole),
                Delivery::Streamed => {
                    let source = ChunkStream::new(answer.body, answer.request_id);
                    reader::events(source, Reading::unchanged(), call.target.patience(deadline)).await
                }
            }
        };
        call.target.call(deadline, told, attempt).await
    }
}

/// An answer that has begun.
struct Answer {
    request_id: Option<String>,
    body: SdkBody,
}

impl OpenAiCall {
    async fn answer(&self, clients: Arc<Clients>, told: &Observation) -> Result<Answer, Failure> {
        let mut call = clients
            .runtime()
            .invoke_model_with_response_stream()
            .model_id(&self.target.model)
            .content_type("application/json");
        if let Some(Guardrail { id, version, trace, mode: _ }) = &self.guardrail {
            call = call.guardrail_identifier(id).guardrail_version(version);
            call = call.set_trace((*trace == GuardrailTrace::Enabled).then_some(Trace::Enabled));
        }
        let unread = Unread::default();
        let call =
            call.customize().map_request(redirect(self.written.body.clone())).interceptor(unread.clone());
        let answer = call.send().await;
        told.bedrock_request(answer.request_id());
        let answer = answer.map_err(|fault| error::before_answer(&fault, clients.region()))?;
        let body = unread.take().ok_or_else(broken)?;
        Ok(Answer { request_id: answer.request_id().map(str::to_owned), body })
    }
}

impl Answer {
    async fn whole(self) -> Result<Events, Failure> {
        let request_id = self.request_id.as_deref();
        let body = ByteStream::new(self.body).collect().await.map_err(|fault| {
            let request_id = request_id.unwrap_or("unknown");
            broken().with_internal(format!("bedrock request `{request_id}`: the answer broke: {fault}"))
        })?;
        let mut writer = EventWriter::new(Reading::unchanged());
        let mut decoder = Decoder::default();
        decoder.read(&body.into_bytes(), request_id, &mut writer)?;
        decoder.end(&mut writer)?;
        let batch = writer.take();
        Ok(stream::once(async { Ok(batch) }).boxed())
    }
}
