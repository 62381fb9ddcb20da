#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]
use std::sync::Mutex;

use Kind::{
    BrokenStream, Denied, InvalidRequest, ModelError, ModelNotFound, ModelNotReady, ModelTimeout, Throttled,
    Unreachable, UnreadableAnswer, UpstreamInternal, UpstreamUnavailable,
};
use tokio::time::Instant;

use super::*;

fn failure(kind: Kind) -> Failure {
    Failure::new(kind, "why")
}

/// What happens to a call whose attempts fail like this: the regions that are asked with the pauses
/// before (in ms, the longest that there could be), and what is told.
fn course(regions: usize, rounds: u32, kinds: &[Kind]) -> (Vec<(usize, u128)>, Option<Kind>) {
    let mut attempts = Attempts::new(rounds.try_into().unwrap(), regions);
    let mut tried = vec![(0, 0)];
    for kind in kinds {
        match attempts.after(failure(*kind), None, 1.0) {
            Next::Try { region, pause } => tried.push((region, pause.as_millis())),
            Next::End(failure) => return (tried, Some(failure.kind)),
        }
    }
    (tried, None)
}

#[test]
fn decides_by_the_kind_of_failure() {
    /// Regions, rounds, and what comes of attempts that fail like this.
    type Case<'a> = (usize, u32, &'a [Kind], &'a [(usize, u128)], Option<Kind>);
    let table: &[Case<'_>] = &[
        // One region.
        (1, 3, &[Throttled], &[(0, 0), (0, 500)], None),
        (1, 3, &[UpstreamInternal, BrokenStream], &[(0, 0), (0, 500), (0, 1000)], None),
        (
            1,
            3,
            &[Throttled, Unreachable, UpstreamUnavailable],
            &[(0, 0), (0, 500), (0, 1000)],
            Some(UpstreamUnavailable),
        ),
        (1, 1, &[Throttled], &[(0, 0)], Some(Throttled)),
        (1, 3, &[ModelTimeout], &[(0, 0)], Some(ModelTimeout)),
        (1, 3, &[InvalidRequest], &[(0, 0)], Some(InvalidRequest)),
        (1, 3, &[ModelError], &[(0, 0)], Some(ModelError)),
        (1, 3, &[UnreadableAnswer], &[(0, 0)], Some(UnreadableAnswer)),
        (1, 3, &[Throttled, Denied], &[(0, 0), (0, 500)], Some(Denied)),
        // Two: at once to the other one, with a pause back home.
        (2, 3, &[Throttled], &[(0, 0), (1, 0)], None),
        (2, 3, &[ModelNotReady, Unreachable], &[(0, 0), (1, 0), (0, 500)], None),
        (2, 1, &[UpstreamUnavailable, Throttled], &[(0, 0), (1, 0)], Some(UpstreamUnavailable)),
        (
            2,
            2,
            &[Throttled, Throttled, Unreachable, Throttled],
            &[(0, 0), (1, 0), (0, 500), (1, 0)],
            Some(Unreachable),
        ),
        // What another region may do no better stays at home.
        (2, 3, &[UpstreamInternal], &[(0, 0), (0, 500)], None),
        (2, 3, &[ModelTimeout], &[(0, 0)], Some(ModelTimeout)),
        // A region that refuses for good is not asked again, and does not hide the throttle at home.
        (2, 2, &[Throttled, ModelNotFound, Throttled], &[(0, 0), (1, 0), (0, 500)], Some(Throttled)),
        (3, 1, &[Throttled, Denied, Unreachable], &[(0, 0), (1, 0), (2, 0)], Some(Throttled)),
        (
            3,
            2,
            &[Throttled, Denied, Unreachable, Throttled],
            &[(0, 0), (1, 0), (2, 0), (0, 500), (2, 0)],
            None,
        ),
    ];
    for (regions, rounds, kinds, tried, told) in table {
        assert_eq!(course(*regions, *rounds, kinds), (tried.to_vec(), *told), "{regions} {rounds} {kinds:?}");
    }
}

#[test]
fn pauses_grow_and_are_drawn_between_nothing_and_the_most() {
    let mut attempts = Attempts::new(NonZeroU32::new(9).unwrap(), 1);
    let pauses: Vec<_> = [1.0, 0.5, 0.0, 1.0, 1.0, 1.0, 1.0, 1.0]
        .into_iter()
        .map(|random| match attempts.after(failure(Throttled), None, random) {
            Next::Try { pause, .. } => pause.as_millis(),
            Next::End(_) => panic!("there are rounds left"),
        })
        .collect();
    assert_eq!(pauses, [500, 500, 0, 4000, 8000, 16_000, 20_000, 20_000]);
    assert!((0..100).all(|_| (0.0..=1.0).contains(&random())));
    assert!(random().to_bits() != random().to_bits() || random().to_bits() != random().to_bits());
}

#[test]
fn a_pause_that_is_asked_for_is_kept_if_it_fits() {
    let after = |asked: u64, left: Option<u64>| {
        let throttle = failure(Throttled).with_retry_after(Duration::from_secs(asked));
        let left = left.map(Duration::from_secs);
        match Attempts::new(NonZeroU32::new(3).unwrap(), 1).after(throttle, left, 0.5) {
            Next::Try { pause, .. } => Ok(pause.as_millis()),
            Next::End(failure) => Err(failure.retry_after.unwrap().as_secs()),
        }
    };
    assert_eq!(after(7, None), Ok(7250));
    assert_eq!(after(7, Some(8)), Ok(7250));
    assert_eq!(after(7, Some(7)), Err(7), "told at once, with the pause");
    assert_eq!(after(20, None), Ok(20_250));
    assert_eq!(after(21, None), Err(21), "nobody is kept waiting that long");
}

/// Answers from memory, and when they were asked for in ms.
struct Script {
    begun: Instant,
    outcomes: Mutex<Vec<Result<(), Failure>>>,
    asked: Mutex<Vec<(char, u128)>>,
}

impl Script {
    fn new(outcomes: impl IntoIterator<Item = Result<(), Failure>>) -> Self {
        let mut outcomes: Vec<_> = outcomes.into_iter().collect();
        outcomes.reverse();
        Self { begun: Instant::now(), outcomes: Mutex::new(outcomes), asked: Mutex::default() }
    }

    async fn run(&self, regions: &[char], deadline: Deadline) -> Result<(char, ()), Failure> {
        let retries = Retries { max_attempts: NonZeroU32::new(3).unwrap(), random: || 0.5 };
        let attempt = async |region| {
            self.asked.lock().unwrap().push((region, self.begun.elapsed().as_millis()));
            let outcome = self.outcomes.lock().unwrap().pop();
            match outcome {
                Some(outcome) => outcome,
                None => std::future::pending().await,
            }
        };
        retries.run(regions, deadline, attempt).await
    }

    fn asked(&self) -> Vec<(char, u128)> {
        self.asked.lock().unwrap().clone()
    }
}

#[tokio::test(start_paused = true)]
async fn goes_on_until_one_answers() {
    let script = Script::new([Err(failure(Throttled)), Err(failure(Unreachable)), Ok(())]);
    assert_eq!(script.run(&['a', 'b'], Deadline::Never).await, Ok(('a', ())));
    assert_eq!(script.asked(), [('a', 0), ('b', 0), ('a', 250)]);
}

#[tokio::test(start_paused = true)]
async fn a_throttle_is_told_with_a_time_to_come_back() {
    let script = Script::new([(); 3].map(|()| Err(failure(Throttled))));
    let told = script.run(&['a'], Deadline::Never).await.unwrap_err();
    assert_eq!(told.retry_after, Some(Duration::from_secs(1)));
    assert_eq!(script.asked(), [('a', 0), ('a', 250), ('a', 750)]);
}

#[tokio::test(start_paused = true)]
async fn never_waits_past_the_deadline() {
    let script = Script::new([(); 3].map(|()| Err(failure(Throttled))));
    let told = script.run(&['a'], Deadline::after(Duration::from_millis(700))).await.unwrap_err();
    assert_eq!(told.kind, Throttled);
    assert_eq!(script.begun.elapsed().as_millis(), 250, "told at once, not when the time is over");

    let script = Script::new([]);
    let told = script.run(&['a'], Deadline::after(Duration::from_millis(700))).await.unwrap_err();
    assert_eq!((told.kind, script.begun.elapsed().as_millis()), (ModelTimeout, 700));
}
