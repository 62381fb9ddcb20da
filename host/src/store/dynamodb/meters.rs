//! Meters: an item for each scope, changed by conditional updates alone.
//!
//! What several scopes have to give is taken from one after the other, and given back if a later one refuses.
//! A transaction would do it at once, but costs twice as much, and the item of a busy team is written by so
//! many that transactions would cancel each other.

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::StoreError;
use super::Dynamo;
use super::contention::{ATTEMPTS, pause};
use super::give::Giving;
use super::meter_item;
use super::place::Place;
use super::table::{Outcome, Reading};
use super::take::taking;
use crate::error::Failure;
use crate::metering::{
    Amounts, Charge, Exceeded, Lease, Meter, Metered, Meters, Rate, Row, Scope, Settlement, Span, Standing,
    Taken, Taking,
};

/// How many stale leases are given back by one update: expressions end at 4 KB.
const SWEPT_AT_ONCE: usize = 20;

/// What came of taking from one scope.
enum Given {
    /// It was taken.
    Now(Standing),
    /// This request had taken it before.
    Before(Standing),
    Refused(Exceeded, Standing),
}

#[async_trait]
impl Meters for Dynamo {
    async fn take(&self, taking: &Taking) -> Result<Taken, Failure> {
        let (mut standings, mut given) = (Vec::new(), Vec::new());
        for metered in &taking.from {
            match self.take_from(metered, &taking.charge).await {
                Ok(Given::Now(standing)) => {
                    standings.push(standing);
                    given.push(metered);
                }
                Ok(Given::Before(standing)) => standings.push(standing),
                Ok(Given::Refused(exceeded, standing)) => {
                    self.take_back(&given, &taking.charge).await;
                    return Ok(Taken::Refused { scope: metered.scope.clone(), exceeded, standing });
                }
                Err(error) => {
                    // It may have been taken and only the answer be missing: a lease would tell.
                    given.extend(Some(metered).filter(|metered| metered.limits.need_settling()));
                    self.take_back(&given, &taking.charge).await;
                    return Err(error.into());
                }
            }
        }
        Ok(Taken::Granted(standings))
    }

    async fn settle(&self, settlement: &Settlement) -> Result<(), Failure> {
        let Settlement { from, charge, used, usage } = settlement;
        for metered in from.iter().filter(|metered| metered.limits.need_settling()) {
            self.end_lease(metered, charge, *used, 0).await?;
        }
        Ok(self.note_usage(usage, charge).await?)
    }

    async fn meter(&self, scope: &Scope, now: Timestamp) -> Result<Meter, Failure> {
        let item = self.main.get(&Place::meter(scope), Reading::Consistent).await?;
        let mut meter = item.as_ref().map(meter_item::read).transpose()?.unwrap_or_default();
        meter.sweep(now);
        Ok(meter)
    }

    async fn usage(&self, span: &Span) -> Result<Vec<Row>, Failure> {
        Ok(self.usage_in(span).await?)
    }
}

impl Dynamo {
    async fn take_from(&self, metered: &Metered, charge: &Charge) -> Result<Given, StoreError> {
        let Metered { scope, limits } = metered;
        let place = Place::meter(scope);
        for attempt in 0..ATTEMPTS {
            let update = taking(limits, charge, &self.sights.of(scope));
            if update.is_idle() && limits.is_empty() {
                return Ok(Given::Now(Standing::default()));
            }
            match self.main.update(&place, update).await? {
                Outcome::Done(item) => {
                    let meter = meter_item::read(&item)?;
                    let standing = meter.standing(limits, charge.at);
                    self.sights.note(scope, &meter, charge.at);
                    self.sweep_in_passing(scope, meter, charge.at).await;
                    return Ok(Given::Now(standing));
                }
                Outcome::Refused(item) => {
                    let meter = meter_item::read(&item)?;
                    self.sights.note(scope, &meter, charge.at);
                    let mut model = meter.clone();
                    model.sweep(charge.at);
                    let before = model.leases.contains_key(charge.lease.as_str());
                    match model.take(limits, charge) {
                        Ok(standing) if before => {
                            self.sweep_in_passing(scope, meter, charge.at).await;
                            return Ok(Given::Before(standing));
                        }
                        Ok(_) => self.sweep(scope, meter, charge.at).await?,
                        Err(exceeded) => {
                            self.sweep_in_passing(scope, meter, charge.at).await;
                            return Ok(Given::Refused(exceeded, model.standing(limits, charge.at)));
                        }
                    }
                    // The first time, what was seen before was wrong. Later, others were quicker.
                    if attempt > 0 {
                        pause(attempt).await;
                    }
                }
            }
        }
        Err(StoreError::Contended)
    }

    /// As if it had never been taken. What cannot be given back now is given back when the lease is over.
    async fn take_back(&self, given: &[&Metered], charge: &Charge) {
        for metered in given {
            let requests = metered.limits.requests_per_minute.map_or(0, |rate| -Rate(rate).cost(1));
            let done = if metered.limits.need_settling() {
                self.end_lease(metered, charge, Amounts::default(), requests).await
            } else {
                let giving = Giving { requests, ..Giving::default() };
                self.main.update(&Place::meter(&metered.scope), giving.update(None)).await.map(drop)
            };
            if let Err(error) = done {
                tracing::warn!(%error, "what a refused request had taken is given back later");
            }
        }
    }

    /// Ends a lease with what was really used. Does nothing if it is over.
    async fn end_lease(
        &self,
        metered: &Metered,
        charge: &Charge,
        used: Amounts,
        requests: i64,
    ) -> Result<(), StoreError> {
        let Metered { scope, limits } = metered;
        let id = charge.lease.as_str();
        let tokens = limits
            .tokens_per_minute
            .map_or(0, |rate| Rate(rate).cost(used.tokens) - Rate(rate).cost(charge.amounts.tokens));
        let mut seen: Option<Meter> = None;
        for attempt in 0..ATTEMPTS {
            let lease = match &seen {
                None => Lease::from(charge),
                Some(meter) => match meter.leases.get(id) {
                    Some(lease) => lease.clone(),
                    None => return Ok(()),
                },
            };
            let giving = Giving { leases: [(id.to_owned(), lease)].into(), used, requests, tokens };
            match self.main.update(&Place::meter(scope), giving.update(seen.as_ref())).await? {
                Outcome::Done(item) => {
                    self.sights.note(scope, &meter_item::read(&item)?, charge.at);
                    return Ok(());
                }
                Outcome::Refused(item) => seen = Some(meter_item::read(&item)?),
            }
            if attempt > 0 {
                pause(attempt).await;
            }
        }
        Err(StoreError::Contended)
    }

    /// Gives back what stale leases hold, each once, whoever else does the same.
    async fn sweep(&self, scope: &Scope, mut meter: Meter, now: Timestamp) -> Result<(), StoreError> {
        for attempt in 1..=ATTEMPTS {
            let stale = meter.leases.iter().filter(|(_, lease)| lease.is_stale(now)).take(SWEPT_AT_ONCE);
            let leases = stale.map(|(id, lease)| (id.clone(), lease.clone())).collect();
            let giving = Giving { leases, ..Giving::default() };
            if giving.leases.is_empty() {
                return Ok(());
            }
            match self.main.update(&Place::meter(scope), giving.update(Some(&meter))).await? {
                Outcome::Done(item) => meter = meter_item::read(&item)?,
                Outcome::Refused(item) => {
                    meter = meter_item::read(&item)?;
                    pause(attempt).await;
                }
            }
        }
        Ok(())
    }

    /// For a request whose answer does not depend on it.
    async fn sweep_in_passing(&self, scope: &Scope, meter: Meter, now: Timestamp) {
        if let Err(error) = self.sweep(scope, meter, now).await {
            tracing::warn!(%error, "what ended requests had taken is given back later");
        }
    }
}
