//! One plugin in the chain of a request: what becomes of its failures.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::attempt::{Attempt, Watched};
use super::client_format::Speaker;
use super::hook::{Context, Plugin, Session};
use super::model_format::{Encoded, Spoken};
use super::tool::{Tool, ToolCall, ToolClient, ToolOutcome, ToolResult};
use super::{Hook, HttpRoute};
use crate::chat::Request;
use crate::enabled::{EnabledPlugin, OnFailure};
use crate::error::{Failure, Kind};
use crate::health::{Admission, Record};
use crate::ids::{ModelPattern, PluginName, RequestId};
use crate::telemetry::Verdict;

/// What a request goes on without: the plugins that failed and may be skipped. Grows while the
/// request runs; its clones grow with it.
#[derive(Debug, Clone, Default)]
pub struct Skipped(Arc<Mutex<Vec<Absent>>>);

#[derive(Debug)]
struct Absent {
    plugin: PluginName,
    /// How long it is left alone, if it is.
    pause: Option<Duration>,
}

impl Skipped {
    /// The plugins so far, in the order in which they failed.
    pub fn so_far(&self) -> Vec<PluginName> {
        self.plugins().iter().map(|absent| absent.plugin.clone()).collect()
    }

    /// When those that are left alone for a while may be tried again, if any is.
    pub fn retry_after(&self) -> Option<Duration> {
        self.plugins().iter().filter_map(|absent| absent.pause).max()
    }

    fn add(&self, plugin: PluginName, pause: Option<Duration>) {
        self.plugins().push(Absent { plugin, pause });
    }

    fn plugins(&self) -> MutexGuard<'_, Vec<Absent>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A plugin in a chain.
pub(super) struct Link {
    name: PluginName,
    on_failure: OnFailure,
    request: RequestId,
    skipped: Skipped,
    stand: Stand,
    /// Whether a call has begun and not come back.
    is_called: bool,
    attempt: Arc<Attempt>,
}

/// How far a plugin is.
enum Stand {
    /// It has no hook that was due.
    Idle(Arc<dyn Plugin>),
    /// It has begun.
    Begun(Arc<dyn Plugin>, Box<dyn Session>),
    /// It is not run, or not any more.
    Ended,
}

impl Link {
    /// A plugin that is still to be had.
    pub(super) fn new(
        enabled: &EnabledPlugin,
        context: &Context,
        record: Arc<Record>,
        skipped: Skipped,
        watched: Watched,
    ) -> Self {
        Self {
            name: enabled.name.clone(),
            on_failure: enabled.terms.on_failure,
            request: context.request.clone(),
            skipped,
            stand: Stand::Ended,
            is_called: false,
            attempt: Arc::new(Attempt::new(record, &context.key, watched)),
        }
    }

    /// Waits for the plugin, unless it is left alone for now. None is one that is skipped.
    pub(super) async fn bind(
        mut self,
        plugin: impl Future<Output = Result<Arc<dyn Plugin>, Failure>>,
    ) -> Result<Option<Self>, Failure> {
        if let Admission::Refused(pause) = self.attempt.admission() {
            self.skip_or(self.left_alone(pause))?;
            return Ok(None);
        }
        match plugin.await {
            Ok(plugin) => Ok(Some(self.bound(plugin))),
            Err(failure) => self.failed(failure).map(|()| None),
        }
    }

    /// With the plugin.
    pub(super) fn bound(mut self, plugin: Arc<dyn Plugin>) -> Self {
        self.stand = Stand::Idle(plugin);
        self
    }

    /// The plugin's name.
    pub(super) fn name(&self) -> &PluginName {
        &self.name
    }

    /// Whether the plugin has the hook, and is run.
    pub(super) fn has(&self, hook: Hook) -> bool {
        self.plugin().is_some_and(|plugin| plugin.hooks().has(hook))
    }

    fn plugin(&self) -> Option<&Arc<dyn Plugin>> {
        match &self.stand {
            Stand::Idle(plugin) | Stand::Begun(plugin, _) => Some(plugin),
            Stand::Ended => None,
        }
    }

    /// The plugin's session, started now if it was not before. None is one that is skipped.
    pub(super) async fn start(
        &mut self,
        context: &Context,
    ) -> Result<Option<&mut Box<dyn Session>>, Failure> {
        if let Stand::Idle(plugin) = &self.stand {
            let plugin = Arc::clone(plugin);
            let begun = Instant::now();
            let started = plugin.start(context).await;
            if let Some(session) = self.settle("start", begun, started)? {
                self.stand = Stand::Begun(plugin, session);
            }
        }
        Ok(self.running())
    }

    /// The plugin's session for one call, which [`Link::answered`] is to be told of. One that was left
    /// in the middle of a call, as when the client goes away, cannot be called again: another takes
    /// its place, and that of one that has failed.
    pub(super) async fn session(
        &mut self,
        context: &Context,
    ) -> Result<Option<&mut Box<dyn Session>>, Failure> {
        if self.is_called || self.attempt.has_failed() {
            self.end();
        }
        self.start(context).await?;
        self.is_called = true;
        Ok(self.running())
    }

    /// Gives the session's memory back.
    pub(super) fn end(&mut self) {
        self.is_called = false;
        if let Stand::Begun(plugin, _) = &self.stand {
            self.stand = Stand::Idle(Arc::clone(plugin));
        }
    }

    /// The requests that the plugin answers in a wire format of its own.
    pub(super) async fn routes(&mut self) -> Result<Arc<[HttpRoute]>, Failure> {
        let Some(plugin) = self.plugin().filter(|plugin| plugin.hooks().has(Hook::ClientFormat)) else {
            return Ok(Arc::default());
        };
        let routes = plugin.routes().await;
        self.covered(routes).map(Option::unwrap_or_default)
    }

    /// The models whose format the plugin knows.
    pub(super) async fn models(&mut self) -> Result<Arc<[ModelPattern]>, Failure> {
        let Some(plugin) = self.plugin() else { return Ok(Arc::default()) };
        let models = plugin.models().await;
        self.covered(models).map(Option::unwrap_or_default)
    }

    /// The plugin, begun as the format of the request's model, with what becomes of the request. None is
    /// one that is skipped: the model has been sent nothing yet.
    pub(super) async fn model_format(
        &mut self,
        context: &Context,
        request: &Request,
    ) -> Result<Option<(Spoken, Encoded)>, Failure> {
        let Some(plugin) = self.plugin().cloned() else { return Ok(None) };
        let begun = Instant::now();
        let format = plugin.model_format(context).await;
        let Some(format) = self.settle("start", begun, format)? else { return Ok(None) };
        let mut spoken = Spoken::new(plugin, format, Arc::clone(&self.attempt));
        let begun = Instant::now();
        let encoded = spoken.encode(request).await;
        Ok(self.settle("encode", begun, encoded)?.map(|encoded| (spoken, encoded)))
    }

    /// Starts the plugin as the one that speaks the client's format. Nobody else does, so there is no
    /// going on without it.
    pub(super) async fn speak(&mut self, context: &Context) -> Result<Speaker, Failure> {
        self.start(context).await?;
        match std::mem::replace(&mut self.stand, Stand::Ended) {
            Stand::Begun(plugin, session) => {
                let speaker = Speaker::new(self.name.clone(), session, Arc::clone(&self.attempt));
                self.stand = Stand::Begun(plugin, Box::new(speaker.clone()));
                Ok(speaker)
            }
            Stand::Idle(_) | Stand::Ended => {
                let name = &self.name;
                let message = format!(
                    "the plugin `{name}`, which speaks this format, cannot be used; ask the operator"
                );
                Err(Failure::new(Kind::PluginUnavailable, message))
            }
        }
    }

    /// The tools that the plugin offers. One that fails offers none, whatever its failure policy.
    pub(super) async fn tools(&mut self) -> Result<Arc<[Tool]>, Failure> {
        let Some(plugin) = self.plugin() else { return Ok(Arc::default()) };
        match plugin.tools().await {
            Err(failure) if failure.is_of_a_plugin() => {
                self.attempt.of_a_tool().noted(failure.clone());
                self.skip(&failure);
                Ok(Arc::default())
            }
            tools => tools,
        }
    }

    /// Calls a tool of the plugin, in a session of its own. Nobody else does what it does, so a failure of
    /// the plugin is the call's.
    pub(super) async fn call_tool(
        &mut self,
        context: &Context,
        tool: &Tool,
        call: &ToolCall,
        client: Arc<dyn ToolClient>,
    ) -> Result<ToolOutcome, Failure> {
        let attempt = self.attempt.of_a_tool();
        if let Admission::Refused(pause) = attempt.admission() {
            return Err(self.left_alone(pause));
        }
        let Some(plugin) = self.plugin() else { return Err(self.not_there()) };
        let begun = Instant::now();
        let session = plugin.start(context).await;
        attempt.called("start", begun, &session);
        let mut session = session.map_err(|failure| attempt.noted(failure))?;
        let begun = Instant::now();
        let outcome =
            session.call_tool(call, client).await.and_then(|outcome| self.as_promised(tool, outcome));
        attempt.called("call-tool", begun, &outcome);
        outcome.map_err(|failure| {
            if failure.is_of_a_plugin() {
                session.condemn();
            }
            attempt.noted(failure)
        })
    }

    /// Clients take an answer without its structured content for a fault of the server's.
    fn as_promised(&self, tool: &Tool, outcome: ToolOutcome) -> Result<ToolOutcome, Failure> {
        match &outcome {
            ToolOutcome::Done(ToolResult { structured: None, is_error: false, .. })
                if tool.output_schema.is_some() =>
            {
                let how = "call-tool answered without the structured content that the tool's schema promises";
                Err(Failure::plugin(&self.name, how))
            }
            _ => Ok(outcome),
        }
    }

    fn not_there(&self) -> Failure {
        let name = &self.name;
        let message =
            format!("the plugin `{name}`, which offers this tool, cannot be used; ask the operator");
        Failure::new(Kind::PluginUnavailable, message)
    }

    fn covered<T>(&mut self, answer: Result<T, Failure>) -> Result<Option<T>, Failure> {
        match answer {
            Ok(answer) => Ok(Some(answer)),
            Err(failure) => self.failed(failure).map(|()| None),
        }
    }

    fn running(&mut self) -> Option<&mut Box<dyn Session>> {
        match &mut self.stand {
            Stand::Begun(_, session) => Some(session),
            Stand::Idle(_) | Stand::Ended => None,
        }
    }

    /// What a call of a hook that began then has answered. None is a failure that is skipped.
    pub(super) fn answered<T>(
        &mut self,
        hook: Hook,
        begun: Instant,
        answer: Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        self.is_called = false;
        self.settle(hook.name(), begun, answer)
    }

    /// The plugin has failed: its session is not called again. The error says that the request fails too.
    pub(super) fn failed(&mut self, failure: Failure) -> Result<(), Failure> {
        if !failure.is_of_a_plugin() {
            return Err(failure);
        }
        if let Some(session) = self.running() {
            session.condemn();
        }
        // Of a request that fails too, the finish hook is still called: in a session of its own.
        self.end();
        self.attempt.failed(&failure);
        self.skip_or(failure)
    }

    /// Notes what the plugin has done to the request or its answer.
    pub(super) fn judged(&self, verdict: Verdict) {
        self.attempt.judged(verdict);
    }

    /// Notes a call that left text unconsumed.
    pub(super) fn held(&self, bytes: usize) {
        self.attempt.record().held(bytes);
    }

    fn settle<T>(
        &mut self,
        call: &'static str,
        begun: Instant,
        answer: Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        self.attempt.called(call, begun, &answer);
        self.covered(answer)
    }

    /// By the operator's word: the request goes on, or it fails too.
    fn skip_or(&mut self, failure: Failure) -> Result<(), Failure> {
        if self.on_failure == OnFailure::Closed {
            self.attempt.judged(Verdict::Failed);
            return Err(failure);
        }
        self.skip(&failure);
        Ok(())
    }

    /// The request goes on without the plugin, and says so.
    fn skip(&mut self, failure: &Failure) {
        let (plugin, request) = (self.name.as_str(), self.request.as_str());
        let reason = failure.reason();
        tracing::warn!(plugin, request, reason, "skipped: the request goes on without the plugin");
        self.stand = Stand::Ended;
        self.attempt.record().skipped();
        self.attempt.judged(Verdict::Skipped);
        self.skipped.add(self.name.clone(), failure.retry_after);
    }

    fn left_alone(&self, pause: Duration) -> Failure {
        let name = &self.name;
        Failure::new(
            Kind::PluginUnavailable,
            format!("the plugin `{name}` has failed too often and is not run for a moment; try again later"),
        )
        .with_retry_after(pause)
        .with_internal(format!("the breaker of plugin `{name}` is open for this key"))
    }
}

#[cfg(test)]
#[path = "link_tests.rs"]
mod tests;
