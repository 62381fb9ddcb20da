//! What a request costs: taken from its key and team before its model is called, settled when it is over.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::Estimate;
use super::hook::{End, Report};
use crate::capability::Prices;
use crate::chat::{Event, Usage};
use crate::error::{Failure, Kind};
use crate::ids::{KeyId, RequestId, TeamName};
use crate::metering::{
    Amounts, Budget, Charge, Exceeded, Limits, Metered, Meters, Money, Period, Place, Room, Row, Scope,
    Settlement, Standing, Taken, Taking, Tally, Unit,
};
use crate::unfinished;

/// Tokens of an answer, where neither the request nor the model sets a limit.
const USUAL_OUTPUT_TOKENS: u64 = 4096;

/// Bytes of English in a token, about.
const BYTES_A_TOKEN: u64 = 4;

/// A request that is over the limit on requests at a time may try again after this.
const PAUSE_OF_CLIENTS: Duration = Duration::from_secs(1);

/// The pauses before a settling that failed is tried again.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(200), Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(20)];

/// Who pays for a request.
#[derive(Clone)]
pub struct Payer {
    /// Where that is kept.
    pub meters: Arc<dyn Meters>,
    /// The key and its team, where they have limits.
    pub metered: Vec<Metered>,
    /// Whose usage it is.
    pub key: KeyId,
    /// The team of the key.
    pub team: Option<TeamName>,
    /// The request, which names its lease.
    pub request: RequestId,
    /// After how long it cannot still be running.
    pub lifetime: Duration,
    /// Told how the limits stand.
    pub rates: Rates,
}

impl fmt::Debug for Payer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payer")
            .field("key", &self.key)
            .field("metered", &self.metered)
            .finish_non_exhaustive()
    }
}

/// How the rates of a request's key and team stand, once that is known; of each the one with the least
/// room. Clones are the same thing.
#[derive(Debug, Clone, Default)]
pub struct Rates(Arc<Mutex<Standing>>);

impl Rates {
    /// As far as it is known.
    pub fn so_far(&self) -> Standing {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, standing: Standing) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.requests = tighter(known.requests, standing.requests);
        known.tokens = tighter(known.tokens, standing.tokens);
    }
}

fn tighter(one: Option<Room>, other: Option<Room>) -> Option<Room> {
    one.into_iter().chain(other).min_by_key(|room| (room.remaining, std::cmp::Reverse(room.reset)))
}

/// What one call of a model may use.
pub(super) struct Bill {
    payer: Payer,
    model: String,
    input_tokens: u64,
    prices: Option<Prices>,
    charge: Charge,
    taking: Option<JoinHandle<Result<Taken, Failure>>>,
    /// Bytes that the model has written.
    written: u64,
    answered: AnsweredBy,
}

/// Whose answer is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AnsweredBy {
    Model,
    /// It was paid for before.
    Cache,
}

impl Bill {
    /// Begins to take, on a task of its own: what is taken is known even if nobody waits for it.
    pub(super) fn open(payer: Payer, model: &str, estimate: Estimate) -> Self {
        let output_tokens = estimate.max_output_tokens.unwrap_or(USUAL_OUTPUT_TOKENS);
        let most = Usage { input_tokens: estimate.input_tokens, output_tokens, ..Usage::default() };
        let charge = Charge {
            lease: payer.request.clone(),
            at: Timestamp::now(),
            lifetime: payer.lifetime,
            amounts: amounts(&most, estimate.prices),
        };
        // A key without limits costs no write.
        let taking = (!payer.metered.is_empty()).then(|| {
            let (meters, from) = (Arc::clone(&payer.meters), payer.metered.clone());
            let taking = Taking { from, charge: charge.clone() };
            unfinished::spawn(async move { meters.take(&taking).await })
        });
        Self {
            payer,
            model: model.to_owned(),
            input_tokens: estimate.input_tokens,
            prices: estimate.prices,
            charge,
            taking,
            written: 0,
            answered: AnsweredBy::Model,
        }
    }

    /// As [`Bill::open`], for an answer that is kept: it is a request like any other and uses nothing else.
    pub(super) fn of_a_hit(mut payer: Payer, model: &str) -> Self {
        for metered in &mut payer.metered {
            metered.limits = Limits {
                requests_per_minute: metered.limits.requests_per_minute,
                concurrent_requests: metered.limits.concurrent_requests,
                ..Limits::default()
            };
        }
        payer.metered.retain(|metered| !metered.limits.is_empty());
        let nothing = Estimate { max_output_tokens: Some(0), ..Estimate::default() };
        Self { answered: AnsweredBy::Cache, ..Self::open(payer, model, nothing) }
    }

    /// Waits until it is taken; or says why it was not.
    pub(super) async fn taken(&mut self) -> Result<(), Failure> {
        let Some(taking) = &mut self.taking else { return Ok(()) };
        let taken = taking.await;
        self.taking = None;
        match taken.unwrap_or_else(|fault| Err(unavailable().with_internal(fault.to_string()))) {
            Ok(Taken::Granted(standings)) => {
                for standing in standings {
                    self.payer.rates.note(standing);
                }
                Ok(())
            }
            Ok(Taken::Refused { scope, exceeded }) => {
                self.payer.rates.note(self.refused(&scope, exceeded));
                Err(refusal(&scope, exceeded))
            }
            Err(failure) => Err(match failure.retry_after {
                None => failure.with_retry_after(PAUSE_OF_CLIENTS),
                Some(_) => failure,
            }),
        }
    }

    /// Notes what the model says.
    pub(super) fn note(&mut self, batch: &[Event]) {
        let bytes = batch.iter().map(|event| match event {
            Event::Delta(delta) => delta.text.len(),
            Event::RedactedReasoning { data, .. } => data.len(),
            _ => 0,
        });
        self.written = self.written.saturating_add(u64::try_from(bytes.sum::<usize>()).unwrap_or(u64::MAX));
    }

    /// Puts what was used in the place of what was taken. Comes back when that is done, or has failed: then
    /// it is tried again a few times while nobody waits.
    pub(super) async fn settle(mut self, report: &Report) {
        let mut tally = self.tally(report);
        if let Some(taking) = self.taking.take() {
            // The client left in the meantime: no model was called.
            match taking.await {
                Ok(Ok(Taken::Granted(_))) => tally = Tally { requests: 1, ..Tally::default() },
                _ => return,
            }
        }
        let tokens =
            tally.input_tokens + tally.output_tokens + tally.cache_read_tokens + tally.cache_write_tokens;
        let Payer { meters, metered, key, team, .. } = self.payer;
        let day = self.charge.at.to_zoned(TimeZone::UTC).date();
        let settlement = Settlement {
            from: metered,
            charge: self.charge,
            used: Amounts { money: Money::from_nanodollars(tally.cost_nanodollars), tokens },
            usage: Row { place: Place { day, key, team, model: self.model }, tally },
        };
        if let Err(failure) = meters.settle(&settlement).await {
            tracing::warn!(request = settlement.charge.lease.as_str(), %failure, "a request is not settled yet");
            unfinished::spawn(settle_later(meters, settlement));
        }
    }

    fn tally(&self, report: &Report) -> Tally {
        let failed = matches!(report.end, End::Failed(_));
        let errors = u64::from(failed);
        if self.answered == AnsweredBy::Cache {
            return Tally { requests: 1, errors, cache_hits: 1, ..Tally::default() };
        }
        let (usage, estimated) = match (report.usage, report.first_event) {
            (Some(usage), _) => (usage, 0),
            // It failed before it said anything.
            (None, None) if failed => (Usage::default(), 0),
            // Nobody was there when Bedrock would have said it.
            (None, _) => (self.guessed(), 1),
        };
        Tally {
            requests: 1,
            errors,
            cache_hits: 0,
            estimated,
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cache_read_tokens: usage.cache_read_tokens,
            cache_write_tokens: usage.cache_write_tokens,
            cost_nanodollars: amounts(&usage, self.prices).money.nanodollars(),
        }
    }

    fn guessed(&self) -> Usage {
        let output_tokens = self.written.div_ceil(BYTES_A_TOKEN);
        Usage { input_tokens: self.input_tokens, output_tokens, ..Usage::default() }
    }

    /// What is known of the rate that is in the way.
    fn refused(&self, scope: &Scope, exceeded: Exceeded) -> Standing {
        let metered = self.payer.metered.iter().find(|metered| metered.scope == *scope);
        let room = |limit: Option<std::num::NonZeroU32>, reset| {
            limit.map(|limit| Room { limit: limit.get(), remaining: 0, reset })
        };
        match (exceeded, metered.map(|metered| &metered.limits)) {
            (Exceeded::RequestsPerMinute(wait), Some(limits)) => {
                Standing { requests: room(limits.requests_per_minute, wait), tokens: None }
            }
            (Exceeded::TokensPerMinute(wait), Some(limits)) => {
                Standing { requests: None, tokens: room(limits.tokens_per_minute, wait) }
            }
            _ => Standing::default(),
        }
    }
}

async fn settle_later(meters: Arc<dyn Meters>, settlement: Settlement) {
    let request = settlement.charge.lease.as_str();
    for pause in PAUSES {
        sleep(pause).await;
        match meters.settle(&settlement).await {
            Ok(()) => return,
            Err(failure) => tracing::debug!(request, %failure, "a request is not settled yet"),
        }
    }
    let tokens = settlement.used.tokens;
    tracing::error!(
        request,
        tokens,
        "a request is not settled: what it took is given back when its lease is over"
    );
}

/// What tokens are, and what they cost. Where a price is not known, they cost nothing; what comes from the
/// prompt cache or goes there counts as any other token if it has no price of its own.
fn amounts(usage: &Usage, prices: Option<Prices>) -> Amounts {
    let picodollars = prices.map_or(0, |prices| {
        let cache_read = prices.cache_read.unwrap_or(prices.input);
        let cache_write = prices.cache_write.unwrap_or(prices.input);
        [
            prices.input.of(usage.input_tokens),
            prices.output.of(usage.output_tokens),
            cache_read.of(usage.cache_read_tokens),
            cache_write.of(usage.cache_write_tokens),
        ]
        .into_iter()
        .fold(0, u64::saturating_add)
    });
    Amounts { money: Money::from_picodollars(picodollars), tokens: usage.total_tokens() }
}

fn unavailable() -> Failure {
    Failure::new(Kind::StoreUnavailable, "the limits of the API key cannot be looked at at the moment")
}

fn refusal(scope: &Scope, exceeded: Exceeded) -> Failure {
    let whose = match scope {
        Scope::Key(_) => "your API key".to_owned(),
        Scope::Team(name) => format!("the team `{name}` of your API key"),
    };
    match exceeded {
        Exceeded::Budget(budget, left) => {
            let message = format!("{whose} has used up its {}; ask the operator for more", wording(budget));
            Failure::new(Kind::QuotaExceeded, message).with_retry_after(left)
        }
        Exceeded::RequestsPerMinute(wait) => {
            limited(&format!("{whose} has made all the requests that it may make in a minute"), wait)
        }
        Exceeded::TokensPerMinute(wait) => {
            limited(&format!("{whose} has used all the tokens that it may use in a minute"), wait)
        }
        Exceeded::ConcurrentRequests => {
            limited(&format!("{whose} has as many requests at a time as it may have"), PAUSE_OF_CLIENTS)
        }
    }
}

fn limited(message: &str, wait: Duration) -> Failure {
    Failure::new(Kind::RateLimited, format!("{message}; try again later")).with_retry_after(wait)
}

fn wording(budget: Budget) -> &'static str {
    match (budget.unit, budget.period) {
        (Unit::Money, Period::Day) => "money for today, until midnight UTC",
        (Unit::Money, Period::Month) => "money for this month",
        (Unit::Tokens, Period::Day) => "tokens for today, until midnight UTC",
        (Unit::Tokens, Period::Month) => "tokens for this month",
    }
}

#[cfg(test)]
#[path = "bill_tests.rs"]
mod tests;
