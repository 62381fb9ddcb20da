#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::{FutureExt, StreamExt, stream};

use super::*;
use crate::chat::{BlockKind, BlockStart, Message, Part, Request, Role};
use crate::pipeline::tests::{Echo, Fake, Log, chain, terms};
use crate::pipeline::{
    Batch, Call, Estimate, Events, Hooks, Model, Pipeline, Plan, Plugin, PromptVerdict, Replay, Served,
    Terms, Upstream,
};
use crate::telemetry::Observation;

const FINISH: Hooks = Hooks::of(&[Hook::Finish]);

fn request() -> Request {
    Request::new("asked", vec![Message { role: Role::User, parts: vec![Part::Text("hello".to_owned())] }])
}

async fn serve(log: &Log, upstream: Arc<dyn Upstream>, fakes: Vec<Fake>) -> Result<Served, Failure> {
    log.lock().unwrap().clear();
    let plugins = fakes.into_iter().map(|fake| Arc::new(fake) as Arc<dyn Plugin>).collect();
    Pipeline::new(upstream, Replay::Off).run(request(), chain(plugins), terms()).await
}

/// What the plugin was told, once the tasks that are under way have run.
async fn told(log: &Log) -> Vec<String> {
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    log.lock().unwrap().iter().filter(|line| line.contains("finish")).cloned().collect()
}

/// A model that begins to answer and then breaks off, or says nothing more.
struct Begins {
    then: Then,
}

#[derive(Clone, Copy)]
enum Then {
    Breaks,
    Hangs,
    Refuses,
}

#[async_trait]
impl Upstream for Begins {
    async fn prepare(&self, _: &Request) -> Result<Box<dyn Call>, Failure> {
        Ok(Box::new(Self { then: self.then }))
    }

    async fn models(&self) -> Result<Vec<Model>, Failure> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Call for Begins {
    fn dropped(&self) -> &[String] {
        &[]
    }

    fn plan(&self) -> Plan {
        unreachable!("nobody asks for an explanation")
    }

    fn estimate(&self) -> Estimate {
        Estimate { input_tokens: 1, max_output_tokens: Some(10), prices: None }
    }

    async fn send(self: Box<Self>, _: Deadline, _: &Observation) -> Result<Events, Failure> {
        let first = || Ok(vec![Event::BlockStart(BlockStart { index: 0, kind: BlockKind::Text })]);
        let broken = Failure::new(Kind::BrokenStream, "broken");
        Ok(match self.then {
            Then::Breaks => stream::iter([first(), Err(broken)]).boxed(),
            Then::Hangs => stream::iter([first()]).chain(stream::pending::<Result<Batch, _>>()).boxed(),
            Then::Refuses => return Err(broken),
        })
    }
}

#[tokio::test]
async fn it_starts_a_plugin_that_has_nothing_else_and_not_before() {
    let log = Log::default();
    let served =
        serve(&log, Arc::new(Echo(Arc::clone(&log))), vec![Fake::new("a", FINISH, &log)]).await.unwrap();
    let events: Vec<_> = served.events.collect().await;
    assert_eq!(events.len(), 1);
    assert_eq!(*log.lock().unwrap(), ["model: asked"]);
    served.finish.run().await;
    let finish = "a: finish complete: asked called asked, stopped true";
    assert_eq!(*log.lock().unwrap(), ["model: asked", "a: start", finish, "a: end"]);
}

#[tokio::test]
async fn a_failure_before_the_model_is_told() {
    let log = Log::default();
    let mut plugin = Fake::new("a", Hooks::of(&[Hook::Prompt, Hook::Finish]), &log);
    plugin.prompt = PromptVerdict::Deny(Failure::new(Kind::PluginDenied(403), "no"));
    assert!(serve(&log, Arc::new(Echo(Arc::clone(&log))), vec![plugin]).await.is_err());
    assert_eq!(told(&log).await, ["a: finish no: asked called nothing, stopped false"]);
}

#[tokio::test]
async fn a_failure_of_the_model_is_told_wherever_it_comes() {
    let log = Log::default();
    let plugin = Fake::new("a", FINISH, &log);
    let upstream = |then| Arc::new(Begins { then });
    let failed = "a: finish broken: asked called asked, stopped false";
    assert!(serve(&log, upstream(Then::Refuses), vec![plugin.clone()]).await.is_err());
    assert_eq!(told(&log).await, [failed]);
    // Behind the beginning, with the end handed out and without.
    for runs_the_end in [true, false] {
        let mut served = serve(&log, upstream(Then::Breaks), vec![plugin.clone()]).await.unwrap();
        assert!(served.events.next().await.unwrap().is_ok());
        assert!(served.events.next().await.unwrap().is_err());
        if runs_the_end {
            served.finish.run().await;
        } else {
            drop(served);
        }
        assert_eq!(told(&log).await, [failed]);
    }
}

#[tokio::test]
async fn a_client_that_leaves_is_told_however_far_the_answer_is() {
    let log = Log::default();
    let plugin = Fake::new("a", FINISH, &log);
    let served = serve(&log, Arc::new(Begins { then: Then::Hangs }), vec![plugin.clone()]).await.unwrap();
    drop(served);
    let cancelled = ["a: finish cancelled: asked called asked, stopped false"];
    assert_eq!(told(&log).await, cancelled);
    let mut served = serve(&log, Arc::new(Begins { then: Then::Hangs }), vec![plugin]).await.unwrap();
    assert!(served.events.next().await.unwrap().is_ok());
    assert!(served.events.next().now_or_never().is_none(), "the model says no more");
    drop(served);
    assert_eq!(told(&log).await, cancelled);
}

#[tokio::test]
async fn an_answer_without_an_end_is_no_complete_one() {
    let log = Log::default();
    let mut work = Work::new(chain(vec![Arc::new(Fake::new("a", FINISH, &log))]), "asked", Deadline::Never);
    work.calls("model");
    let first = vec![Event::BlockStart(BlockStart { index: 0, kind: BlockKind::Text })];
    let stages = crate::pipeline::answer::Stages::default();
    let run = crate::pipeline::answer::run(work, stages, stream::iter([Ok(first)]).boxed()).await;
    let (events, finish) = run.map_err(|(_, failure)| failure).unwrap();
    assert_eq!(events.collect::<Vec<_>>().await.len(), 1);
    finish.run().await;
    let told = told(&log).await.concat();
    assert!(told.starts_with("a: finish the answer ended before it was complete"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn times_run_from_the_arrival_and_a_late_end_is_a_failure() {
    let deadline = Deadline::after(Duration::from_secs(3));
    tokio::time::advance(Duration::from_secs(1)).await;
    let mut work = Work::new(chain(Vec::new()), "asked", deadline);
    work.calls("model");
    work.note(&[Event::BlockStop(0)]);
    tokio::time::advance(Duration::from_secs(1)).await;
    let report = work.report();
    assert_eq!((report.first_event, report.total), (Some(Duration::from_secs(1)), Duration::from_secs(2)));
    assert_eq!(report.end, End::Cancelled);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(matches!(work.report().end, End::Failed(failure) if failure.kind == Kind::ModelTimeout));
}

#[tokio::test]
async fn nothing_is_asked_of_plugins_without_these_hooks() {
    let log = Log::default();
    let pipeline = Pipeline::new(Arc::new(Echo(Arc::clone(&log))), Replay::Off);
    let plugin = Arc::new(Fake::new("a", Hooks::of(&[Hook::Request]), &log));
    let served = pipeline.run(request(), chain(vec![plugin]), Terms { ..terms() }).await.unwrap();
    assert!(served.finish.0.is_none());
    drop(served);
    assert_eq!(*log.lock().unwrap(), ["a: start", "a: request asked", "a: end", "model: asked"]);
}
