//! When what of a request happened.

use std::time::Duration;

use tokio::time::Instant;

use super::Observation;

/// A part of a request's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The key is looked up.
    Auth,
    /// The client sends the body.
    Body,
    /// The plugins see the request.
    Plugins,
    /// The model is called and answers.
    Upstream,
}

const STAGES: usize = 4;

/// From when to when, since the arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Passage {
    pub(super) from: Duration,
    /// None: it was not over when the request was.
    pub(super) to: Option<Duration>,
}

/// When the stages of one request began and ended.
#[derive(Debug)]
pub(super) struct Moments {
    arrived: Instant,
    stages: [Option<Passage>; STAGES],
    first_event: Option<Duration>,
}

impl Moments {
    /// The request arrives now.
    pub(super) fn begin() -> Self {
        Self { arrived: Instant::now(), stages: [None; STAGES], first_event: None }
    }

    /// A stage begins, for the first time.
    pub(super) fn enter(&mut self, stage: Stage) {
        let from = self.arrived.elapsed();
        if let Some(passage) = self.stages.get_mut(stage as usize) {
            passage.get_or_insert(Passage { from, to: None });
        }
    }

    /// A stage ends.
    pub(super) fn leave(&mut self, stage: Stage) {
        let to = self.arrived.elapsed();
        if let Some(Some(passage)) = self.stages.get_mut(stage as usize) {
            passage.to = Some(to);
        }
    }

    /// The model said its first word so long after the arrival.
    pub(super) fn first_event(&mut self, after: Duration) {
        self.first_event = Some(after);
    }

    /// When a stage was, if it was at all.
    pub(super) fn of(&self, stage: Stage) -> Option<Passage> {
        self.stages.get(stage as usize).copied().flatten()
    }

    /// Since the arrival.
    pub(super) fn elapsed(&self) -> Duration {
        self.arrived.elapsed()
    }

    /// From the arrival to the model's first word.
    pub(super) fn to_first_event(&self) -> Option<Duration> {
        self.first_event
    }

    /// From the model's call to its first word.
    pub(super) fn of_model(&self) -> Option<Duration> {
        Some(self.first_event?.saturating_sub(self.of(Stage::Upstream)?.from))
    }

    /// What the host itself took of the time before the model's call: all but the client's sending and the
    /// plugins.
    pub(super) fn of_host(&self) -> Option<Duration> {
        let called = self.of(Stage::Upstream)?.from;
        let others = [Stage::Body, Stage::Plugins].into_iter().filter_map(|stage| {
            let passage = self.of(stage)?;
            Some(passage.to.unwrap_or(called).saturating_sub(passage.from))
        });
        Some(called.saturating_sub(others.sum()))
    }
}

/// A stage that lasts as long as this value.
#[must_use]
pub struct Timer {
    pub(super) observation: Observation,
    pub(super) stage: Stage,
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.observation.leave(self.stage);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_the_host_takes_is_what_nobody_else_takes() {
        let mut moments = Moments::begin();
        let pass = |ms| tokio::time::advance(Duration::from_millis(ms));
        pass(1).await;
        assert_eq!(moments.of_host(), None, "no model was called");
        for (stage, ms) in [(Stage::Auth, 2), (Stage::Body, 500), (Stage::Plugins, 40)] {
            moments.enter(stage);
            pass(ms).await;
            moments.leave(stage);
        }
        pass(4).await;
        moments.enter(Stage::Upstream);
        pass(300).await;
        moments.first_event(moments.elapsed());
        pass(1000).await;
        assert_eq!(moments.of_host(), Some(Duration::from_millis(7)));
        assert_eq!(moments.of_model(), Some(Duration::from_millis(300)));
        assert_eq!(moments.to_first_event(), Some(Duration::from_millis(847)));
        assert_eq!(moments.elapsed(), Duration::from_millis(1847));
        assert_eq!(moments.of(Stage::Upstream).map(|passage| passage.to), Some(None));
    }
}
