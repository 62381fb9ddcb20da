#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::HashMap;

use async_trait::async_trait;
use futures::{StreamExt, stream};

use super::*;
use crate::capability::Prices;
use crate::chat::{BlockKind, BlockStart, Delivery, Delta, Event, Message, Part, Role, StopReason, Usage};
use crate::error::{Failure, Kind};
use crate::ids::KeyId;
use crate::pipeline::tests::{Fake, Log, chain};
use crate::pipeline::{
    Call, Deadline, Estimate, Events, Hook, Hooks, Model, Pipeline, Plan, Plugin, Replay, Terms, Upstream,
};

/// Answers in memory.
#[derive(Default)]
struct Memory {
    kept: Mutex<HashMap<CacheKey, (CachedAnswer, Duration)>>,
    is_down: bool,
}

impl Memory {
    fn count(&self) -> usize {
        self.kept.lock().unwrap().len()
    }

    fn check(&self) -> Result<(), Failure> {
        if self.is_down { Err(Failure::new(Kind::StoreUnavailable, "down")) } else { Ok(()) }
    }
}

#[async_trait]
impl ResponseCache for Memory {
    async fn find_answer(&self, key: &CacheKey, now: Timestamp) -> Result<Option<CachedAnswer>, Failure> {
        self.check()?;
        let kept = self.kept.lock().unwrap();
        let found = kept.get(key).filter(|(answer, lifetime)| answer.stored + *lifetime > now);
        Ok(found.map(|(answer, _)| answer.clone()))
    }

    async fn keep_answer(
        &self,
        key: &CacheKey,
        answer: CachedAnswer,
        lifetime: Duration,
    ) -> Result<Kept, Failure> {
        self.check()?;
        self.kept.lock().unwrap().insert(key.clone(), (answer, lifetime));
        Ok(Kept::Kept)
    }

    async fn purge_answers(&self, _: &Scope) -> Result<u64, Failure> {
        Ok(0)
    }
}

/// A model that says this, and counts how often it is asked.
#[derive(Clone)]
struct Says {
    batches: Vec<Result<Batch, Failure>>,
    asked: Arc<Mutex<u32>>,
}

#[async_trait]
impl Upstream for Says {
    async fn prepare(&self, _: &Request) -> Result<Box<dyn Call>, Failure> {
        Ok(Box::new(self.clone()))
    }

    async fn models(&self) -> Result<Vec<Model>, Failure> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Call for Says {
    fn dropped(&self) -> &[String] {
        &[]
    }

    fn plan(&self) -> Plan {
        unreachable!("nothing is explained")
    }

    fn estimate(&self) -> Estimate {
        Estimate { prices: None::<Prices>, ..Estimate::default() }
    }

    async fn send(self: Box<Self>, _: Deadline, _: &Observation) -> Result<Events, Failure> {
        *self.asked.lock().unwrap() += 1;
        Ok(stream::iter(self.batches).boxed())
    }
}

fn says(text: &str) -> Batch {
    vec![
        Event::BlockStart(BlockStart { index: 0, kind: BlockKind::Text }),
        Event::Delta(Delta { index: 0, text: text.to_owned() }),
        Event::BlockStop(0),
    ]
}

fn stops(reason: StopReason) -> Batch {
    vec![Event::MessageStop(reason), Event::Usage(Usage { output_tokens: 3, ..Usage::default() })]
}

fn batches() -> Vec<Result<Batch, Failure>> {
    vec![Ok(says("a word")), Ok(stops(StopReason::EndTurn))]
}

fn scope() -> Scope {
    Scope::Key(KeyId::parse("aaaaaaaaaa").unwrap())
}

fn terms() -> CacheTerms {
    CacheTerms {
        scope: scope(),
        lifetime: Duration::from_hours(1),
        requests: Cacheable::Deterministic,
        wish: CacheWish::Use,
        told: CacheNote::default(),
    }
}

fn request() -> Request {
    let message = Message { role: Role::User, parts: vec![Part::Text("hello".to_owned())] };
    let mut request = Request::new("model", vec![message]);
    request.sampling.temperature = Some(0.0);
    request
}

struct Setup {
    answers: Arc<Memory>,
    model: Says,
    plugins: Vec<Arc<dyn Plugin>>,
}

impl Setup {
    fn new(batches: Vec<Result<Batch, Failure>>) -> Self {
        let model = Says { batches, asked: Arc::default() };
        Self { answers: Arc::default(), model, plugins: Vec::new() }
    }

    fn asked(&self) -> u32 {
        *self.model.asked.lock().unwrap()
    }

    /// What the cache has done, and what the client reads.
    async fn run(&self, request: Request, cache: CacheTerms) -> (Option<CacheOutcome>, Vec<Batch>) {
        let told = CacheNote::default();
        let cache = CacheTerms { told: told.clone(), ..cache };
        let pipeline =
            Pipeline::new(Arc::new(self.model.clone()), Replay::Off).with_answers(self.answers.clone());
        let terms = Terms { cache: Some(cache), ..Terms::default() };
        let served = pipeline.run(request, chain(self.plugins.clone()), terms).await.unwrap();
        let items: Vec<_> = served.events.collect().await;
        served.finish.run().await;
        let outcome = match told.so_far() {
            Some(CacheOutcome::Hit { .. }) => Some(CacheOutcome::Hit { age: Duration::ZERO }),
            other => other,
        };
        (outcome, items.into_iter().filter_map(Result::ok).collect())
    }

    async fn outcome(&self, request: Request, cache: CacheTerms) -> Option<CacheOutcome> {
        self.run(request, cache).await.0
    }
}

const HIT: Option<CacheOutcome> = Some(CacheOutcome::Hit { age: Duration::ZERO });
const MISS: Option<CacheOutcome> = Some(CacheOutcome::Miss);
const BYPASS: Option<CacheOutcome> = Some(CacheOutcome::Bypass);

#[tokio::test]
async fn a_request_that_is_the_same_gets_the_same_batches_however_it_wants_them() {
    let setup = Setup::new(batches());
    let expected: Vec<Batch> = batches().into_iter().map(Result::unwrap).collect();
    assert_eq!(setup.run(request(), terms()).await, (MISS, expected.clone()));
    for delivery in [Delivery::Whole, Delivery::Streamed] {
        assert_eq!(setup.run(Request { delivery, ..request() }, terms()).await, (HIT, expected.clone()));
    }
    assert_eq!(setup.asked(), 1);
    let other = CacheTerms { scope: Scope::Key(KeyId::parse("bbbbbbbbbb").unwrap()), ..terms() };
    assert_eq!(setup.outcome(request(), other).await, MISS, "it is kept for another key");
}

#[tokio::test]
async fn a_client_goes_past_what_is_kept_or_has_it_renewed() {
    let setup = Setup::new(batches());
    let wish = |wish| CacheTerms { wish, ..terms() };
    assert_eq!(setup.outcome(request(), wish(CacheWish::Bypass)).await, BYPASS);
    assert_eq!(setup.answers.count(), 0, "a bypass keeps nothing");
    for expected in [MISS, MISS] {
        assert_eq!(setup.outcome(request(), wish(CacheWish::Renew)).await, expected);
    }
    assert_eq!((setup.asked(), setup.answers.count()), (3, 1));
    assert_eq!(setup.outcome(request(), terms()).await, HIT);
}

#[tokio::test]
async fn what_asks_for_chance_is_kept_if_all_is() {
    for temperature in [None, Some(0.5)] {
        let setup = Setup::new(batches());
        let mut request = request();
        request.sampling.temperature = temperature;
        assert_eq!(setup.outcome(request.clone(), terms()).await, BYPASS);
        let all = CacheTerms { requests: Cacheable::All, ..terms() };
        assert_eq!(setup.outcome(request.clone(), all.clone()).await, MISS);
        assert_eq!(setup.outcome(request, all).await, HIT);
    }
}

#[tokio::test]
async fn an_answer_that_is_not_complete_is_not_kept() {
    let broken = Err(Failure::new(Kind::BrokenStream, "cut"));
    let large = "x".repeat(9 << 20);
    for batches in [
        vec![Ok(says("a")), broken.clone()],
        vec![Ok(says("a")), Ok(stops(StopReason::EndTurn)), broken],
        vec![Ok(says("a"))],
        vec![Ok(says("a")), Ok(vec![Event::MessageStop(StopReason::EndTurn)])],
        vec![Ok(says("a")), Ok(stops(StopReason::ContentFiltered))],
        vec![Ok(says("a")), Ok(stops(StopReason::Other("new".to_owned())))],
        vec![Ok(says(&large)), Ok(stops(StopReason::EndTurn))],
    ] {
        let setup = Setup::new(batches);
        setup.run(request(), terms()).await;
        assert_eq!((setup.asked(), setup.answers.count()), (1, 0));
    }
}

#[tokio::test]
async fn an_answer_that_nobody_read_to_its_end_is_not_kept() {
    let setup = Setup::new(batches());
    let pipeline =
        Pipeline::new(Arc::new(setup.model.clone()), Replay::Off).with_answers(setup.answers.clone());
    let terms = Terms { cache: Some(terms()), ..Terms::default() };
    let mut served = pipeline.run(request(), chain(Vec::new()), terms).await.unwrap();
    assert!(served.events.next().await.is_some());
    drop(served.events);
    served.finish.run().await;
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(setup.answers.count(), 0);
}

#[tokio::test]
async fn what_is_over_or_cannot_be_read_is_not_found() {
    let setup = Setup::new(batches());
    setup.run(request(), terms()).await;
    for (body, age) in [(None, Duration::from_hours(1)), (Some(b"{}".to_vec()), Duration::ZERO)] {
        for (answer, _) in setup.answers.kept.lock().unwrap().values_mut() {
            answer.stored -= age;
            answer.body = body.clone().unwrap_or_else(|| answer.body.clone());
        }
        assert_eq!(setup.outcome(request(), terms()).await, MISS);
    }
    assert_eq!(setup.outcome(request(), terms()).await, HIT, "a new answer stands in its place");
}

#[tokio::test]
async fn the_plugins_of_the_answer_run_each_time() {
    let log = Log::default();
    let mut setup = Setup::new(batches());
    let hooks = Hooks::of(&[Hook::Event, Hook::Text, Hook::Finish]);
    setup.plugins = vec![Arc::new(Fake::new("a", hooks, &log))];
    for expected in [MISS, HIT] {
        log.lock().unwrap().clear();
        assert_eq!(setup.outcome(request(), terms()).await, expected);
        let log = log.lock().unwrap();
        assert!(log.contains(&"a: text a word".to_owned()), "{log:?}");
        let asked = if expected == HIT { "nothing" } else { "model" };
        assert!(
            log.iter().any(|line| line.contains(&format!("finish complete: model called {asked}"))),
            "{log:?}"
        );
    }
}

#[tokio::test]
async fn a_store_that_is_down_is_in_nobodys_way() {
    let mut setup = Setup::new(batches());
    setup.answers = Arc::new(Memory { is_down: true, ..Memory::default() });
    for _ in 0..2 {
        let (outcome, batches) = setup.run(request(), terms()).await;
        assert_eq!((outcome, batches.len()), (MISS, 2));
    }
}
