use std::sync::Arc;

use async_trait::async_trait;
use wasmtime::component::ResourceAny;

use super::bindings::adit::plugin::chat as wit;
use super::bindings::adit::plugin::types::{Descriptor, PluginError};
use super::bindings::exports::adit::plugin::{
    client_format, event_hook, finish_hook, lifecycle, model_format, prompt_hook, request_hook, route_hook,
    text_hook, tool_provider,
};
use super::component::Compiled;
use super::convert;
use super::engine::Engine;
use super::imports::{Blobs, Imports};
use super::instance::{Budget, Instance};
use super::lent::{Home, Lent};
use super::share::Place;
use crate::chat::{Delta, Event, Request};
use crate::config::Allowance;
use crate::error::Failure;
use crate::ids::{PluginName, RequestId};
use crate::pipeline::{
    self, Chunk, Context, EventVerdict, PromptVerdict, Report, RequestVerdict, RouteVerdict, Segment,
    Summary, TextVerdict, TextWish, ToolCall, ToolClient, ToolOutcome,
};

/// The input for which a hook's time is meant; more input has as many times more.
const PROMPT_SHARE_BYTES: usize = 1 << 20;
const TEXT_SHARE_BYTES: usize = 64 << 10;

/// An instance that has read its config.
pub(super) struct Initialised {
    pub(super) instance: Instance,
    pub(super) lifecycle: lifecycle::Guest,
    pub(super) plugin: PluginName,
    /// Its place among those of its key, if it has a key.
    pub(super) place: Option<Place>,
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
        imports: Imports,
        config: &str,
        allowance: Allowance,
    ) -> Result<Result<(Self, Descriptor), ConfigFaults>, Failure> {
        let mut instance = Instance::new(engine, compiled, plugin, request, imports, allowance).await?;
        let lifecycle = instance.load(|store, component| compiled.lifecycle.load(store, component))?;
        let answer = instance.init(async |store| lifecycle.call_init(store, config).await).await?;
        Ok(match answer {
            Ok(descriptor) => {
                Ok((Self { instance, lifecycle, plugin: plugin.clone(), place: None }, descriptor))
            }
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
        home: Option<Home>,
    ) -> Result<Session, Failure> {
        self.instance.begin(context);
        let (limits, allowance) = (&engine.limits, self.instance.allowance());
        let labels = convert::labels(&context.labels);
        let context = convert::context(context, &labels, seed);
        let lifecycle = &self.lifecycle;
        let once = Budget::new(allowance.request_hook, limits.request_output_bytes);
        let resource = self
            .instance
            .call("session", once, async |store| lifecycle.session().call_constructor(store, context).await)
            .await?;
        let hooks = self.instance.load(|store, component| {
            Ok(Hooks {
                route: optional(compiled.route.as_ref(), |hook| hook.load(&mut *store, component))?,
                prompt: optional(compiled.prompt.as_ref(), |hook| hook.load(&mut *store, component))?,
                request: optional(compiled.request.as_ref(), |hook| hook.load(&mut *store, component))?,
                event: optional(compiled.event.as_ref(), |hook| hook.load(&mut *store, component))?,
                text: optional(compiled.text.as_ref(), |hook| hook.load(&mut *store, component))?,
                finish: optional(compiled.finish.as_ref(), |hook| hook.load(&mut *store, component))?,
            })
        })?;
        let client_format = self.instance.load(|store, component| {
            optional(compiled.client_format.as_ref(), |format| format.load(store, component))
        })?;
        let model_format = self.instance.load(|store, component| {
            optional(compiled.model_format.as_ref(), |format| format.load(store, component))
        })?;
        let tool_provider = self.instance.load(|store, component| {
            optional(compiled.tool_provider.as_ref(), |provider| provider.load(store, component))
        })?;
        let many = Budget::new(allowance.stream_hook, limits.stream_output_bytes);
        let plugin = self.plugin.clone();
        let instance = Lent::new(self, resource, once, home);
        Ok(Session {
            instance,
            plugin,
            resource,
            hooks,
            client_format,
            model_format,
            tool_provider,
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

/// The hooks that the plugin has.
struct Hooks {
    route: Option<route_hook::Guest>,
    prompt: Option<prompt_hook::Guest>,
    request: Option<request_hook::Guest>,
    event: Option<event_hook::Guest>,
    text: Option<text_hook::Guest>,
    finish: Option<finish_hook::Guest>,
}

/// A plugin at work on one request, in an instance that no other request has meanwhile.
pub(super) struct Session {
    pub(super) instance: Lent,
    pub(super) plugin: PluginName,
    pub(super) resource: ResourceAny,
    hooks: Hooks,
    pub(super) client_format: Option<client_format::Guest>,
    pub(super) model_format: Option<model_format::Guest>,
    pub(super) tool_provider: Option<tool_provider::Guest>,
    wish: TextWish,
    /// For hooks that run once a request, and for those that run many times.
    pub(super) once: Budget,
    pub(super) many: Budget,
}

#[async_trait]
impl pipeline::Session for Session {
    fn text_wish(&self) -> TextWish {
        self.wish
    }

    fn condemn(&mut self) {
        self.instance.condemn();
    }

    async fn on_route(&mut self, summary: &Summary) -> Result<RouteVerdict, Failure> {
        let Some(hook) = &self.hooks.route else { return Ok(RouteVerdict::Keep) };
        let (resource, summary) = (self.resource, convert::summary(summary));
        let answer = self
            .instance
            .call("on-route", self.once, async |store| hook.call_on_route(store, resource, summary).await)
            .await?;
        let verdict = answer.map_err(|error| self.reported("on-route", error))?;
        convert::route_verdict(verdict).map_err(|fault| self.broken("on-route", &fault))
    }

    async fn on_prompt(&mut self, segments: &[Segment<'_>]) -> Result<PromptVerdict, Failure> {
        let Some(hook) = &self.hooks.prompt else { return Ok(PromptVerdict::Keep) };
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

    async fn on_request(&mut self, request: &Request) -> Result<RequestVerdict, Failure> {
        let Some(hook) = &self.hooks.request else { return Ok(RequestVerdict::Keep) };
        let mut blobs = Vec::new();
        let seen = convert::request(request, &mut blobs);
        self.instance.lend(Blobs::new(blobs));
        let budget = self.once.for_input(convert::text_bytes(&seen), PROMPT_SHARE_BYTES);
        let resource = self.resource;
        let answer = self
            .instance
            .call("on-request", budget, async |store| hook.call_on_request(store, resource, &seen).await)
            .await?;
        let verdict = answer.map_err(|error| self.reported("on-request", error))?;
        match verdict {
            wit::RequestVerdict::Keep => Ok(RequestVerdict::Keep),
            wit::RequestVerdict::Replace(made) => convert::read_request(made, request)
                .map(|made| RequestVerdict::Replace(Box::new(made)))
                .map_err(|fault| self.broken("on-request", &fault)),
            wit::RequestVerdict::Respond(events) => convert::read_events(events)
                .map(RequestVerdict::Respond)
                .map_err(|fault| self.broken("on-request", &fault)),
            wit::RequestVerdict::Deny(refusal) => Ok(RequestVerdict::Deny(convert::denied(refusal))),
        }
    }

    async fn on_events(&mut self, events: &[Event]) -> Result<EventVerdict, Failure> {
        let Some(hook) = &self.hooks.event else { return Ok(EventVerdict::Pass) };
        let budget = self.many.for_input(events.iter().map(text_bytes).sum(), TEXT_SHARE_BYTES);
        let seen = convert::events(events);
        let seen: Vec<_> = seen.iter().collect();
        let resource = self.resource;
        let answer = self
            .instance
            .call("on-events", budget, async |store| hook.call_on_events(store, resource, &seen).await)
            .await?;
        let verdict = answer.map_err(|error| self.reported("on-events", error))?;
        match verdict {
            wit::EventVerdict::Pass => Ok(EventVerdict::Pass),
            wit::EventVerdict::Replace(made) => convert::read_events(made)
                .map(EventVerdict::Replace)
                .map_err(|fault| self.broken("on-events", &fault)),
            wit::EventVerdict::Stop(refusal) => Ok(EventVerdict::Stop(convert::denied(refusal))),
        }
    }

    async fn on_finish(&mut self, report: &Report) -> Result<(), Failure> {
        let Some(hook) = &self.hooks.finish else { return Ok(()) };
        let (resource, ended) = (self.resource, convert::Ended::of(report));
        self.instance
            .call("on-finish", self.once, async |store| {
                hook.call_on_finish(store, resource, ended.report()).await
            })
            .await
    }

    async fn on_text(&mut self, chunks: &[Chunk]) -> Result<TextVerdict, Failure> {
        let Some(hook) = &self.hooks.text else { return Ok(TextVerdict::Pass) };
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

    fn client_format(&mut self) -> Option<&mut dyn pipeline::ClientFormat> {
        if self.client_format.is_some() { Some(self) } else { None }
    }

    async fn call_tool(
        &mut self,
        call: &ToolCall,
        client: Arc<dyn ToolClient>,
    ) -> Result<ToolOutcome, Failure> {
        self.answer_tool_call(call, client).await
    }
}

impl Session {
    /// The plugin says that it could not do its work. What it says is for the log.
    pub(super) fn reported(&mut self, hook: &str, error: PluginError) -> Failure {
        self.instance.condemn();
        let PluginError { code, message } = error;
        Failure::plugin(&self.plugin, &format!("{hook} reported `{code}`: {message}"))
    }

    /// The plugin has answered with what the contract does not allow.
    pub(super) fn broken(&self, hook: &str, fault: &str) -> Failure {
        Failure::plugin(&self.plugin, &format!("{hook} answered with what does not fit: {fault}"))
    }
}

/// Bytes of text that an event brings.
fn text_bytes(event: &Event) -> usize {
    match event {
        Event::Delta(Delta { text, .. }) => text.len(),
        _ => 0,
    }
}
