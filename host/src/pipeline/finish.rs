//! The end of a request: its bill is settled, and the finish hooks are called once, however it ends.

use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::bill::Bill;
use super::cache::Keeper;
use super::chain::Chain;
use super::hook::{End, Report};
use super::{Deadline, Estimate, Events, Hook, Terms};
use crate::chat::{Event, StopReason, Usage};
use crate::error::{Failure, Kind};
use crate::unfinished;

/// A request at work: its plugins, and what their finish hooks are to be told.
///
/// Dropped before its end, as when the client goes away, it finishes on a task of its own.
pub(super) struct Work {
    pub(super) chain: Chain,
    asked_model: String,
    model: Option<String>,
    deadline: Deadline,
    arrived: Instant,
    first_event: Option<Duration>,
    stop: Option<StopReason>,
    usage: Option<Usage>,
    end: Option<End>,
    /// What it may use, from the moment when it is taken.
    bill: Option<Bill>,
    /// Keeps the answer, once it is complete.
    keeper: Option<Keeper>,
}

impl Work {
    /// Begins with a request for a model.
    pub(super) fn new(chain: Chain, asked_model: &str, deadline: Deadline) -> Self {
        Self {
            chain,
            asked_model: asked_model.to_owned(),
            model: None,
            deadline,
            arrived: deadline.arrived(),
            first_event: None,
            stop: None,
            usage: None,
            end: None,
            bill: None,
            keeper: None,
        }
    }

    /// Takes what the call of a model may use from who pays for it.
    pub(super) async fn reserve(
        &mut self,
        terms: &Terms,
        model: &str,
        estimate: Estimate,
    ) -> Result<(), Failure> {
        let Some(payer) = &terms.payer else { return Ok(()) };
        self.take_for(Bill::open(payer.clone(), model, estimate)).await
    }

    /// Takes what an answer of the response cache may use.
    pub(super) async fn reserve_hit(&mut self, terms: &Terms, model: &str) -> Result<(), Failure> {
        let Some(payer) = &terms.payer else { return Ok(()) };
        self.take_for(Bill::of_a_hit(payer.clone(), model)).await
    }

    async fn take_for(&mut self, bill: Bill) -> Result<(), Failure> {
        // From here on it is settled, even if the client goes away while it is taken.
        let taken = self.bill.insert(bill).taken().await;
        if taken.is_err() {
            self.bill = None;
        }
        taken
    }

    /// The model's answer, which is kept when the request is over, if it was complete then.
    pub(super) fn keeps(&mut self, keeper: Keeper, events: Events) -> Events {
        self.keeper.insert(keeper).listen(events)
    }

    /// Whether there is anything to do when the last of the answer was handed out.
    pub(super) fn has_an_end(&self) -> bool {
        self.bill.is_some() || self.keeper.is_some() || self.chain.has_any(&[Hook::Finish])
    }

    /// A model is called.
    pub(super) fn calls(&mut self, model: &str) {
        self.model = Some(model.to_owned());
    }

    /// Notes what the model itself says; what a plugin says in its place is not the model's.
    pub(super) fn note(&mut self, batch: &[Event]) {
        if self.model.is_none() {
            return;
        }
        self.first_event.get_or_insert_with(|| self.arrived.elapsed());
        if let Some(bill) = &mut self.bill {
            bill.note(batch);
        }
        for event in batch {
            match event {
                Event::MessageStop(reason) => self.stop = Some(reason.clone()),
                Event::Usage(usage) => self.usage = Some(*usage),
                _ => {}
            }
        }
    }

    /// Notes what a call has cost that has no events.
    pub(super) fn cost(&mut self, usage: Usage) {
        self.usage = Some(usage);
    }

    /// Notes how the request ended.
    pub(super) fn ended(&mut self, end: End) {
        self.end = Some(end);
    }

    /// The request is over: settles its bill and calls the finish hooks, and comes back when that is done.
    pub(super) async fn finish(mut self, end: End) {
        self.ended(end);
        if let Some(task) = self.begin_to_finish() {
            // The task has logged what there was to log.
            let _ = task.await;
        }
    }

    /// Settles and calls the finish hooks on a task of its own, so that nobody who leaves can stop that
    /// half-way.
    fn begin_to_finish(&mut self) -> Option<JoinHandle<()>> {
        self.chain.keep(&[Hook::Finish]);
        if !self.has_an_end() {
            return None;
        }
        Handle::try_current().ok()?;
        let (bill, keeper) = (self.bill.take(), self.keeper.take());
        let (chain, report) = (self.chain.take(), self.report());
        Some(unfinished::spawn(async move {
            let settle = async {
                if let Some(bill) = bill {
                    bill.settle(&report).await;
                }
            };
            let keep = async {
                if let Some(keeper) = keeper {
                    keeper.keep().await;
                }
            };
            futures::join!(settle, keep);
            run(chain, report).await;
        }))
    }

    fn report(&mut self) -> Report {
        let end = self.end.take().unwrap_or_else(|| match self.deadline.left() {
            // Nobody went away: the time was over.
            Some(Duration::ZERO) => {
                End::Failed(Failure::new(Kind::ModelTimeout, "the request took too long as a whole"))
            }
            _ => End::Cancelled,
        });
        Report {
            asked_model: std::mem::take(&mut self.asked_model),
            model: self.model.take(),
            end,
            stop: self.stop.take(),
            usage: self.usage,
            first_event: self.first_event,
            total: self.arrived.elapsed(),
        }
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        drop(self.begin_to_finish());
    }
}

/// Calls the hooks, in order. One that fails harms nobody any more.
async fn run(mut chain: Chain, report: Report) {
    for (context, link) in chain.with_hook(Hook::Finish) {
        let done = match link.session(context).await {
            Ok(Some(session)) => {
                let begun = Instant::now().into_std();
                let done = session.on_finish(&report).await;
                link.answered(Hook::Finish, begun, done)
            }
            Ok(None) => Ok(None),
            Err(failure) => Err(failure),
        };
        if let Err(failure) = done {
            let (plugin, request) = (link.name().as_str(), context.request.as_str());
            let reason = failure.reason();
            tracing::warn!(plugin, request, reason, "a finish hook failed");
        }
    }
}

/// What is left to do when the last of an answer was handed out.
#[derive(Default)]
pub struct Finish(Option<oneshot::Receiver<Work>>);

impl Finish {
    pub(super) fn of(work: oneshot::Receiver<Work>) -> Self {
        Self(Some(work))
    }

    /// Settles the bill and calls the finish hooks, and comes back when that is done. To be called when the events are
    /// at their end, or dropped; what is dropped instead finishes by itself.
    pub async fn run(self) {
        let Some(work) = self.0 else { return };
        // An error is an answer that was dropped before its end.
        if let Ok(mut work) = work.await
            && let Some(task) = work.begin_to_finish()
        {
            let _ = task.await;
        }
    }
}

#[cfg(test)]
#[path = "finish_tests.rs"]
mod tests;
