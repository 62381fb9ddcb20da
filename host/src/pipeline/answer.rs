//! The way back: what the model says, through the event hooks and then the text hooks, each the last
//! plugin first.

use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::oneshot;

use super::finish::{Finish, Work};
use super::hook::End;
use super::upstream::Events;
use super::{Hook, events, text};
use crate::chat::{Batch, Event};
use crate::error::{Failure, Kind};

/// The plugins that see the answer, in the order in which they do, by their places in the chain.
#[derive(Default)]
pub(super) struct Stages {
    events: Vec<(usize, events::Stage)>,
    texts: Vec<(usize, text::Stage)>,
}

impl Stages {
    /// Starts the plugins that see the answer: one that cannot start fails the request before the
    /// model is paid.
    pub(super) async fn start(work: &mut Work) -> Result<Self, Failure> {
        let mut stages = Self::default();
        for place in work.chain.places(Hook::Event) {
            let Some((context, link)) = work.chain.at(place) else { continue };
            if link.start(context).await?.is_some() {
                stages.events.push((place, events::Stage::default()));
            }
        }
        for place in work.chain.places(Hook::Text) {
            let Some((context, link)) = work.chain.at(place) else { continue };
            match text::Stage::new(context, link).await? {
                Some(stage) => stages.texts.push((place, stage)),
                // It wants no text: without another hook it has nothing left to do.
                None if !link.has(Hook::Event) && !link.has(Hook::Finish) => link.end(),
                None => {}
            }
        }
        Ok(stages)
    }
}

/// Passes an answer through the plugins.
///
/// The first batch has passed when this returns, so a plugin that fails on it fails the request
/// while that can still become a status. The error comes with the work that is to be finished.
pub(super) async fn run(
    work: Work,
    stages: Stages,
    events: Events,
) -> Result<(Events, Finish), (Box<Work>, Failure)> {
    if !work.has_an_end() && stages.events.is_empty() && stages.texts.is_empty() {
        return Ok((events, Finish::default()));
    }
    let (sender, receiver) = oneshot::channel();
    let mut passage = Passage { work, stages, events, is_stopped: false, over: sender };
    let first = match passage.next().await {
        Ok(Some(first)) => first,
        Ok(None) => {
            passage.end_well();
            return Ok((stream::empty().boxed(), Finish::of(receiver)));
        }
        Err(failure) => return Err((Box::new(passage.work), failure)),
    };
    let rest = stream::unfold(Some(passage), async |passage| {
        let mut passage = passage?;
        match passage.next().await {
            Ok(Some(batch)) => Some((Ok(batch), Some(passage))),
            Ok(None) => {
                passage.end_well();
                None
            }
            Err(failure) => {
                passage.end(End::Failed(failure.clone()));
                Some((Err(failure), None))
            }
        }
    });
    let events = stream::once(async { Ok(first) }).chain(rest).boxed();
    Ok((events, Finish::of(receiver)))
}

/// An answer on its way through the plugins.
struct Passage {
    work: Work,
    stages: Stages,
    events: Events,
    /// Whether the client has the whole answer.
    is_stopped: bool,
    over: oneshot::Sender<Work>,
}

impl Passage {
    /// The next batch in which anything is left, or that came empty: a sign that the answer has begun.
    /// None at the end.
    async fn next(&mut self) -> Result<Option<Batch>, Failure> {
        while let Some(mut batch) = self.events.try_next().await? {
            if batch.is_empty() {
                return Ok(Some(batch));
            }
            self.work.note(&batch);
            for (place, stage) in &mut self.stages.events {
                if let Some((context, link)) = self.work.chain.at(*place).filter(|_| !batch.is_empty()) {
                    batch = stage.pass(context, link, batch).await?;
                }
            }
            for (place, stage) in &mut self.stages.texts {
                if let Some((context, link)) = self.work.chain.at(*place) {
                    batch = stage.pass(context, link, batch).await?;
                }
            }
            if !batch.is_empty() {
                self.is_stopped |= batch.iter().any(|event| matches!(event, Event::MessageStop(_)));
                return Ok(Some(batch));
            }
        }
        for (place, stage) in &self.stages.events {
            if let Some((_, link)) = self.work.chain.at(*place) {
                stage.end(link)?;
            }
        }
        Ok(None)
    }

    fn end_well(self) {
        let end = if self.is_stopped {
            End::Complete
        } else {
            End::Failed(Failure::new(Kind::BrokenStream, "the answer ended before it was complete"))
        };
        self.end(end);
    }

    /// Leaves the finish to whoever serves the answer, if that one is still there.
    fn end(mut self, end: End) {
        self.work.ended(end);
        // Sent back, it is dropped, and finishes by itself.
        let _ = self.over.send(self.work);
    }
}

#[cfg(test)]
#[path = "answer_tests.rs"]
mod tests;
