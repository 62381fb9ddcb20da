//! The event hooks: the answer as the model gave it, before any text hook.

use std::time::Instant;

use super::Hook;
use super::grammar::{Grammar, Maker};
use super::hook::{Context, EventVerdict};
use super::link::Link;
use crate::chat::{Batch, Event, Usage};
use crate::error::Failure;
use crate::ids::PluginName;
use crate::telemetry::Verdict;

/// One plugin, and how far the answer is behind it.
#[derive(Default)]
pub(super) struct Stage {
    grammar: Grammar,
    /// Whether the answer in front of it is complete.
    is_fed: bool,
}

impl Stage {
    /// A batch as the plugin leaves it, with the usage that it came with.
    pub(super) async fn pass(
        &mut self,
        context: &Context,
        link: &mut Link,
        batch: Batch,
    ) -> Result<Batch, Failure> {
        self.is_fed |= batch.iter().any(|event| matches!(event, Event::MessageStop(_)));
        let Some(session) = link.session(context).await? else { return self.as_it_came(link, batch) };
        let begun = Instant::now();
        let answer = session.on_events(&batch).await;
        let made = match link.answered(Hook::Event, begun, answer)? {
            None | Some(EventVerdict::Pass) => return self.as_it_came(link, batch),
            Some(EventVerdict::Replace(made)) if made == batch => return self.as_it_came(link, batch),
            Some(EventVerdict::Replace(made)) => with_usage_of(&batch, made),
            Some(EventVerdict::Stop(failure)) => {
                link.judged(Verdict::Refused);
                return Err(failure);
            }
        };
        let before = self.grammar.clone();
        match self.take(&made, Maker::Plugin) {
            Ok(()) => {
                link.judged(Verdict::Changed);
                Ok(made)
            }
            Err(what) => {
                link.failed(broken(link.name(), &what))?;
                self.grammar = before;
                self.as_it_came(link, batch)
            }
        }
    }

    /// A batch that the plugin has not touched. It may still not fit behind what the plugin made of
    /// the batches before, and then there is no answer to go on with.
    fn as_it_came(&mut self, link: &Link, batch: Batch) -> Result<Batch, Failure> {
        self.take(&batch, Maker::Model).map_err(|what| {
            link.judged(Verdict::Failed);
            broken(link.name(), &what)
        })?;
        Ok(batch)
    }

    fn take(&mut self, batch: &[Event], maker: Maker) -> Result<(), String> {
        batch.iter().try_for_each(|event| self.grammar.take(event, maker))
    }

    /// The answer is over: of one that was complete, the plugin has to leave a complete one.
    pub(super) fn end(&self, link: &Link) -> Result<(), Failure> {
        if self.is_fed && !self.grammar.is_stopped() {
            link.judged(Verdict::Failed);
            return Err(broken(link.name(), "an answer without `message-stop`"));
        }
        Ok(())
    }
}

/// What a plugin made, with the usage of what it was made of.
fn with_usage_of(batch: &[Event], mut made: Batch) -> Batch {
    let is_usage = |event: &&Event| matches!(event, Event::Usage(_));
    made.retain(|event| !is_usage(&event));
    made.extend(batch.iter().filter(is_usage).cloned());
    made
}

/// The answer of a plugin in the model's place, which has cost no tokens.
pub(super) fn complete(plugin: &PluginName, batch: Batch) -> Result<Batch, Failure> {
    let broken = |what: &str| Failure::plugin(plugin, &format!("on-request answered with {what}"));
    let batch = with_usage_of(&[Event::Usage(Usage::default())], batch);
    let mut grammar = Grammar::default();
    for event in &batch {
        grammar.take(event, Maker::Plugin).map_err(|what| broken(&what))?;
    }
    if grammar.is_stopped() { Ok(batch) } else { Err(broken("an answer without `message-stop`")) }
}

fn broken(plugin: &PluginName, what: &str) -> Failure {
    Failure::plugin(plugin, &format!("on-events answered with {what}"))
}
