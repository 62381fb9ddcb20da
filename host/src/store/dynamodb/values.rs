//! What plugins keep beyond a request. An operation gives up soon: a plugin that cannot have its value now goes
//! on without it.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::StoreError;
use super::Dynamo;
use super::contention::{ATTEMPTS, pause};
use super::expression::Expression;
use super::item::{Item, number, time};
use super::place::Place;
use super::quota::{self, Change};
use super::table::{Outcome, Reading};
use super::value_item::{EXPIRES, NUMBER, Value, live, size, unchanged, write};
use crate::pipeline::{Space, ValueFault, Values};

/// Why an operation was not done.
enum Undone {
    Quota(String),
    Store(StoreError),
}

impl From<StoreError> for Undone {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

#[async_trait]
impl Values for Dynamo {
    async fn find(&self, space: &Space, key: &str) -> Result<Option<Vec<u8>>, ValueFault> {
        self.in_time(async {
            let item = self.main.get(&Place::value(space, key), Reading::Consistent).await?;
            Ok(live(&item.unwrap_or_default(), Timestamp::now())?.map(Value::into_bytes))
        })
        .await
    }

    async fn set(
        &self,
        space: &Space,
        key: &str,
        value: Vec<u8>,
        lifetime: Option<Duration>,
    ) -> Result<(), ValueFault> {
        let (place, value) = (Place::value(space, key), Value::of(value));
        self.in_time(async {
            for attempt in 1..=ATTEMPTS {
                let (now, before) = (Timestamp::now(), self.main.get(&place, Reading::Consistent).await?);
                let after = write(&place, &value, end(now, lifetime));
                if self.replace(space, &before.unwrap_or_default(), after, now).await? {
                    return Ok(());
                }
                pause(attempt).await;
            }
            Err(StoreError::Contended.into())
        })
        .await
    }

    async fn delete(&self, space: &Space, key: &str) -> Result<(), ValueFault> {
        self.in_time(async {
            let now = Timestamp::now();
            let deleted = self.main.delete(&Place::value(space, key), Expression::new()).await?;
            if let Outcome::Done(item) = deleted
                && live(&item, now)?.is_some()
            {
                let freed = Change { keys: -1, bytes: -size(&item)? };
                quota::count(&self.main, space, freed, now).await?.map_err(Undone::Quota)?;
            }
            Ok(())
        })
        .await
    }

    async fn increment(
        &self,
        space: &Space,
        key: &str,
        by: i64,
        lifetime: Option<Duration>,
    ) -> Result<i64, ValueFault> {
        let place = Place::value(space, key);
        self.in_time(async {
            for attempt in 1..=ATTEMPTS {
                let now = Timestamp::now();
                let before = match self.main.update(&place, adding(by, now)).await? {
                    Outcome::Done(item) => return Ok(item.number(NUMBER)?),
                    Outcome::Refused(item) => item,
                };
                // It is not there, is no number, or would leave its type.
                let known = live(&before, now)?.and_then(|value| value.number());
                let expires = match known {
                    Some(_) => before.maybe_time(EXPIRES)?,
                    None => end(now, lifetime),
                };
                let sum = known.unwrap_or_default().saturating_add(by);
                let after = write(&place, &Value::Number(sum), expires);
                if self.replace(space, &before, after, now).await? {
                    return Ok(sum);
                }
                pause(attempt).await;
            }
            Err(StoreError::Contended.into())
        })
        .await
    }
}

impl Dynamo {
    /// Writes an item in the place of one that was read, and counts what that changes. Says whether nobody was
    /// quicker.
    async fn replace(
        &self,
        space: &Space,
        before: &Item,
        after: Item,
        now: Timestamp,
    ) -> Result<bool, Undone> {
        // One that has expired is not counted on: it may have been left out of the last count.
        let old = if live(before, now)?.is_some() { Some(size(before)?) } else { None };
        let change = Change {
            keys: i64::from(old.is_none()),
            bytes: size(&after)?.saturating_sub(old.unwrap_or_default()),
        };
        let grows = change.keys > 0 || change.bytes > 0;
        if grows {
            quota::count(&self.main, space, change, now).await?.map_err(Undone::Quota)?;
        }
        let done = matches!(self.main.put(after, unchanged(before)).await?, Outcome::Done(_));
        if grows != done {
            let rest = if done { change } else { change.back() };
            quota::count(&self.main, space, rest, now).await?.map_err(Undone::Quota)?;
        }
        Ok(done)
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Undone>>) -> Result<T, ValueFault> {
        let patience = self.timing.values;
        match tokio::time::timeout(patience, work).await {
            Ok(Ok(outcome)) => Ok(outcome),
            Ok(Err(Undone::Quota(why))) => Err(ValueFault::Quota(why)),
            Ok(Err(Undone::Store(error))) => Err(ValueFault::Unavailable(error.to_string())),
            Err(_) => {
                let waited = patience.as_millis();
                Err(ValueFault::Unavailable(format!("the store took longer than {waited} ms")))
            }
        }
    }
}

/// Adds to a live number that stays within its type, and else changes nothing.
fn adding(by: i64, now: Timestamp) -> Expression {
    let (least, most) = (i64::MIN.saturating_sub(by.min(0)), i64::MAX.saturating_sub(by.max(0)));
    Expression::new()
        .when("@ BETWEEN $0 AND $1", NUMBER, [number(least), number(most)])
        .when("attribute_not_exists(@) OR @ > $0", EXPIRES, [time(now)])
        .add(NUMBER, by)
}

fn end(now: Timestamp, lifetime: Option<Duration>) -> Option<Timestamp> {
    lifetime.map(|lifetime| now.saturating_add(lifetime).unwrap_or(Timestamp::MAX))
}
