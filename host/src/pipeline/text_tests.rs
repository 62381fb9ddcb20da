#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, stream};
use proptest::prelude::*;

use super::*;
use crate::chat::{BlockStart, StopReason, Usage};
use crate::error::Kind;
use crate::ids::PluginName;
use crate::pipeline::tests::{answered, passed};
use crate::pipeline::{Hook, Hooks, Plugin, PromptVerdict, RouteVerdict, Segment, Session, Summary};

/// Answers `on-text` with a function.
#[derive(Clone)]
struct Fake {
    name: PluginName,
    wish: TextWish,
    on_text: OnText,
}

type OnText = Arc<dyn Fn(&[Chunk]) -> TextVerdict + Send + Sync>;

fn fake(wish: TextWish, on_text: impl Fn(&[Chunk]) -> TextVerdict + Send + Sync + 'static) -> Fake {
    Fake { name: PluginName::parse("fake").unwrap(), wish, on_text: Arc::new(on_text) }
}

#[async_trait]
impl Plugin for Fake {
    fn name(&self) -> &PluginName {
        &self.name
    }

    fn hooks(&self) -> Hooks {
        Hooks::of(&[Hook::Text])
    }

    fn fingerprint(&self) -> [u8; 32] {
        [0; 32]
    }

    async fn start(&self, _: &Context) -> Result<Box<dyn Session>, Failure> {
        Ok(Box::new(self.clone()))
    }
}

#[async_trait]
impl Session for Fake {
    fn text_wish(&self) -> TextWish {
        self.wish
    }

    async fn on_route(&mut self, _: &Summary) -> Result<RouteVerdict, Failure> {
        Ok(RouteVerdict::Keep)
    }

    async fn on_prompt(&mut self, _: &[Segment<'_>]) -> Result<PromptVerdict, Failure> {
        Ok(PromptVerdict::Keep)
    }

    async fn on_text(&mut self, chunks: &[Chunk]) -> Result<TextVerdict, Failure> {
        Ok((self.on_text)(chunks))
    }
}

const ALL: TextWish = TextWish { text: true, reasoning: true, tool_args: true, window: 8 };

/// Swaps `cat` for `Katze`, and holds back what may become one.
fn swap(chunks: &[Chunk]) -> TextVerdict {
    TextVerdict::Rewrite(chunks.iter().map(swap_one).collect())
}

fn swap_one(chunk: &Chunk) -> Outcome {
    let open = ["ca", "c"].into_iter().find(|start| chunk.text.ends_with(start)).map_or(0, str::len);
    let consumed = chunk.text.len() - if chunk.last { 0 } else { open };
    Outcome { consumed, output: Some(chunk.text[..consumed].replace("cat", "Katze")) }
}

async fn pass(plugins: Vec<Fake>, batches: Vec<Batch>) -> Result<Vec<Batch>, Failure> {
    let plugins = plugins.into_iter().map(|plugin| Arc::new(plugin) as Arc<dyn Plugin>).collect();
    passed(plugins, batches).await
}

fn start(kind: BlockKind) -> Event {
    Event::BlockStart(BlockStart { index: 0, kind })
}

fn tool() -> BlockKind {
    BlockKind::ToolUse { id: "t".to_owned(), name: "n".to_owned() }
}

fn delta(text: &str) -> Event {
    Event::Delta(Delta { index: 0, text: text.to_owned() })
}

fn end() -> [Event; 3] {
    [Event::BlockStop(0), Event::MessageStop(StopReason::EndTurn), Event::Usage(Usage::default())]
}

/// One block that comes in these deltas, a batch each.
fn block(kind: BlockKind, deltas: &[&str]) -> Vec<Batch> {
    let mut batches = vec![vec![start(kind)]];
    batches.extend(deltas.iter().map(|text| vec![delta(text)]));
    batches.push(end().to_vec());
    batches
}

fn text(batches: &[Batch]) -> String {
    let text = |event: &Event| match event {
        Event::Delta(delta) => delta.text.clone(),
        _ => String::new(),
    };
    batches.iter().flatten().map(text).collect()
}

#[tokio::test]
async fn what_is_left_comes_back_in_front_of_the_next_text() {
    let out = pass(vec![fake(ALL, swap)], block(BlockKind::Text, &["a c", "a", "t and ca"])).await.unwrap();
    assert_eq!(text(&out), "a Katze and ca");
    assert_eq!(out[1], [delta("a ")], "what is consumed goes on at once");
    assert_eq!(out.iter().flatten().filter(|event| matches!(event, Event::BlockStop(_))).count(), 1);
}

#[tokio::test]
async fn the_last_plugin_reads_the_answer_first() {
    let first = fake(ALL, |chunks| {
        TextVerdict::Rewrite(chunks.iter().map(|c| replace(c, &c.text.replace('b', "c"))).collect())
    });
    let last = fake(ALL, |chunks| {
        TextVerdict::Rewrite(chunks.iter().map(|c| replace(c, &c.text.replace('a', "b"))).collect())
    });
    let out = pass(vec![first, last], block(BlockKind::Text, &["a"])).await.unwrap();
    assert_eq!(text(&out), "c");
}

fn replace(chunk: &Chunk, output: &str) -> Outcome {
    Outcome { consumed: chunk.text.len(), output: Some(output.to_owned()) }
}

#[tokio::test]
async fn tool_arguments_are_decoded_for_the_plugin_and_escaped_behind_it() {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let plugin = fake(ALL, move |chunks| {
        log.lock().unwrap().extend(chunks.iter().map(|chunk| (chunk.text.clone(), chunk.last)));
        TextVerdict::Rewrite(
            chunks.iter().map(|chunk| replace(chunk, &chunk.text.replace('é', "\"e\""))).collect(),
        )
    });
    let out = pass(vec![plugin], block(tool(), &[r#"{"k":"caf\u00"#, r#"e9","n":["x"]}"#])).await.unwrap();
    assert_eq!(text(&out), r#"{"k":"caf\"e\"","n":["x"]}"#);
    let expected = [("caf", false), ("é", true), ("x", true)].map(|(text, last)| (text.to_owned(), last));
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn kinds_that_are_not_wanted_are_not_shown() {
    let wish = TextWish { text: false, ..ALL };
    let plugin = fake(wish, |chunks| {
        TextVerdict::Rewrite(chunks.iter().map(|chunk| replace(chunk, "seen")).collect())
    });
    let out = pass(vec![plugin.clone()], block(BlockKind::Text, &["plain"])).await.unwrap();
    assert_eq!(text(&out), "plain");
    let out = pass(vec![plugin], block(BlockKind::Reasoning, &["thought"])).await.unwrap();
    assert_eq!(text(&out), "seenseen", "a chunk, and the end of the block");
}

#[tokio::test]
async fn a_broken_contract_ends_the_answer() {
    let outcome = |consumed, output: Option<&str>| {
        let output = output.map(ToOwned::to_owned);
        TextVerdict::Rewrite(vec![Outcome { consumed, output }])
    };
    let huge = "x".repeat(10_000);
    let cases = [
        ("past the end", outcome(99, None)),
        ("inside a character", outcome(1, None)),
        ("more than the window held back", outcome(0, None)),
        ("too much output", outcome(12, Some(&huge))),
        ("too few outcomes", TextVerdict::Rewrite(Vec::new())),
    ];
    for (what, verdict) in cases {
        let plugin = fake(ALL, move |_| verdict.clone());
        let failure = pass(vec![plugin], block(BlockKind::Text, &["ééééééé"])).await.unwrap_err();
        assert_eq!(failure.kind, Kind::PluginFault, "{what}");
    }
    let keeps_at_end = fake(ALL, |chunks| {
        TextVerdict::Rewrite(chunks.iter().map(|_| Outcome { consumed: 0, output: None }).collect())
    });
    assert!(pass(vec![keeps_at_end], block(BlockKind::Text, &["ab"])).await.is_err());
}

#[tokio::test]
async fn a_failure_of_the_model_is_the_last_item() {
    let fault = Failure::new(Kind::Throttled, "slow down");
    let events = stream::iter([Ok(vec![start(BlockKind::Text), delta("a")]), Err(fault.clone())]).boxed();
    let plugins: Vec<Arc<dyn Plugin>> = vec![Arc::new(fake(ALL, |_| TextVerdict::Pass))];
    let items: Vec<_> = answered(plugins, events).await.unwrap().collect().await;
    assert_eq!(items[0], Ok(vec![start(BlockKind::Text), delta("a")]));
    assert_eq!(items[1], Err(fault));
}

/// The text cut at these places, wherever a character allows it.
fn cut(text: &str, cuts: &[usize]) -> Vec<String> {
    let mut cuts: Vec<_> = cuts.iter().copied().filter(|cut| text.is_char_boundary(*cut)).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    cuts.windows(2).map(|pair| text[pair[0]..pair[1]].to_owned()).collect()
}

proptest! {
    #[test]
    fn any_split_and_any_batching_gives_the_same_text(
        said in "(cat|c|ca|[ at\"é\\\\])*",
        cuts in prop::collection::vec(0_usize..60, 0..12),
        together in prop::collection::vec(any::<bool>(), 16),
        as_tool in any::<bool>(),
    ) {
        let json = serde_json::json!({"cat": said, "list": [said]}).to_string();
        let (kind, whole) = if as_tool { (tool(), json) } else { (BlockKind::Text, said.clone()) };
        let deltas = cut(&whole, &cuts);
        let mut batches = vec![vec![start(kind)]];
        for (text, joined) in deltas.iter().zip(together.iter().cycle()) {
            match batches.last_mut() {
                Some(batch) if *joined => batch.push(delta(text)),
                _ => batches.push(vec![delta(text)]),
            }
        }
        batches.push(end().to_vec());
        let swapped = said.replace("cat", "Katze");
        let expected = if as_tool {
            serde_json::json!({"cat": swapped, "list": [swapped]}).to_string()
        } else {
            swapped
        };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let plugins = vec![fake(ALL, |_| TextVerdict::Pass), fake(ALL, swap)];
        let out = runtime.block_on(pass(plugins, batches)).unwrap();
        prop_assert_eq!(text(&out), expected);
    }
}
