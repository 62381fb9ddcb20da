#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt, stream};
use proptest::prelude::*;

use super::*;
use crate::chat::{self, Batch, BlockKind, BlockStart, Delivery, Delta, Event};
use crate::config::BreakerSettings;
use crate::error::Fault;
use crate::health::{Entry, Health, Ledger, SteppedBack};
use crate::ids::KeyId;
use crate::pipeline::{
    self, Chain, Chunk, Edit, EventVerdict, Hooks, Outcome as TextOutcome, Pipeline, Plugins, PromptVerdict,
    Replay, RequestVerdict, RouteVerdict, Segment, Summary, TextVerdict, TextWish,
};
use crate::telemetry::Observation;

/// A plugin that fails in one place. Its edits and its text show whether it ran.
#[derive(Clone)]
struct Fake {
    name: PluginName,
    fails: &'static str,
    /// Calls of the text hook before the one that fails.
    text_calls: u32,
}

impl Fake {
    fn reach(&self, place: &str) -> Result<(), Failure> {
        match self.fails {
            fails if fails != place => Ok(()),
            "bind" => Err(Failure::new(Kind::PluginUnavailable, "not there")),
            _ => Err(Failure::plugin(&self.name, place).with_fault(Fault::Trap)),
        }
    }
}

/// The places where a plugin may fail: calls, and answers that break the contract.
const FAILING: [&str; 11] =
    ["bind", "start", "route", "prompt", "edit", "request", "respond", "event", "replace", "text", "count"];

/// Has every plugin; the name says where it fails.
struct Shelf;

#[async_trait]
impl Plugins for Shelf {
    async fn bind(&self, enabled: &EnabledPlugin, _: &KeyId) -> Result<Arc<dyn Plugin>, Failure> {
        let others = ["deny", "none"].iter();
        let fails = FAILING
            .iter()
            .chain(others)
            .copied()
            .find(|place| enabled.name.as_str() == *place)
            .unwrap_or("text");
        let text_calls = enabled.config.trim().parse().unwrap_or(0);
        let fake = Fake { name: enabled.name.clone(), fails, text_calls };
        fake.reach("bind")?;
        Ok(Arc::new(fake))
    }
}

#[async_trait]
impl Plugin for Fake {
    fn name(&self) -> &PluginName {
        &self.name
    }

    fn hooks(&self) -> Hooks {
        Hooks::of(&[Hook::Route, Hook::Prompt, Hook::Request, Hook::Event, Hook::Text])
    }

    fn fingerprint(&self) -> [u8; 32] {
        [0; 32]
    }

    async fn start(&self, _: &Context) -> Result<Box<dyn Session>, Failure> {
        self.reach("start")?;
        Ok(Box::new(self.clone()))
    }
}

#[async_trait]
impl Session for Fake {
    fn text_wish(&self) -> TextWish {
        TextWish { text: true, reasoning: true, tool_args: true, window: 4 }
    }

    async fn on_route(&mut self, _: &Summary) -> Result<RouteVerdict, Failure> {
        self.reach("route")?;
        if self.fails == "deny" {
            return Ok(RouteVerdict::Deny(Failure::new(Kind::PluginDenied(403), "no")));
        }
        Ok(RouteVerdict::Keep)
    }

    async fn on_prompt(&mut self, segments: &[Segment<'_>]) -> Result<PromptVerdict, Failure> {
        self.reach("prompt")?;
        let first = &segments[0];
        let mut edits = vec![Edit { id: first.id, text: format!("{} +{}", first.text, self.name) }];
        if self.fails == "edit" {
            edits.push(Edit { id: 999, text: String::new() });
        }
        Ok(PromptVerdict::Edit(edits))
    }

    async fn on_request(&mut self, _: &chat::Request) -> Result<RequestVerdict, Failure> {
        self.reach("request")?;
        // An answer without an end.
        Ok(if self.fails == "respond" { RequestVerdict::Respond(Vec::new()) } else { RequestVerdict::Keep })
    }

    async fn on_events(&mut self, _: &[Event]) -> Result<EventVerdict, Failure> {
        self.reach("event")?;
        // The end of a block that never began.
        let broken = self.fails == "replace";
        Ok(if broken { EventVerdict::Replace(vec![Event::BlockStop(7)]) } else { EventVerdict::Pass })
    }

    /// Holds back up to four letters as long as it works.
    async fn on_text(&mut self, chunks: &[Chunk]) -> Result<TextVerdict, Failure> {
        if self.fails == "text" || self.fails == "count" {
            match self.text_calls.checked_sub(1) {
                Some(left) => self.text_calls = left,
                None if self.fails == "text" => self.reach("text")?,
                None => return Ok(TextVerdict::Rewrite(Vec::new())),
            }
        }
        let outcome = |chunk: &Chunk| {
            let letters = chunk.text.char_indices().rev().take(if chunk.last { 0 } else { 4 }).last();
            let consumed = letters.map_or(chunk.text.len(), |(place, _)| place);
            TextOutcome { consumed: consumed.max(chunk.text.len().saturating_sub(4)), output: None }
        };
        Ok(TextVerdict::Rewrite(chunks.iter().map(outcome).collect()))
    }
}

fn enabled(name: &str, on_failure: OnFailure) -> EnabledPlugin {
    let mut plugin = EnabledPlugin::new(PluginName::parse(name).unwrap(), "{}");
    plugin.terms.on_failure = on_failure;
    plugin
}

fn context() -> Context {
    Context {
        request: RequestId::parse("r").unwrap(),
        key: KeyId::parse("aaaaaaaaaa").unwrap(),
        labels: Vec::new(),
        client_format: "test".into(),
        delivery: Delivery::Streamed,
        deadline: pipeline::Deadline::Never,
    }
}

async fn bind(plugins: &[EnabledPlugin], health: &Health) -> Result<Chain, Failure> {
    Chain::bind(&Shelf, plugins, context(), health, &Skipped::default(), &Observation::default()).await
}

/// What a client reads, and what was skipped.
async fn ask(plugins: &[EnabledPlugin], health: &Health) -> Result<(String, Vec<String>), Failure> {
    let pipeline = Pipeline::new(Arc::new(pipeline::tests::Echo(Arc::default())), Replay::Off);
    let skipped = Skipped::default();
    let chain = Chain::bind(&Shelf, plugins, context(), health, &skipped, &Observation::default()).await?;
    let request = chat::Request {
        messages: vec![chat::Message {
            role: chat::Role::User,
            parts: vec![chat::Part::Text("hello".to_owned())],
        }],
        ..chat::Request::new("m", Vec::new())
    };
    let served = pipeline.run(request, chain, pipeline::tests::terms()).await?;
    let batches: Vec<Batch> = served.events.try_collect().await?;
    Ok((text(&batches), skipped.so_far().iter().map(ToString::to_string).collect()))
}

fn text(batches: &[Batch]) -> String {
    let text = |event: &Event| match event {
        Event::Delta(delta) => delta.text.clone(),
        _ => String::new(),
    };
    batches.iter().flatten().map(text).collect()
}

/// What the records hold, by plugin: failures, and requests without it.
async fn counted(health: &Health) -> Vec<(String, u64, u64)> {
    struct Notes(Mutex<Vec<Entry>>);
    #[async_trait]
    impl Ledger for Notes {
        async fn write(&self, _: &str, entries: Vec<Entry>) -> Result<Vec<SteppedBack>, Failure> {
            *self.0.lock().unwrap() = entries;
            Ok(Vec::new())
        }
    }
    let notes = Notes(Mutex::default());
    health.flush(&notes, "p").await.unwrap();
    let entries = notes.0.into_inner().unwrap();
    let mut all: Vec<_> = entries
        .iter()
        .map(|entry| (entry.plugin.to_string(), entry.counts.failures(), entry.counts.skipped))
        .collect();
    all.sort();
    all
}

#[tokio::test]
async fn a_plugin_that_fails_fails_the_request_unless_the_operator_says_otherwise() {
    for place in FAILING {
        let health = Health::default();
        let failure = ask(&[enabled(place, OnFailure::Closed)], &health).await.unwrap_err();
        assert!(failure.is_of_a_plugin(), "{place}: {failure}");
        assert_eq!(counted(&health).await, [(place.to_owned(), 1, 0)]);
    }
}

#[tokio::test]
async fn a_plugin_that_may_fail_is_skipped_and_named_and_its_neighbours_run() {
    for place in FAILING {
        let health = Health::default();
        let plugins = [enabled("none", OnFailure::Closed), enabled(place, OnFailure::Open)];
        let (said, skipped) = ask(&plugins, &health).await.unwrap();
        let before = ["bind", "start", "route", "prompt", "edit"].contains(&place);
        let edited = if before { String::new() } else { format!(" +{place}") };
        assert_eq!(said, format!("hello +none{edited}"), "{place}");
        assert_eq!(skipped, [place]);
        let mut expected = [("none".to_owned(), 0, 0), (place.to_owned(), 1, 1)];
        expected.sort();
        assert_eq!(counted(&health).await, expected);
    }
}

#[tokio::test]
async fn a_refusal_counts_whatever_the_policy() {
    let failure = ask(&[enabled("deny", OnFailure::Open)], &Health::default()).await.unwrap_err();
    assert_eq!(failure.kind, Kind::PluginDenied(403));
}

#[tokio::test]
async fn a_plugin_that_fails_five_times_is_not_run_for_a_while() {
    for (policy, place) in
        [(OnFailure::Closed, "start"), (OnFailure::Open, "start"), (OnFailure::Closed, "bind")]
    {
        let (health, plugins) = (Health::default(), [enabled(place, policy)]);
        for _ in 0..5 {
            assert_eq!(ask(&plugins, &health).await.is_ok(), policy == OnFailure::Open);
        }
        let sixth = ask(&plugins, &health).await;
        let skipped = match sixth {
            Ok((_, skipped)) => {
                assert_eq!((policy, skipped), (OnFailure::Open, vec![place.to_owned()]));
                6
            }
            Err(failure) => {
                assert_eq!((policy, failure.kind), (OnFailure::Closed, Kind::PluginUnavailable));
                assert!(failure.retry_after.is_some_and(|pause| pause <= Duration::from_secs(10)));
                0
            }
        };
        assert_eq!(counted(&health).await, [(place.to_owned(), 5, skipped)], "the sixth was not run");
    }
}

#[tokio::test]
async fn a_probe_that_has_nothing_to_do_leaves_it_to_the_next_request() {
    let health = Health::new(BreakerSettings { failures: 1, pause: Duration::ZERO });
    ask(&[enabled("start", OnFailure::Closed)], &health).await.unwrap_err();
    let plugins = [enabled("start", OnFailure::Closed)];
    let probe = bind(&plugins, &health).await.unwrap();
    assert!(bind(&plugins, &health).await.is_err(), "one at a time");
    drop(probe);
    bind(&plugins, &health).await.map(drop).unwrap();
}

/// An answer of two blocks whose deltas take turns, cut into batches.
fn answer(said: &str, json: &str, cut: usize) -> Vec<Batch> {
    let start = |index, kind| Event::BlockStart(BlockStart { index, kind });
    let tool = BlockKind::ToolUse { id: "t".to_owned(), name: "n".to_owned() };
    let mut batches = vec![vec![start(0, BlockKind::Text), start(1, tool)]];
    let pieces = |text: &str| {
        let letters: Vec<char> = text.chars().collect();
        letters.chunks(cut).map(|piece| piece.iter().collect::<String>()).collect::<Vec<_>>()
    };
    let (prose, arguments) = (pieces(said), pieces(json));
    for place in 0..prose.len().max(arguments.len()) {
        for (index, pieces) in [(0, &prose), (1, &arguments)] {
            batches.extend(
                pieces.get(place).map(|text| vec![Event::Delta(Delta { index, text: text.clone() })]),
            );
        }
    }
    batches.push(vec![Event::BlockStop(0), Event::BlockStop(1)]);
    batches
}

proptest! {
    #[test]
    fn nothing_is_lost_wherever_a_plugin_fails_that_holds_text_back(
        said in "[a-cé \"\\\\]{1,40}",
        cut in 1_usize..5,
        calls in 0_u32..30,
        fails in prop::sample::select(vec!["text", "count"]),
    ) {
        let json = serde_json::json!({"cat": said, "list": [said]}).to_string();
        let mut plugin = enabled(fails, OnFailure::Open);
        plugin.config = calls.to_string().into();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let batches: Vec<Batch> = runtime.block_on(async {
            let chain = bind(&[plugin], &Health::default()).await.unwrap();
            let mut work = pipeline::finish::Work::new(chain, "m", pipeline::Deadline::Never);
            let stages = pipeline::answer::Stages::start(&mut work).await.unwrap();
            let events = stream::iter(answer(&said, &json, cut).into_iter().map(Ok)).boxed();
            let answered = pipeline::answer::run(work, stages, events).await;
            answered.map_err(|(_, failure)| failure).unwrap().0.try_collect().await.unwrap()
        });
        let of = |index| -> String {
            let deltas = batches.iter().flatten().filter_map(|event| match event {
                Event::Delta(delta) if delta.index == index => Some(delta.text.as_str()),
                _ => None,
            });
            deltas.collect()
        };
        prop_assert_eq!(of(0), said);
        let read: serde_json::Value = serde_json::from_str(&of(1)).unwrap();
        prop_assert_eq!(read, serde_json::from_str::<serde_json::Value>(&json).unwrap());
    }
}
