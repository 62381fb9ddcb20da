//! A plugin that is the wire format of models.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use wasmtime::Store;

use super::bindings::adit::plugin::{chat, formats as wit};
use super::bindings::exports::adit::plugin::model_format;
use super::component::Compiled;
use super::convert;
use super::imports::Blobs;
use super::instance::{Budget, Guest};
use super::session::{Initialised, Session};
use crate::chat::{Batch, Delivery, Request};
use crate::error::Failure;
use crate::ids::{ModelPattern, PluginName};
use crate::pipeline::{self, Encoded, Invocation};

/// The prompt, and the answer in one piece, for which the time of a hook is meant; a longer one has as
/// many times more.
const BODY_SHARE_BYTES: usize = 1 << 20;
/// The payloads for which the time of one call of a stream's hook is meant.
const PAYLOADS_SHARE_BYTES: usize = 64 << 10;

/// What the list of models may be, in bytes and entries.
const MODELS_BYTES: usize = 64 << 10;
const MAX_MODELS: usize = 256;

/// Asks a plugin whose format it is.
pub(super) async fn models(
    compiled: &Compiled,
    initialised: Initialised,
    plugin: &PluginName,
) -> Result<Arc<[ModelPattern]>, Failure> {
    let Some(indices) = &compiled.model_format else { return Ok(Arc::new([])) };
    let mut instance = initialised.instance;
    let format = instance.load(|store, component| indices.load(store, component))?;
    let budget = Budget::new(instance.allowance().init, MODELS_BYTES);
    let models = instance.call("models", budget, async |store| format.call_models(store).await).await?;
    checked(models).map_err(|how| Failure::plugin(plugin, &how))
}

fn checked(models: Vec<String>) -> Result<Arc<[ModelPattern]>, String> {
    if models.len() > MAX_MODELS {
        return Err(format!("it names {} models: at most {MAX_MODELS} are taken", models.len()));
    }
    let check = |model| ModelPattern::parse(model).map_err(|fault| format!("one of its models is {fault}"));
    models.into_iter().map(check).collect()
}

#[async_trait]
impl pipeline::ModelFormat for Session {
    async fn encode(&mut self, request: &Request) -> Result<Encoded, Failure> {
        let mut blobs = Vec::new();
        let seen = convert::request(request, &mut blobs);
        self.instance.lend(Blobs::new(blobs));
        let budget = self.once.for_input(convert::text_bytes(&seen), BODY_SHARE_BYTES);
        let (resource, delivery) = (self.resource, request.delivery);
        let answer = self
            .be_format("encode", budget, async |format, store| {
                format.call_encode(store, resource, &seen, written(delivery)).await
            })
            .await?;
        Ok(match answer.map_err(|error| self.reported("encode", error))? {
            wit::Encoded::Invoke(invocation) => Encoded::Invoke(read(invocation)),
            wit::Encoded::Deny(refusal) => Encoded::Deny(convert::denied(refusal)),
        })
    }

    async fn decode_chunks(&mut self, payloads: &[Bytes]) -> Result<Batch, Failure> {
        let bytes = payloads.iter().map(Bytes::len).sum();
        let budget = self.many.for_input(bytes, PAYLOADS_SHARE_BYTES);
        let payloads: Vec<&[u8]> = payloads.iter().map(AsRef::as_ref).collect();
        let resource = self.resource;
        let answer = self
            .be_format("decode-chunks", budget, async |format, store| {
                format.call_decode_chunks(store, resource, &payloads).await
            })
            .await?;
        let events = answer.map_err(|error| self.reported("decode-chunks", error))?;
        self.read_events("decode-chunks", events)
    }

    async fn decode_response(&mut self, body: &Bytes) -> Result<Batch, Failure> {
        let budget = self.once.for_input(body.len(), BODY_SHARE_BYTES);
        let resource = self.resource;
        let answer = self
            .be_format("decode-response", budget, async |format, store| {
                format.call_decode_response(store, resource, body).await
            })
            .await?;
        let events = answer.map_err(|error| self.reported("decode-response", error))?;
        self.read_events("decode-response", events)
    }
}

impl Session {
    /// Calls a function of the format.
    async fn be_format<T>(
        &mut self,
        name: &'static str,
        budget: Budget,
        call: impl AsyncFnOnce(&model_format::Guest, &mut Store<Guest>) -> wasmtime::Result<T>,
    ) -> Result<T, Failure> {
        let Some(format) = &self.model_format else {
            return Err(Failure::plugin(&self.plugin, "it is no model's format"));
        };
        self.instance.call(name, budget, async |store| call(format, store).await).await
    }

    fn read_events(&self, call: &str, events: Vec<chat::Event>) -> Result<Batch, Failure> {
        convert::read_events(events)
            .map_err(|how| Failure::plugin(&self.plugin, &format!("{call} answered with {how}")))
    }
}

fn written(delivery: Delivery) -> wit::Delivery {
    match delivery {
        Delivery::Streamed => wit::Delivery::Streamed,
        Delivery::Whole => wit::Delivery::Whole,
    }
}

fn read(invocation: wit::Invocation) -> Invocation {
    let wit::Invocation { body, content_type, accept, delivery, dropped } = invocation;
    let delivery = match delivery {
        wit::Delivery::Streamed => Delivery::Streamed,
        wit::Delivery::Whole => Delivery::Whole,
    };
    Invocation { body: body.into(), content_type, accept, delivery, dropped }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn a_model_is_a_pattern_of_visible_characters() {
        let models = |models: &[&str]| checked(models.iter().map(ToString::to_string).collect());
        assert_eq!(models(&["amazon.titan-text-*", "*"]).unwrap().len(), 2);
        for model in ["", "a b", "ä"] {
            assert!(models(&["a", model]).is_err(), "{model:?}");
        }
        assert!(models(&["a"; MAX_MODELS + 1]).is_err());
    }
}
