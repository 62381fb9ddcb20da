#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::sync::Mutex;

use async_trait::async_trait;
use futures::TryStreamExt;

use super::*;
use crate::chat::{self, Delivery, Message, Part};
use crate::error::Kind;
use crate::ids::{KeyId, PluginName, RequestId};
use crate::telemetry::Observation;

/// What happened, in order.
pub(super) type Log = Arc<Mutex<Vec<String>>>;

/// A plugin that notes each call and answers as it was told to.
#[derive(Clone)]
pub(super) struct Fake {
    name: PluginName,
    hooks: Hooks,
    pub(super) route: RouteVerdict,
    pub(super) prompt: PromptVerdict,
    pub(super) request: RequestVerdict,
    pub(super) on_events: OnEvents,
    log: Log,
}

type OnEvents = Arc<dyn Fn(&[Event]) -> EventVerdict + Send + Sync>;

impl Fake {
    pub(super) fn new(name: &str, hooks: Hooks, log: &Log) -> Self {
        let name = PluginName::parse(name).unwrap();
        Self {
            name,
            hooks,
            route: RouteVerdict::Keep,
            prompt: PromptVerdict::Keep,
            request: RequestVerdict::Keep,
            on_events: Arc::new(|_| EventVerdict::Pass),
            log: Arc::clone(log),
        }
    }

    /// Answers each call of the event hook with this.
    pub(super) fn with_events(
        mut self,
        on_events: impl Fn(&[Event]) -> EventVerdict + Send + Sync + 'static,
    ) -> Self {
        self.on_events = Arc::new(on_events);
        self
    }

    fn note(&self, what: &str) {
        self.log.lock().unwrap().push(format!("{}: {what}", self.name));
    }
}

#[async_trait]
impl Plugin for Fake {
    fn name(&self) -> &PluginName {
        &self.name
    }

    fn hooks(&self) -> Hooks {
        self.hooks
    }

    fn fingerprint(&self) -> [u8; 32] {
        [0; 32]
    }

    async fn start(&self, _: &Context) -> Result<Box<dyn Session>, Failure> {
        self.note("start");
        Ok(Box::new(FakeSession(self.clone())))
    }
}

struct FakeSession(Fake);

impl Drop for FakeSession {
    fn drop(&mut self) {
        self.0.note("end");
    }
}

#[async_trait]
impl Session for FakeSession {
    fn text_wish(&self) -> TextWish {
        TextWish { text: true, ..TextWish::default() }
    }

    async fn on_route(&mut self, summary: &Summary) -> Result<RouteVerdict, Failure> {
        self.0.note(&format!("route {}", summary.model));
        Ok(self.0.route.clone())
    }

    async fn on_prompt(&mut self, segments: &[Segment<'_>]) -> Result<PromptVerdict, Failure> {
        self.0.note(&format!("prompt {}", segments.first().map_or("", |segment| &segment.text)));
        Ok(self.0.prompt.clone())
    }

    async fn on_request(&mut self, request: &Request) -> Result<RequestVerdict, Failure> {
        self.0.note(&format!("request {}", request.model));
        Ok(self.0.request.clone())
    }

    async fn on_events(&mut self, events: &[Event]) -> Result<EventVerdict, Failure> {
        self.0.note("events");
        Ok((self.0.on_events)(events))
    }

    async fn on_finish(&mut self, report: &Report) -> Result<(), Failure> {
        let end = match &report.end {
            End::Complete => "complete",
            End::Failed(failure) => &failure.message,
            End::Cancelled => "cancelled",
        };
        let (model, stop) = (report.model.as_deref().unwrap_or("nothing"), report.stop.is_some());
        self.0.note(&format!("finish {end}: {} called {model}, stopped {stop}", report.asked_model));
        Ok(())
    }

    async fn on_text(&mut self, chunks: &[Chunk]) -> Result<TextVerdict, Failure> {
        self.0.note(&format!("text {}", chunks.iter().map(|chunk| chunk.text.as_str()).collect::<String>()));
        Ok(TextVerdict::Pass)
    }
}

/// A model that repeats the prompt.
pub(super) struct Echo(pub(super) Log);

#[async_trait]
impl Upstream for Echo {
    async fn prepare(&self, request: &Request) -> Result<Box<dyn Call>, Failure> {
        match request.messages.first().and_then(|message| message.parts.first()) {
            Some(Part::Text(text)) => {
                let log = Arc::clone(&self.0);
                Ok(Box::new(EchoCall { log, model: request.model.clone(), text: text.clone() }))
            }
            _ => Err(Failure::new(Kind::Internal, "no text")),
        }
    }

    async fn count_tokens(
        &self,
        request: &Request,
        _: Deadline,
        _: &Observation,
    ) -> Result<(u64, CountedBy), Failure> {
        let Some(Part::Text(text)) = request.messages.first().and_then(|message| message.parts.first())
        else {
            return Err(Failure::new(Kind::Internal, "no text"));
        };
        self.0.lock().unwrap().push(format!("count: {} {text}", request.model));
        Ok((text.len() as u64, CountedBy::Upstream))
    }

    async fn models(&self) -> Result<Vec<Model>, Failure> {
        Ok(Vec::new())
    }
}

struct EchoCall {
    log: Log,
    model: String,
    text: String,
}

#[async_trait]
impl Call for EchoCall {
    fn dropped(&self) -> &[String] {
        &[]
    }

    fn plan(&self) -> Plan {
        Plan {
            operation: "Echo",
            region: "here".to_owned(),
            model: self.model.clone(),
            family: "echo".to_owned(),
            body: chat::Json::empty_object(),
            input_tokens: 1,
            max_output_tokens: None,
            prices: None,
        }
    }

    fn estimate(&self) -> Estimate {
        Estimate { input_tokens: 1, max_output_tokens: Some(10), prices: None }
    }

    async fn send(self: Box<Self>, _: Deadline, _: &Observation) -> Result<Events, Failure> {
        self.log.lock().unwrap().push(format!("model: {}", self.model));
        Ok(stream::iter([Ok(replied(self.text))]).boxed())
    }
}

pub(super) fn terms() -> Terms {
    Terms::default()
}

fn request() -> Request {
    Request {
        model: "asked".to_owned(),
        messages: vec![Message { role: chat::Role::User, parts: vec![Part::Text("hello".to_owned())] }],
        delivery: Delivery::Streamed,
        ..Request::new("m", Vec::new())
    }
}

/// A chain of these plugins, for a request that does not matter.
pub(super) fn chain(plugins: Vec<Arc<dyn Plugin>>) -> Chain {
    let context = Context {
        request: RequestId::parse("r").unwrap(),
        key: KeyId::parse("aaaaaaaaaa").unwrap(),
        labels: Vec::new(),
        client_format: "test".into(),
        delivery: Delivery::Streamed,
        deadline: Deadline::Never,
    };
    Chain::new(context, plugins)
}

async fn run(log: &Log, plugins: Vec<Fake>) -> Result<(String, Vec<chat::Batch>), Failure> {
    let plugins = plugins.into_iter().map(|plugin| Arc::new(plugin) as Arc<dyn Plugin>).collect();
    let pipeline = Pipeline::new(Arc::new(Echo(Arc::clone(log))), Replay::Off);
    let served = pipeline.run(request(), chain(plugins), terms()).await?;
    let batches = served.events.try_collect().await;
    served.finish.run().await;
    Ok((served.model, batches?))
}

/// What plugins leave of an answer of a model.
pub(super) async fn passed(
    plugins: Vec<Arc<dyn Plugin>>,
    batches: Vec<Batch>,
) -> Result<Vec<Batch>, Failure> {
    let events = stream::iter(batches.into_iter().map(Ok)).boxed();
    answered(plugins, events).await?.try_collect().await
}

/// An answer of a model on its way through plugins.
pub(super) async fn answered(plugins: Vec<Arc<dyn Plugin>>, events: Events) -> Result<Events, Failure> {
    let mut work = Work::new(chain(plugins), "asked", Deadline::Never);
    work.calls("model");
    let stages = Stages::start(&mut work).await?;
    let (events, _) = answer::run(work, stages, events).await.map_err(|(_, failure)| failure)?;
    Ok(events)
}

const ROUTE: Hooks = Hooks::of(&[Hook::Route]);
const PROMPT: Hooks = Hooks::of(&[Hook::Prompt]);
const TEXT: Hooks = Hooks::of(&[Hook::Text]);
pub(super) const ALL: Hooks = Hooks::of(&[Hook::Route, Hook::Prompt, Hook::Text]);

#[tokio::test]
async fn hooks_run_in_order_and_on_the_way_back_in_reverse() {
    let log = Log::default();
    run(&log, vec![Fake::new("a", ALL, &log), Fake::new("b", ALL, &log)]).await.unwrap();
    let expected = [
        "a: start",
        "a: route asked",
        "b: start",
        "b: route asked",
        "a: prompt hello",
        "b: prompt hello",
        "model: asked",
        "b: text hello",
        "a: text hello",
        "a: end",
        "b: end",
    ];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_plugin_costs_nothing_before_its_first_hook_and_nothing_after_its_last() {
    let log = Log::default();
    run(&log, vec![Fake::new("r", ROUTE, &log), Fake::new("t", TEXT, &log)]).await.unwrap();
    let expected =
        ["r: start", "r: route asked", "r: end", "t: start", "model: asked", "t: text hello", "t: end"];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[tokio::test]
async fn each_plugin_sees_what_the_one_before_it_did() {
    let log = Log::default();
    let mut first = Fake::new("a", ALL, &log);
    first.route = RouteVerdict::To("chosen".to_owned());
    first.prompt = PromptVerdict::Edit(vec![Edit { id: 0, text: "edited".to_owned() }]);
    let (model, _) = run(&log, vec![first, Fake::new("b", ALL, &log)]).await.unwrap();
    assert_eq!(model, "chosen");
    let log = log.lock().unwrap();
    for expected in ["b: route chosen", "b: prompt edited", "model: chosen", "b: text edited"] {
        assert!(log.iter().any(|line| line == expected), "`{expected}` is not in {log:?}");
    }
}

#[tokio::test]
async fn a_plugin_that_responds_spares_the_model_and_the_plugins_behind_it() {
    let log = Log::default();
    let mut first = Fake::new("a", PROMPT, &log);
    first.prompt = PromptVerdict::Respond("from the plugin".to_owned());
    let (_, batches) = run(&log, vec![first, Fake::new("b", PROMPT, &log)]).await.unwrap();
    assert_eq!(*log.lock().unwrap(), ["a: start", "a: prompt hello", "a: end"]);
    let text = Event::Delta(Delta { index: 0, text: "from the plugin".to_owned() });
    assert!(batches.concat().contains(&text));
    assert!(batches.concat().contains(&Event::MessageStop(StopReason::EndTurn)), "the answer is complete");
}

#[tokio::test]
async fn a_refusal_ends_the_request_before_the_model() {
    let refusal = Failure::new(Kind::PluginDenied(403), "not today");
    for hook in [ROUTE, PROMPT] {
        let log = Log::default();
        let mut plugin = Fake::new("a", hook, &log);
        plugin.route = RouteVerdict::Deny(refusal.clone());
        plugin.prompt = PromptVerdict::Deny(refusal.clone());
        assert_eq!(run(&log, vec![plugin]).await.unwrap_err(), refusal);
        assert!(!log.lock().unwrap().iter().any(|line| line.starts_with("model")));
    }
}

const EVERY: Hooks = Hooks::of(&[Hook::Prompt, Hook::Request, Hook::Event, Hook::Text, Hook::Finish]);

#[tokio::test]
async fn all_event_hooks_run_before_all_text_hooks_and_the_finish_hooks_last() {
    let log = Log::default();
    run(&log, vec![Fake::new("a", EVERY, &log), Fake::new("b", EVERY, &log)]).await.unwrap();
    let expected = [
        "a: start",
        "a: prompt hello",
        "b: start",
        "b: prompt hello",
        "a: request asked",
        "b: request asked",
        "model: asked",
        "b: events",
        "a: events",
        "b: text hello",
        "a: text hello",
        "a: finish complete: asked called asked, stopped true",
        "b: finish complete: asked called asked, stopped true",
        "a: end",
        "b: end",
    ];
    assert_eq!(*log.lock().unwrap(), expected);
}

#[tokio::test]
async fn a_request_hook_changes_the_request_and_cannot_reach_a_forbidden_model() {
    let mut other = request();
    other.model = "other".to_owned();
    let log = Log::default();
    let mut plugin = Fake::new("a", Hooks::of(&[Hook::Request]), &log);
    plugin.request = RequestVerdict::Replace(Box::new(other));
    assert_eq!(run(&log, vec![plugin.clone()]).await.unwrap().0, "other");
    let pipeline = Pipeline::new(Arc::new(Echo(Arc::clone(&log))), Replay::Off);
    let models = ModelPolicy::Only(vec!["asked".parse().unwrap()]);
    let chain = chain(vec![Arc::new(plugin)]);
    let failure = pipeline.run(request(), chain, Terms { models, ..terms() }).await.err().unwrap();
    assert_eq!(failure.kind, Kind::ModelNotAllowed);
}

#[tokio::test]
async fn an_explanation_says_what_became_of_the_whole_request() {
    let log = Log::default();
    let mut plugin = Fake::new("a", EVERY, &log);
    plugin.request = RequestVerdict::Replace(Box::new(request()));
    let pipeline = Pipeline::new(Arc::new(Echo(Arc::clone(&log))), Replay::Off);
    let explained = pipeline.explain(request(), chain(vec![Arc::new(plugin)]), terms()).await.unwrap();
    let steps: Vec<_> = explained.steps.into_iter().map(|step| (step.hook, step.effect)).collect();
    assert_eq!(steps, [("prompt", Effect::Kept), ("request", Effect::Replaced)]);
    assert_eq!(explained.answer_plugins, [PluginName::parse("a").unwrap()]);
    assert!(!log.lock().unwrap().iter().any(|line| line.contains("finish")), "nothing was served");
}

#[tokio::test]
async fn a_request_hook_answers_with_events_that_later_hooks_read() {
    let log = Log::default();
    let mut first = Fake::new("a", Hooks::of(&[Hook::Request]), &log);
    let forged = Usage { output_tokens: 99, ..Usage::default() };
    let mut answer = replied("mine".to_owned());
    answer.push(Event::Usage(forged));
    first.request = RequestVerdict::Respond(answer);
    let (_, batches) = run(&log, vec![first.clone(), Fake::new("b", EVERY, &log)]).await.unwrap();
    assert_eq!(batches.concat(), replied("mine".to_owned()), "usage is the host's");
    let log_lines = log.lock().unwrap().clone();
    assert!(log_lines.contains(&"b: text mine".to_owned()), "{log_lines:?}");
    assert!(!log_lines.contains(&"b: request asked".to_owned()), "{log_lines:?}");
    assert!(log_lines.contains(&"b: finish complete: asked called nothing, stopped false".to_owned()));

    first.request = RequestVerdict::Respond(vec![Event::BlockStop(3)]);
    let failure = run(&log, vec![first]).await.unwrap_err();
    assert_eq!(failure.kind, Kind::PluginFault);
}
