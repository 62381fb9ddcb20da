//! One call of Converse or ConverseStream.

use std::time::Duration;

use async_trait::async_trait;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use futures::{StreamExt, stream};
use tokio::time::timeout;

use crate::chat::{Delivery, Json};
use crate::error::Failure;
use crate::pipeline::{Call, Deadline, Events, Plan};

use super::client::READ_TIMEOUT;
use super::request::Written;
use super::{error, reader, response};

/// A call that is written and not yet made.
pub(super) struct ConverseCall {
    pub(super) runtime: aws_sdk_bedrockruntime::Client,
    pub(super) longest_silence: Duration,
    pub(super) model: String,
    pub(super) delivery: Delivery,
    pub(super) written: Written,
}

#[async_trait]
impl Call for ConverseCall {
    fn dropped(&self) -> &[String] {
        &self.written.dropped
    }

    fn plan(&self) -> Plan {
        Plan {
            operation: match self.delivery {
                Delivery::Whole => "Converse",
                Delivery::Streamed => "ConverseStream",
            },
            region: self
                .runtime
                .config()
                .region()
                .map(|region| region.as_ref().to_owned())
                .unwrap_or_default(),
            model: self.model.clone(),
            family: String::new(),
            body: Json::from_checked(String::from_utf8_lossy(&self.written.body)),
            input_tokens: 0,
            max_output_tokens: None,
            prices: None,
        }
    }

    async fn send(self: Box<Self>, _deadline: Deadline) -> Result<Events, Failure> {
        let Self { runtime, longest_silence, model, delivery, written } = *self;
        match delivery {
            Delivery::Whole => {
                let call = runtime.converse().model_id(model).customize();
                let sent = call.mutate_request(put(written.body)).send();
                let answer = timeout(READ_TIMEOUT, sent).await.map_err(|_| error::silent())?;
                let answer = answer.map_err(|fault| error::of_call(&fault))?;
                let batch = response::events(answer, written.reading)?;
                Ok(stream::once(async { Ok(batch) }).boxed())
            }
            Delivery::Streamed => {
                let call = runtime.converse_stream().model_id(model).customize();
                let answer = call.mutate_request(put(written.body)).send().await;
                let answer = answer.map_err(|fault| error::of_call(&fault))?;
                reader::events(answer, written.reading, longest_silence).await
            }
        }
    }
}

/// Gives a call its body before it is signed. `request` says why the SDK does not write it.
fn put(body: Bytes) -> impl Fn(&mut HttpRequest) + Send + Sync + 'static {
    move |http| {
        http.headers_mut().insert("content-length", body.len().to_string());
        *http.body_mut() = SdkBody::from(body.clone());
    }
}
