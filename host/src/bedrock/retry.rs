//! What comes after an attempt that failed: the one place that decides it. The SDK repeats nothing.

use std::num::NonZeroU32;
use std::time::Duration;

use tokio::time::{sleep, timeout_at};

use crate::error::{Failure, Kind, Origin};
use crate::pipeline::Deadline;

use super::error;

/// The pause before the second round is below this, and below twice as much before each next one.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// No pause is longer, and a region that asks for a longer one is not waited for: the client can do
/// that as well, and better knows whether it wants to.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// A throttled call may be repeated after this, if Bedrock says nothing else.
const PAUSE_OF_CLIENTS: Duration = Duration::from_secs(1);

/// How calls are repeated.
#[derive(Debug, Clone, Copy)]
pub(super) struct Retries {
    /// How often each region is asked, the first time included.
    pub(super) max_attempts: NonZeroU32,
    /// A number from 0 to 1, another one each time.
    pub(super) random: fn() -> f64,
}

impl Retries {
    /// Attempts a call in one region after the other until one has begun to answer, and says which.
    /// What is told of failures is what the first region said last. Nothing goes on past the
    /// deadline. Dropping the future ends the attempt that runs.
    pub(super) async fn run<R: Clone, T, F>(
        &self,
        regions: &[R],
        deadline: Deadline,
        attempt: impl Fn(R) -> F,
    ) -> Result<(R, T), Failure>
    where
        F: Future<Output = Result<T, Failure>>,
    {
        let attempts = async {
            let mut attempts = Attempts::new(self.max_attempts, regions.len());
            let mut current = 0;
            loop {
                let Some(region) = regions.get(current).cloned() else { return Err(error::nowhere()) };
                let failure = match attempt(region.clone()).await {
                    Ok(answer) => return Ok((region, answer)),
                    Err(failure) => failure,
                };
                let (kind, reason) = (failure.kind, reason(&failure));
                match attempts.after(failure, deadline.left(), (self.random)()) {
                    Next::Try { region, pause } => {
                        tracing::info!(?kind, reason, ?pause, "a call is repeated");
                        if !pause.is_zero() {
                            sleep(pause).await;
                        }
                        current = region;
                    }
                    Next::End(failure) => return Err(for_client(failure)),
                }
            }
        };
        match deadline {
            Deadline::Never => attempts.await,
            Deadline::At { end, .. } => {
                timeout_at(end, attempts).await.unwrap_or_else(|_| Err(error::late()))
            }
        }
    }
}

/// What comes next.
#[derive(Debug, PartialEq)]
enum Next {
    /// The region at this place, after a pause.
    Try { region: usize, pause: Duration },
    /// Nothing: this is told.
    End(Failure),
}

/// The attempts of one call. A round asks each region once, and goes on to the next one at once.
/// There is a pause between rounds.
#[derive(Debug)]
struct Attempts {
    rounds_left: u32,
    /// Below this the next pause is chosen.
    pause: Duration,
    /// The places of the regions that are asked in each round.
    open: Vec<usize>,
    /// Which of them was asked.
    current: usize,
    /// The longest pause that a region has asked for in this round.
    asked: Duration,
    /// What the first region said last.
    told: Option<Failure>,
}

/// What a failure means for the attempts to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reaction {
    /// Another region may do better.
    Move,
    /// The same region may do better after a pause; the prompt cache is there.
    Stay,
    /// It would fail again.
    End,
}

impl Reaction {
    fn to(kind: Kind) -> Self {
        match kind {
            Kind::Throttled | Kind::UpstreamUnavailable | Kind::ModelNotReady | Kind::Unreachable => {
                Self::Move
            }
            Kind::UpstreamInternal | Kind::BrokenStream => Self::Stay,
            // A model that took too long has used up the client's patience. It was paid for, and so was
            // a whole answer that cannot be read.
            _ => Self::End,
        }
    }
}

impl Attempts {
    fn new(max_rounds: NonZeroU32, regions: usize) -> Self {
        Self {
            rounds_left: max_rounds.get(),
            pause: FIRST_PAUSE,
            open: (0..regions).collect(),
            current: 0,
            asked: Duration::ZERO,
            told: None,
        }
    }

    /// What comes after a failure, with so much time left (none: without end) and a random number
    /// from 0 to 1.
    fn after(&mut self, failure: Failure, left: Option<Duration>, random: f64) -> Next {
        let first = self.current == 0;
        let reaction = Reaction::to(failure.kind);
        self.asked = self.asked.max(failure.retry_after.unwrap_or_default());
        match reaction {
            Reaction::End if first => return Next::End(failure),
            // Such as a model that is not there: no reason to hide that the first one throttles.
            Reaction::End => drop(self.open.remove(self.current)),
            Reaction::Move => self.current += 1,
            Reaction::Stay => self.current = self.open.len(),
        }
        let told = if first { failure } else { self.told.take().unwrap_or(failure) };
        if let Some(region) = self.open.get(self.current) {
            self.told = Some(told);
            return Next::Try { region: *region, pause: Duration::ZERO };
        }
        // Full jitter: clients that were throttled together do not come back together.
        let pause = self.asked + self.pause.mul_f64(random.clamp(0.0, 1.0));
        self.rounds_left -= 1;
        if self.rounds_left == 0 || self.asked > LONGEST_PAUSE || left.is_some_and(|left| pause >= left) {
            return Next::End(told);
        }
        self.told = Some(told);
        self.asked = Duration::ZERO;
        self.pause = LONGEST_PAUSE.min(self.pause * 2);
        self.current = 0;
        Next::Try { region: self.open.first().copied().unwrap_or_default(), pause }
    }
}

/// What the log says of an attempt that failed. What is wrong with a request may quote it.
fn reason(failure: &Failure) -> Option<String> {
    match failure.kind.origin() {
        Origin::Client => None,
        Origin::Plugin | Origin::Upstream | Origin::Host => failure.internal.clone(),
    }
}

/// A client is always told when to come back after a throttle.
fn for_client(failure: Failure) -> Failure {
    match (failure.kind, failure.retry_after) {
        (Kind::Throttled | Kind::ModelNotReady, None) => failure.with_retry_after(PAUSE_OF_CLIENTS),
        _ => failure,
    }
}

/// A random number from 0 to 1.
pub(super) fn random() -> f64 {
    let mut bytes = [0; 4];
    // Without randomness pauses are as short as can be, which is a pity and nothing worse.
    let _ = getrandom::fill(&mut bytes);
    f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests;
