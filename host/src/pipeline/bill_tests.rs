#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use futures::{FutureExt, StreamExt, stream};
use tokio::sync::Semaphore;

use super::*;
use crate::capability::Price;
use crate::chat::{
    Batch, BlockKind, BlockStart, Delta, ImageRequest, Message, Part, Picture, Request, Role, StopReason,
};
use crate::metering::{Limits, Meter, Span};
use crate::pipeline::tests::{Fake, Log, chain};
use crate::pipeline::{
    CacheKey, CachedAnswer, Call, Deadline, Events, Hook, Hooks, Illustrator, ImageCall, ImagePipeline, Kept,
    Model, Pipeline, Plan, Plugin, PromptVerdict, Replay, ResponseCache, Served, Terms, Upstream,
};

/// Meters in memory, which fail as often as they are told to.
struct Books {
    meters: Mutex<BTreeMap<Scope, Meter>>,
    takings: AtomicU32,
    settled: Mutex<Vec<Settlement>>,
    takings_that_fail: AtomicU32,
    settlings_that_fail: AtomicU32,
    /// Each taking needs one.
    turns: Semaphore,
}

impl Default for Books {
    fn default() -> Self {
        Self {
            meters: Mutex::default(),
            takings: AtomicU32::default(),
            settled: Mutex::default(),
            takings_that_fail: AtomicU32::default(),
            settlings_that_fail: AtomicU32::default(),
            turns: Semaphore::new(100),
        }
    }
}

fn next_fails(count: &AtomicU32) -> bool {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
}

fn down() -> Failure {
    Failure::new(Kind::StoreUnavailable, "down")
}

#[async_trait]
impl Meters for Books {
    async fn take(&self, taking: &Taking) -> Result<Taken, Failure> {
        self.turns.acquire().await.unwrap().forget();
        self.takings.fetch_add(1, Ordering::SeqCst);
        if next_fails(&self.takings_that_fail) {
            return Err(down());
        }
        let mut meters = self.meters.lock().unwrap();
        let mut standings = Vec::new();
        for Metered { scope, limits } in &taking.from {
            let meter = meters.entry(scope.clone()).or_default();
            match meter.take(limits, &taking.charge) {
                Ok(standing) => standings.push(standing),
                Err(exceeded) => {
                    let standing = meter.standing(limits, taking.charge.at);
                    return Ok(Taken::Refused { scope: scope.clone(), exceeded, standing });
                }
            }
        }
        Ok(Taken::Granted(standings))
    }

    async fn settle(&self, settlement: &Settlement) -> Result<(), Failure> {
        if next_fails(&self.settlings_that_fail) {
            return Err(down());
        }
        let mut meters = self.meters.lock().unwrap();
        for Metered { scope, limits } in &settlement.from {
            meters.entry(scope.clone()).or_default().settle(limits, &settlement.charge, settlement.used);
        }
        self.settled.lock().unwrap().push(settlement.clone());
        Ok(())
    }

    async fn meter(&self, scope: &Scope, _: Timestamp) -> Result<Meter, Failure> {
        Ok(self.meters.lock().unwrap().get(scope).cloned().unwrap_or_default())
    }

    async fn usage(&self, _: &Span) -> Result<Vec<Row>, Failure> {
        Ok(Vec::new())
    }
}

impl Books {
    /// What was noted, once the tasks that are under way have run.
    async fn tallies(&self) -> Vec<Tally> {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        self.settled.lock().unwrap().iter().map(|settlement| settlement.usage.tally).collect()
    }

    /// Money and tokens of today, and how many requests run.
    fn used(&self) -> (u64, u64, usize) {
        let meters = self.meters.lock().unwrap();
        let meter = meters.get(&key()).cloned().unwrap_or_default();
        let today = |unit| meter.used(Budget { unit, period: Period::Day }, Timestamp::now());
        (today(Unit::Money), today(Unit::Tokens), meter.leases.len())
    }
}

/// A model that says this, and then nothing more or nothing ever.
#[derive(Clone)]
struct Says {
    batches: Vec<Result<Batch, Failure>>,
    then: Then,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Ends,
    Hangs,
    Refuses,
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
        Plan {
            operation: "Says",
            region: String::new(),
            model: String::new(),
            family: String::new(),
            body: crate::chat::Json::empty_object(),
            input_tokens: 10,
            max_output_tokens: Some(90),
            prices: None,
        }
    }

    fn estimate(&self) -> Estimate {
        Estimate { input_tokens: 10, max_output_tokens: Some(90), prices: Some(prices()) }
    }

    async fn send(self: Box<Self>, _: Deadline, _: &Observation) -> Result<Events, Failure> {
        let said = stream::iter(self.batches);
        match self.then {
            Then::Ends => Ok(said.boxed()),
            Then::Hangs => Ok(said.chain(stream::pending()).boxed()),
            Then::Refuses => Err(Failure::new(Kind::Throttled, "slow down")),
        }
    }
}

/// A dollar for a million tokens read, ten for those written.
fn prices() -> Prices {
    let price = |dollars: f64| Price::try_from(dollars).unwrap();
    let (cache_read, cache_write) = (Some(price(0.1)), None);
    Prices { input: price(1.0), output: price(10.0), cache_read, cache_write, cache_write_hour: None }
}

fn word() -> Batch {
    vec![
        Event::BlockStart(BlockStart { index: 0, kind: BlockKind::Text }),
        Event::Delta(Delta { index: 0, text: "a word or two".to_owned() }),
    ]
}

fn end() -> Batch {
    let usage = Usage { input_tokens: 8, output_tokens: 4, cache_read_tokens: 20, ..Usage::default() };
    vec![Event::BlockStop(0), Event::MessageStop(StopReason::EndTurn), Event::Usage(usage)]
}

fn answers() -> Says {
    Says { batches: vec![Ok(word()), Ok(end())], then: Then::Ends }
}

fn key() -> Scope {
    Scope::Key(KeyId::parse("aaaaaaaaaa").unwrap())
}

fn a_day(unit: Unit, cap: u64) -> Limits {
    let budget = Budget { unit, period: Period::Day };
    Limits { budgets: [(budget, cap)].into(), ..Limits::default() }
}

fn terms(books: &Arc<Books>, limits: Limits) -> Terms {
    let metered = vec![Metered { scope: key(), limits }];
    let payer = Payer {
        meters: books.clone(),
        metered: metered.into_iter().filter(|metered| !metered.limits.is_empty()).collect(),
        key: KeyId::parse("aaaaaaaaaa").unwrap(),
        team: Some(TeamName::parse("search").unwrap()),
        request: RequestId::parse("r").unwrap(),
        lifetime: Duration::from_mins(1),
        rates: Rates::default(),
    };
    Terms { payer: Some(payer), ..Terms::default() }
}

fn request() -> Request {
    Request::new("model", vec![Message { role: Role::User, parts: vec![Part::Text("hello".to_owned())] }])
}

async fn run(model: &Says, terms: Terms) -> Result<Served, Failure> {
    Pipeline::new(Arc::new(model.clone()), Replay::Off).run(request(), chain(Vec::new()), terms).await
}

/// Reads an answer to its end.
async fn read(model: &Says, terms: Terms) -> Result<(), Failure> {
    let served = run(model, terms).await?;
    let _: Vec<_> = served.events.collect().await;
    served.finish.run().await;
    Ok(())
}

#[tokio::test]
async fn what_bedrock_counted_stands_in_the_place_of_what_was_taken() {
    let books = Arc::new(Books::default());
    let served = run(&answers(), terms(&books, a_day(Unit::Tokens, 1000))).await.unwrap();
    assert_eq!(books.used(), (910_000, 100, 1), "10 tokens are read and 90 written at most");
    let _: Vec<_> = served.events.collect().await;
    assert!(books.settled.lock().unwrap().is_empty(), "the last word goes first");
    served.finish.run().await;
    assert_eq!(books.used(), (50_000, 32, 0));
    let settled = books.settled.lock().unwrap().clone();
    let place = &settled.first().unwrap().usage.place;
    assert_eq!((place.model.as_str(), place.team.as_ref().unwrap().as_str()), ("model", "search"));
    let expected = Tally {
        requests: 1,
        input_tokens: 8,
        output_tokens: 4,
        cache_read_tokens: 20,
        cost_nanodollars: 50_000,
        ..Tally::default()
    };
    assert_eq!(books.tallies().await, [expected]);
}

#[tokio::test]
async fn a_key_without_limits_costs_one_settling_and_no_taking() {
    let books = Arc::new(Books::default());
    read(&answers(), terms(&books, Limits::default())).await.unwrap();
    assert_eq!((books.takings.load(Ordering::SeqCst), books.tallies().await.len()), (0, 1));
}

#[tokio::test]
async fn who_leaves_pays_for_the_prompt_and_for_what_was_written_until_then() {
    let guessed = |output_tokens, cost_nanodollars| Tally {
        requests: 1,
        estimated: 1,
        input_tokens: 10,
        output_tokens,
        cost_nanodollars,
        ..Tally::default()
    };
    let books = Arc::new(Books::default());
    let hangs = Says { batches: vec![Ok(word())], then: Then::Hangs };
    let mut served = run(&hangs, terms(&books, a_day(Unit::Tokens, 1000))).await.unwrap();
    served.events.next().await.unwrap().unwrap();
    drop(served);
    assert_eq!(books.tallies().await, [guessed(4, 50_000)]);
    assert_eq!(books.used(), (50_000, 14, 0));

    // Before the first word.
    let books = Arc::new(Books::default());
    let silent = Says { batches: Vec::new(), then: Then::Hangs };
    let waiting = tokio::spawn(read_owned(silent, terms(&books, a_day(Unit::Tokens, 1000))));
    while books.used().2 == 0 {
        tokio::task::yield_now().await;
    }
    tokio::task::yield_now().await;
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    assert_eq!(books.tallies().await, [guessed(0, 10_000)]);
}

async fn read_owned(model: Says, terms: Terms) {
    let _ = read(&model, terms).await;
}

#[tokio::test]
async fn a_stream_that_breaks_is_guessed_and_an_error() {
    let books = Arc::new(Books::default());
    let broken = Err(Failure::new(Kind::BrokenStream, "broken"));
    let breaks = Says { batches: vec![Ok(word()), broken], then: Then::Ends };
    read(&breaks, terms(&books, a_day(Unit::Money, 1))).await.unwrap();
    let tally = books.tallies().await.pop().unwrap();
    assert_eq!((tally.requests, tally.errors, tally.estimated, tally.output_tokens), (1, 1, 1, 4));
}

#[async_trait]
impl Illustrator for Says {
    async fn prepare_images(&self, _: ImageRequest) -> Result<Box<dyn ImageCall>, Failure> {
        Ok(Box::new(self.clone()))
    }
}

#[async_trait]
impl ImageCall for Says {
    fn dropped(&self) -> &[String] {
        &[]
    }

    fn estimate(&self) -> Estimate {
        Estimate { input_tokens: 0, max_output_tokens: Some(90), prices: Some(prices()) }
    }

    async fn send(self: Box<Self>, _: Deadline, _: &Observation) -> Result<(Vec<Picture>, Usage), Failure> {
        match self.then {
            Then::Ends => Ok((Vec::new(), Usage { output_tokens: 50, ..Usage::default() })),
            Then::Hangs => std::future::pending().await,
            Then::Refuses => Err(Failure::new(Kind::Throttled, "slow down")),
        }
    }
}

#[tokio::test]
async fn who_leaves_while_a_model_draws_pays_for_all_it_was_told_to() {
    for (then, output_tokens, errors) in [(Then::Ends, 50, 0), (Then::Hangs, 90, 0), (Then::Refuses, 0, 1)] {
        let books = Arc::new(Books::default());
        let model = Says { batches: Vec::new(), then };
        let (pipeline, terms) =
            (ImagePipeline::new(Arc::new(model)), terms(&books, a_day(Unit::Tokens, 1000)));
        let drawing = tokio::spawn(async move {
            let _ = pipeline.run(ImageRequest::new("model", "a cat"), chain(Vec::new()), terms).await;
        });
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        drawing.abort();
        let _ = drawing.await;
        let tally = books.tallies().await.pop().unwrap();
        assert_eq!((tally.requests, tally.output_tokens, tally.errors), (1, output_tokens, errors));
    }
}

#[tokio::test]
async fn a_call_that_fails_before_its_first_word_costs_nothing() {
    let books = Arc::new(Books::default());
    let refuses = Says { batches: Vec::new(), then: Then::Refuses };
    let failure = read(&refuses, terms(&books, a_day(Unit::Money, 1))).await.unwrap_err();
    assert_eq!(failure.kind, Kind::Throttled);
    assert_eq!(books.tallies().await, [Tally { requests: 1, errors: 1, ..Tally::default() }]);
    assert_eq!(books.used(), (0, 0, 0));
}

#[tokio::test]
async fn a_limit_that_is_reached_keeps_the_model_from_being_called() {
    let one = NonZeroU32::new(1);
    for (limits, kind, says) in [
        (a_day(Unit::Money, 1), Kind::QuotaExceeded, "used up its money for today"),
        (a_day(Unit::Tokens, 1), Kind::QuotaExceeded, "used up its tokens for today"),
        (Limits { requests_per_minute: one, ..Limits::default() }, Kind::RateLimited, "all the requests"),
        (Limits { tokens_per_minute: one, ..Limits::default() }, Kind::RateLimited, "all the tokens"),
        (Limits { concurrent_requests: one, ..Limits::default() }, Kind::RateLimited, "requests at a time"),
    ] {
        let books = Arc::new(Books::default());
        let hangs = Says { batches: vec![Ok(word())], then: Then::Hangs };
        let first = run(&hangs, terms(&books, limits.clone())).await.unwrap();
        let mut second = terms(&books, limits.clone());
        let payer = second.payer.as_mut().unwrap();
        payer.request = RequestId::parse("second").unwrap();
        let rates = payer.rates.clone();
        let failure = read(&answers(), second).await.unwrap_err();
        assert_eq!(failure.kind, kind);
        assert!(failure.message.contains(says), "{}", failure.message);
        assert!(failure.retry_after.is_some_and(|pause| !pause.is_zero()), "{says}");
        let Standing { requests, tokens } = rates.so_far();
        assert_eq!(requests.map(|room| room.remaining), limits.requests_per_minute.map(|_| 0));
        assert_eq!(tokens.map(|room| room.remaining), limits.tokens_per_minute.map(|_| 0));
        assert!(books.tallies().await.is_empty(), "a refused request is settled");
        drop(first);
    }
}

#[tokio::test]
async fn a_store_that_is_down_lets_nothing_pass_that_has_limits() {
    let books = Arc::new(Books { takings_that_fail: 1.into(), ..Books::default() });
    let failure = read(&answers(), terms(&books, a_day(Unit::Money, 1))).await.unwrap_err();
    assert_eq!((failure.kind, failure.retry_after.is_some()), (Kind::StoreUnavailable, true));
    assert!(books.tallies().await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_settling_that_fails_is_tried_again_while_nobody_waits() {
    for (failures, settled) in [(3, 1), (100, 0)] {
        let books = Arc::new(Books { settlings_that_fail: failures.into(), ..Books::default() });
        let begun = tokio::time::Instant::now();
        read(&answers(), terms(&books, a_day(Unit::Money, 1))).await.unwrap();
        assert!(begun.elapsed().is_zero(), "the client waits");
        tokio::time::sleep(Duration::from_mins(1)).await;
        assert_eq!(books.tallies().await.len(), settled);
        let attempts = failures - books.settlings_that_fail.load(Ordering::SeqCst);
        assert_eq!(attempts, failures.min(5));
    }
}

#[tokio::test]
async fn who_leaves_while_something_is_taken_leaves_nothing_taken() {
    let books = Arc::new(Books { turns: Semaphore::new(0), ..Books::default() });
    let model = answers();
    let mut waiting = Box::pin(read(&model, terms(&books, a_day(Unit::Tokens, 1000))));
    for _ in 0..5 {
        assert!((&mut waiting).now_or_never().is_none());
        tokio::task::yield_now().await;
    }
    drop(waiting);
    assert!(books.tallies().await.is_empty());
    books.turns.add_permits(1);
    assert_eq!(books.tallies().await, [Tally { requests: 1, ..Tally::default() }]);
    assert_eq!(books.used(), (0, 0, 0));
}

#[tokio::test]
async fn nothing_is_taken_for_an_explanation_or_for_a_plugins_own_answer() {
    let books = Arc::new(Books::default());
    let pipeline = Pipeline::new(Arc::new(answers()), Replay::Off);
    pipeline.explain(request(), chain(Vec::new()), terms(&books, a_day(Unit::Money, 1))).await.unwrap();
    let mut plugin = Fake::new("a", Hooks::of(&[Hook::Prompt]), &Log::default());
    plugin.prompt = PromptVerdict::Respond("by myself".to_owned());
    let chain = chain(vec![Arc::new(plugin) as Arc<dyn Plugin>]);
    let served = pipeline.run(request(), chain, terms(&books, a_day(Unit::Money, 1))).await.unwrap();
    let _: Vec<_> = served.events.collect().await;
    served.finish.run().await;
    assert_eq!((books.takings.load(Ordering::SeqCst), books.tallies().await.len()), (0, 0));
}

/// A response cache that nobody may ask.
struct Untouched;

#[async_trait]
impl ResponseCache for Untouched {
    async fn find_answer(&self, _: &CacheKey, _: Timestamp) -> Result<Option<CachedAnswer>, Failure> {
        panic!("it is off")
    }

    async fn keep_answer(&self, _: &CacheKey, _: CachedAnswer, _: Duration) -> Result<Kept, Failure> {
        panic!("it is off")
    }

    async fn purge_answers(&self, _: &Scope) -> Result<u64, Failure> {
        panic!("it is off")
    }
}

#[tokio::test]
async fn what_is_off_asks_the_store_for_nothing_but_to_note_the_usage() {
    let books = Arc::new(Books::default());
    let pipeline = Pipeline::new(Arc::new(answers()), Replay::Off).with_answers(Arc::new(Untouched));
    let mut off = terms(&books, Limits::default());
    off.payer.as_mut().unwrap().metered.clear();
    let served = pipeline.run(request(), chain(Vec::new()), off).await.unwrap();
    assert_eq!((books.takings.load(Ordering::SeqCst), books.tallies().await.len()), (0, 0));
    let _: Vec<_> = served.events.collect().await;
    served.finish.run().await;
    assert_eq!((books.takings.load(Ordering::SeqCst), books.tallies().await.len()), (0, 1));
}

#[test]
fn the_tightest_of_a_key_and_its_team_is_told() {
    let room = |limit, remaining, reset| Room { limit, remaining, reset: Duration::from_secs(reset) };
    let rates = Rates::default();
    assert_eq!(rates.so_far(), Standing::default());
    rates.note(Standing { requests: Some(room(10, 9, 6)), tokens: None });
    rates.note(Standing { requests: Some(room(100, 2, 58)), tokens: Some(room(5, 5, 0)) });
    rates.note(Standing { requests: Some(room(200, 2, 30)), tokens: None });
    assert_eq!(rates.so_far().requests, Some(room(100, 2, 58)));
    assert_eq!(rates.so_far().tokens, Some(room(5, 5, 0)));
}

#[tokio::test]
async fn an_answer_that_is_kept_is_a_request_and_uses_nothing_else() {
    let books = Arc::new(Books::default());
    let limits = Limits { requests_per_minute: NonZeroU32::new(1), ..a_day(Unit::Tokens, 0) };
    let payer = terms(&books, limits).payer.unwrap();
    let mut bill = Bill::of_a_hit(payer.clone(), "model");
    bill.taken().await.unwrap();
    let usage = Some(Usage { output_tokens: 5, ..Usage::default() });
    let report = Report {
        asked_model: "model".to_owned(),
        model: None,
        end: End::Complete,
        stop: None,
        usage,
        first_event: None,
        total: Duration::ZERO,
    };
    bill.settle(&report, &Observation::default()).await;
    assert_eq!(books.tallies().await, [Tally { requests: 1, cache_hits: 1, ..Tally::default() }]);
    assert_eq!(books.used(), (0, 0, 0));
    let refused = Bill::of_a_hit(payer, "model").taken().await.unwrap_err();
    assert_eq!(refused.kind, Kind::RateLimited);
}
