#![expect(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::sync::Arc;

use crate::chat::{Batch, BlockKind, BlockStart, Delta, Event, StopReason, Usage};
use crate::error::{Failure, Kind};
use crate::pipeline::tests::{Fake, Log, passed};
use crate::pipeline::{EventVerdict, Hook, Hooks};

const EVENT: Hooks = Hooks::of(&[Hook::Event]);

fn start(index: u32) -> Event {
    Event::BlockStart(BlockStart { index, kind: BlockKind::Text })
}

fn delta(index: u32, text: &str) -> Event {
    Event::Delta(Delta { index, text: text.to_owned() })
}

fn stop() -> Event {
    Event::MessageStop(StopReason::EndTurn)
}

fn usage(output_tokens: u64) -> Event {
    Event::Usage(Usage { output_tokens, ..Usage::default() })
}

/// An answer of one block, in four batches.
fn answer() -> Vec<Batch> {
    vec![
        vec![start(0)],
        vec![delta(0, "one ")],
        vec![delta(0, "two"), Event::BlockStop(0)],
        vec![stop(), usage(5)],
    ]
}

async fn pass(fakes: Vec<Fake>) -> Result<Batch, Failure> {
    let plugins = fakes.into_iter().map(|fake| Arc::new(fake) as _).collect();
    Ok(passed(plugins, answer()).await?.concat())
}

fn fake(on_events: impl Fn(&[Event]) -> EventVerdict + Send + Sync + 'static) -> Fake {
    Fake::new("a", EVENT, &Log::default()).with_events(on_events)
}

/// Replaces each batch by what comes of its events.
fn each(change: impl Fn(&Event) -> Vec<Event> + Send + Sync + 'static) -> Fake {
    fake(move |events| EventVerdict::Replace(events.iter().flat_map(&change).collect()))
}

#[tokio::test]
async fn a_plugin_may_say_something_else() {
    let capitals = |event: &Event| match event {
        Event::Delta(delta) => vec![Event::Delta(Delta { text: delta.text.to_uppercase(), ..delta.clone() })],
        other => vec![other.clone()],
    };
    let expected = [start(0), delta(0, "ONE "), delta(0, "TWO"), Event::BlockStop(0), stop(), usage(5)];
    assert_eq!(pass(vec![each(capitals)]).await.unwrap(), expected);
}

#[tokio::test]
async fn a_plugin_may_add_blocks_and_leave_others_out() {
    let other = |event: &Event| match event {
        Event::MessageStop(_) => {
            vec![start(1), delta(1, "mine"), Event::BlockStop(1), event.clone()]
        }
        Event::Usage(_) => vec![event.clone()],
        _ => Vec::new(),
    };
    let expected = [start(1), delta(1, "mine"), Event::BlockStop(1), stop(), usage(5)];
    assert_eq!(pass(vec![each(other)]).await.unwrap(), expected);
}

#[tokio::test]
async fn the_last_plugin_reads_the_events_first() {
    let change = |from: &'static str, to: &'static str| {
        each(move |event| match event {
            Event::Delta(delta) => {
                vec![Event::Delta(Delta { text: delta.text.replace(from, to), ..delta.clone() })]
            }
            other => vec![other.clone()],
        })
    };
    let batch = pass(vec![change("two", "three"), change("one", "two")]).await.unwrap();
    assert!(batch.contains(&delta(0, "three ")), "{batch:?}");
}

#[tokio::test]
async fn usage_is_the_hosts() {
    let forged = |event: &Event| match event {
        Event::Usage(_) => vec![usage(0), usage(1)],
        Event::BlockStart(_) => vec![usage(9), event.clone()],
        other => vec![other.clone()],
    };
    let batch = pass(vec![each(forged)]).await.unwrap();
    let usages: Vec<_> = batch.iter().filter(|event| matches!(event, Event::Usage(_))).collect();
    assert_eq!(usages, [&usage(5)]);
    let silent =
        each(|event| if matches!(event, Event::Usage(_)) { Vec::new() } else { vec![event.clone()] });
    assert_eq!(pass(vec![silent]).await.unwrap().last(), Some(&usage(5)));
}

#[tokio::test]
async fn a_plugin_that_breaks_the_order_is_named() {
    let without_stop =
        each(|event| if matches!(event, Event::MessageStop(_)) { Vec::new() } else { vec![event.clone()] });
    let unknown_block = fake(|_| EventVerdict::Replace(vec![delta(42, "x")]));
    let after_stop = each(|event| match event {
        Event::MessageStop(_) => vec![event.clone(), start(7)],
        other => vec![other.clone()],
    });
    let no_start =
        each(|event| if matches!(event, Event::BlockStart(_)) { Vec::new() } else { vec![event.clone()] });
    for plugin in [without_stop, unknown_block, after_stop, no_start] {
        let failure = pass(vec![plugin]).await.unwrap_err();
        assert_eq!(failure.kind, Kind::PluginFault);
        assert!(failure.message.contains("`a`"), "{}", failure.message);
    }
}

#[tokio::test]
async fn an_answer_that_the_model_left_off_is_not_the_plugins_fault() {
    let plugin = Arc::new(fake(|_| EventVerdict::Pass));
    let batches = passed(vec![plugin], vec![vec![start(0)], vec![delta(0, "x")]]).await.unwrap();
    assert_eq!(batches.concat(), [start(0), delta(0, "x")]);
}

#[tokio::test]
async fn a_stop_ends_the_answer_with_the_plugins_words() {
    let refusal = Failure::new(Kind::PluginDenied(451), "no");
    let verdict = EventVerdict::Stop(refusal.clone());
    assert_eq!(pass(vec![fake(move |_| verdict.clone())]).await.unwrap_err(), refusal);
}
