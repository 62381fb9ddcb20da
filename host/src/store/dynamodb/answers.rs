//! Answers that are kept, in the table that may be lost.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::Dynamo;
use super::expression::Expression;
use super::item::{Item, bytes, removal, time};
use super::place::{Place, answers};
use super::table::Reading;
use crate::error::Failure;
use crate::metering::Scope;
use crate::pipeline::{CacheKey, CachedAnswer, Kept, ResponseCache};

/// The largest answer that is kept, in bytes: an item ends at 400 KB, with its names and its key.
const MOST_BYTES: usize = 350 << 10;

#[async_trait]
impl ResponseCache for Dynamo {
    async fn find_answer(&self, key: &CacheKey, now: Timestamp) -> Result<Option<CachedAnswer>, Failure> {
        let place = Place::answer(&key.scope, &key.digest);
        let Some(item) = self.cache.get(&place, Reading::Eventual).await? else { return Ok(None) };
        if item.time("expires")? <= now {
            return Ok(None);
        }
        Ok(Some(CachedAnswer { body: item.bytes("body")?.to_vec(), stored: item.time("stored")? }))
    }

    async fn keep_answer(
        &self,
        key: &CacheKey,
        answer: CachedAnswer,
        lifetime: Duration,
    ) -> Result<Kept, Failure> {
        if answer.body.len() > MOST_BYTES {
            return Ok(Kept::TooLarge);
        }
        let expires = answer.stored.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
        let (expires_at, removal) = removal(expires);
        let item = Item::at(&Place::answer(&key.scope, &key.digest))
            .with("body", bytes(answer.body))
            .with("stored", time(answer.stored))
            .with("expires", time(expires))
            .with(expires_at, removal);
        self.cache.put(item, Expression::new()).await?;
        Ok(Kept::Kept)
    }

    async fn purge_answers(&self, scope: &Scope) -> Result<u64, Failure> {
        let places = self.cache.places(&answers(scope)).await?;
        self.cache.remove_all(&places).await?;
        Ok(u64::try_from(places.len()).unwrap_or(u64::MAX))
    }
}
