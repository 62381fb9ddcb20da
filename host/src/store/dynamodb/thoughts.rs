//! What models thought, beside the item of the key.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::Dynamo;
use super::expression::Expression;
use super::item::{Item, bytes, removal, text, time};
use super::place::Place;
use super::table::Reading;
use crate::error::Failure;
use crate::ids::KeyId;
use crate::pipeline::Thoughts;

/// How long a thought waits for the call's result, as in every store.
const LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 7);

/// A longer id of a call cannot be kept: sort keys end at 1024 bytes. Bedrock's have 64 at most.
const LONGEST_ID: usize = 1000;

#[async_trait]
impl Thoughts for Dynamo {
    async fn keep(&self, key: &KeyId, tool_use_id: &str, thought: Vec<u8>) -> Result<(), Failure> {
        let expires = Timestamp::now().saturating_add(LIFETIME).unwrap_or(Timestamp::MAX);
        let (expires_at, removal) = removal(expires);
        let item = Item::at(&Place::thought(key, tool_use_id))
            .with("call", text(tool_use_id))
            .with("blocks", bytes(thought))
            .with("expires", time(expires))
            .with(expires_at, removal);
        self.main.put(item, Expression::new()).await?;
        Ok(())
    }

    async fn find_all(
        &self,
        key: &KeyId,
        tool_use_ids: &[&str],
    ) -> Result<HashMap<String, Vec<u8>>, Failure> {
        let now = Timestamp::now();
        let ids: BTreeSet<&str> = tool_use_ids.iter().copied().filter(|id| id.len() <= LONGEST_ID).collect();
        let places: Vec<_> = ids.into_iter().map(|id| Place::thought(key, id)).collect();
        let mut found = HashMap::new();
        for item in self.main.get_all(&places, Reading::Consistent).await? {
            if item.time("expires")? > now {
                found.insert(item.text("call")?.to_owned(), item.bytes("blocks")?.to_vec());
            }
        }
        Ok(found)
    }
}
