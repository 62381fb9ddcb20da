//! Sessions, in the table that may be lost. To find one and to make it live longer is one update.

use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::super::{Session, Sessions, StoreError};
use super::Dynamo;
use super::expression::Expression;
use super::item::{Item, bytes, removal, text, time};
use super::place::{PK, Place};
use super::table::Outcome;
use crate::ids::KeyId;

const KEY: &str = "key";
const EXPIRES: &str = "expires";

#[async_trait]
impl Sessions for Dynamo {
    async fn keep_session(
        &self,
        session: &Session,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<(), StoreError> {
        session.check_size()?;
        let expires = now.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
        let (expires_at, removal) = removal(expires);
        let item = Item::at(&Place::session(&session.id))
            .with(KEY, text(session.key.as_str()))
            .with("data", bytes(session.data.as_slice()))
            .with(EXPIRES, time(expires))
            .with(expires_at, removal);
        let free = Expression::new().when_any([
            ("attribute_not_exists(@)", PK, None),
            ("@ = $0", KEY, Some(text(session.key.as_str()))),
            ("@ <= $0", EXPIRES, Some(time(now))),
        ]);
        match self.cache.put(item, free).await? {
            Outcome::Done(_) => Ok(()),
            Outcome::Refused(_) => Err(StoreError::ForeignSession),
        }
    }

    async fn find_session(
        &self,
        key: &KeyId,
        id: &str,
        now: Timestamp,
        lifetime: Duration,
    ) -> Result<Option<Session>, StoreError> {
        let expires = now.saturating_add(lifetime).unwrap_or(Timestamp::MAX);
        let (expires_at, removal) = removal(expires);
        let change = Expression::new()
            .when("@ = $0", KEY, [text(key.as_str())])
            .when("@ > $0", EXPIRES, [time(now)])
            .set(EXPIRES, time(expires))
            .set(expires_at, removal);
        match self.cache.update(&Place::session(id), change).await? {
            Outcome::Done(item) => {
                let data = item.bytes("data")?.to_vec();
                Ok(Some(Session { id: id.to_owned(), key: key.clone(), data }))
            }
            Outcome::Refused(_) => Ok(None),
        }
    }

    async fn end_session(&self, key: &KeyId, id: &str, now: Timestamp) -> Result<bool, StoreError> {
        let own = Expression::new().when("@ = $0", KEY, [text(key.as_str())]);
        match self.cache.delete(&Place::session(id), own).await? {
            Outcome::Done(item) => Ok(!item.is_empty() && item.time(EXPIRES)? > now),
            Outcome::Refused(_) => Ok(false),
        }
    }
}
