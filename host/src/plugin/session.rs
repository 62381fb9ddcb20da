use async_trait::async_trait;
use wasmtime::component::ResourceAny;

use super::bindings::adit::plugin::types::{Descriptor, PluginError};
use super::bindings::exports::adit::plugin::{lifecycle, prompt_hook, route_hook, text_hook};
use super::component::Compiled;
use super::convert;
use super::engine::Engine;
use super::instance::{Budget, Instance};
use crate::error::Failure;
use crate::ids::{PluginName, RequestId};
use crate::pipeline::{
    self, Chunk, Context, PromptVerdict, RouteVerdict, Segment, Summary, TextVerdict, TextWish,
};

/// The input for which a hook's time is meant; more input has as many times more.
const PROMPT_SHARE_BYTES: usize = 1 << 20;
const TEXT_SHARE_BYTES: usize = 64 << 10;

/// An instance that has read its config.
pub(super) struct Initialised {
    instance: Instance,
    lifecycle: lifecycle::Guest,
    plugin: PluginName,
}

/// What a plugin found wrong with its config: JSON Pointer and message.
pub(super) type ConfigFaults = Vec<(String, String)>;

impl Initialised {
    /// A fresh instance after `init`. The inner result is the plugin's own word on the config.
    pub(super) async fn new(
        engine: &Engine,
        compiled: &Compiled,
        plugin: &PluginName,
        request: Option<RequestId>,
        config: &str,
    ) -> Result<Result<(Self, Descriptor), ConfigFaults>, Failure> {
        let mut instance = Instance::new(engine, compiled, plugin, request).await?;
        let lifecycle = instance.load(|store, component| compiled.lifecycle.load(store, component))?;
        let budget = Budget { time: engine.limits.init, output_bytes: engine.limits.request_output_bytes };
        let answer =
            instance.call("init", budget, async |store| lifecycle.call_init(store, config).await).await?;
        Ok(match answer {
            Ok(descriptor) => Ok((Self { instance, lifecycle, plugin: plugin.clone() }, descriptor)),
            Err(faults) => Err(faults.into_iter().map(|fault| (fault.path, fault.message)).collect()),
        })
    }

    /// Begins work on a request.
    pub(super) async fn start(
        mut self,
        engine: &Engine,
        compiled: &Compiled,
        context: &Context,
        seed: &str,
        wish: TextWish,
    ) -> Result<Session, Failure> {
        let limits = &engine.limits;
        let labels = convert::labels(&context.labels);
        let context = convert::context(context, &labels, seed);
        let lifecycle = &self.lifecycle;
        let once = Budget { time: limits.request_hook, output_bytes: limits.request_output_bytes };
        let resource = self
            .instance
            .call("session", once, async |store| lifecycle.session().call_constructor(store, context).await)
            .await?;
        let route = self
            .instance
            .load(|store, component| optional(compiled.route.as_ref(), |hook| hook.load(store, component)))?;
        let prompt = self.instance.load(|store, component| {
            optional(compiled.prompt.as_ref(), |hook| hook.load(store, component))
        })?;
        let text = self
            .instance
            .load(|store, component| optional(compiled.text.as_ref(), |hook| hook.load(store, component)))?;
        let many = Budget { time: limits.stream_hook, output_bytes: limits.stream_output_bytes };
        Ok(Session {
            instance: self.instance,
            plugin: self.plugin,
            resource,
            route,
            prompt,
            text,
            wish,
            once,
            many,
        })
    }
}

fn optional<I, T>(
    indices: Option<&I>,
    load: impl FnOnce(&I) -> wasmtime::Result<T>,
) -> wasmtime::Result<Option<T>> {
    indices.map(load).transpose()
}

/// A plugin at work on one request, in an instance of its own.
pub(super) struct Session {
    instance: Instance,
    plugin: PluginName,
    resource: ResourceAny,
    route: Option<route_hook::Guest>,
    prompt: Option<prompt_hook::Guest>,
    text: Option<text_hook::Guest>,
    wish: TextWish,
    /// For hooks that run once a request, and for those that run many times.
    once: Budget,
    many: Budget,
}

#[async_trait]
impl pipeline::Session for Session {
    fn text_wish(&self) -> TextWish {
        self.wish
    }

    async fn on_route(&mut self, summary: &Summary) -> Result<RouteVerdict, Failure> {
        let Some(hook) = &self.route else { return Ok(RouteVerdict::Keep) };
        let (resource, summary) = (self.resource, convert::summary(summary));
        let answer = self
            .instance
            .call("on-route", self.once, async |store| hook.call_on_route(store, resource, summary).await)
            .await?;
        answer.map(convert::route_verdict).map_err(|error| self.reported("on-route", error))
    }

    async fn on_prompt(&mut self, segments: &[Segment<'_>]) -> Result<PromptVerdict, Failure> {
        let Some(hook) = &self.prompt else { return Ok(PromptVerdict::Keep) };
        let bytes = segments.iter().map(|segment| segment.text.len()).sum();
        let budget = self.once.for_input(bytes, PROMPT_SHARE_BYTES);
        let segments: Vec<_> = segments.iter().map(convert::segment).collect();
        let resource = self.resource;
        let answer = self
            .instance
            .call("on-prompt", budget, async |store| hook.call_on_prompt(store, resource, &segments).await)
            .await?;
        answer.map(convert::prompt_verdict).map_err(|error| self.reported("on-prompt", error))
    }

    async fn on_text(&mut self, chunks: &[Chunk]) -> Result<TextVerdict, Failure> {
        let Some(hook) = &self.text else { return Ok(TextVerdict::Pass) };
        // An answer in one piece is one call, however long it is.
        let budget = self.many.for_input(chunks.iter().map(|chunk| chunk.text.len()).sum(), TEXT_SHARE_BYTES);
        let chunks: Vec<_> = chunks.iter().map(convert::chunk).collect();
        let resource = self.resource;
        let answer = self
            .instance
            .call("on-text", budget, async |store| hook.call_on_text(store, resource, &chunks).await)
            .await?;
        answer.map(convert::text_verdict).map_err(|error| self.reported("on-text", error))
    }
}

impl Session {
    /// The plugin says that it could not do its work. What it says is for the log.
    fn reported(&self, hook: &str, error: PluginError) -> Failure {
        let PluginError { code, message } = error;
        Failure::plugin(&self.plugin, &format!("{hook} reported `{code}`: {message}"))
    }
}
