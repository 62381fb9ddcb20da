//! Reading and removing many items.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, KeysAndAttributes, WriteRequest};

use super::super::StoreError;
use super::contention::pause;
use super::fault::{other, unavailable};
use super::item::{Item, text};
use super::place::{INDEX, INDEX_PK, INDEX_SK, PK, Place, SK};
use super::table::{Reading, Table};

/// `BatchGetItem` takes so many.
const READ_AT_ONCE: usize = 100;
/// `BatchWriteItem` takes so many.
const WRITTEN_AT_ONCE: usize = 25;
/// How often what a batch left out is asked for again.
const ROUNDS: u32 = 8;

/// Which items of a partition.
#[derive(Debug, Clone)]
pub(super) enum Sorted {
    All,
    /// Those whose sort keys begin so.
    Prefix(&'static str),
    /// Those whose sort keys lie between these, both included.
    Between(String, String),
}

impl Table {
    /// The items of a partition, by their sort keys.
    pub(super) async fn query(
        &self,
        pk: &str,
        sorted: Sorted,
        reading: Reading,
    ) -> Result<Vec<Item>, StoreError> {
        self.pages(pk, sorted, Asked::Table(reading)).await
    }

    /// The places in a partition of the table, without what lies there.
    pub(super) async fn places(&self, pk: &str) -> Result<Vec<Place>, StoreError> {
        self.pages(pk, Sorted::All, Asked::Places).await?.iter().map(place_of).collect()
    }

    /// What lies in a partition of the index: it is found there, and read from the table.
    pub(super) async fn listed(&self, pk: &str, sorted: Sorted) -> Result<Vec<Item>, StoreError> {
        let places: Result<Vec<_>, _> =
            self.pages(pk, sorted, Asked::Index).await?.iter().map(place_of).collect();
        self.get_all(&places?, Reading::Consistent).await
    }

    /// The items at these places that are there, in any order. Each place has to be named once.
    pub(super) async fn get_all(&self, places: &[Place], reading: Reading) -> Result<Vec<Item>, StoreError> {
        let mut found = Vec::new();
        for some in places.chunks(READ_AT_ONCE) {
            let mut left: Vec<_> = some.iter().map(Place::attributes).collect();
            let mut round = 0;
            while !left.is_empty() {
                if round > 0 {
                    pause(round).await;
                }
                if round > ROUNDS {
                    return Err(other("BatchGetItem", &self.name, "items are left out again and again"));
                }
                round += 1;
                let wanted = KeysAndAttributes::builder()
                    .set_keys(Some(left))
                    .consistent_read(reading == Reading::Consistent)
                    .build()
                    .map_err(|fault| other("BatchGetItem", &self.name, fault.to_string()))?;
                let call = self.client.batch_get_item().request_items(&self.name, wanted);
                let got =
                    call.send().await.map_err(|fault| unavailable("BatchGetItem", &self.name, &fault))?;
                found.extend(got.responses.into_iter().flat_map(HashMap::into_values).flatten().map(Item));
                let rest = got.unprocessed_keys.unwrap_or_default();
                left = rest.into_values().flat_map(|keys| keys.keys).collect();
            }
        }
        Ok(found)
    }

    pub(super) async fn remove_all(&self, places: &[Place]) -> Result<(), StoreError> {
        let failed = |fault: String| other("BatchWriteItem", &self.name, fault);
        for some in places.chunks(WRITTEN_AT_ONCE) {
            let removal = |place: &Place| {
                let delete = DeleteRequest::builder().set_key(Some(place.attributes())).build();
                delete.map(|delete| WriteRequest::builder().delete_request(delete).build())
            };
            let mut left: Vec<_> = some
                .iter()
                .map(removal)
                .collect::<Result<_, _>>()
                .map_err(|fault| failed(fault.to_string()))?;
            let mut round = 0;
            while !left.is_empty() {
                if round > 0 {
                    pause(round).await;
                }
                if round > ROUNDS {
                    return Err(failed("items are left out again and again".to_owned()));
                }
                round += 1;
                let call = self.client.batch_write_item().request_items(&self.name, left);
                let done =
                    call.send().await.map_err(|fault| unavailable("BatchWriteItem", &self.name, &fault))?;
                left = done.unprocessed_items.unwrap_or_default().into_values().flatten().collect();
            }
        }
        Ok(())
    }

    async fn pages(&self, pk: &str, sorted: Sorted, asked: Asked) -> Result<Vec<Item>, StoreError> {
        let (pk_name, sk_name) = if asked == Asked::Index { (INDEX_PK, INDEX_SK) } else { (PK, SK) };
        let mut values: HashMap<String, AttributeValue> = [(":p".to_owned(), text(pk))].into();
        let condition = match sorted {
            Sorted::All => "#p = :p",
            Sorted::Prefix(prefix) => {
                values.insert(":s".to_owned(), text(prefix));
                "#p = :p AND begins_with(#s, :s)"
            }
            Sorted::Between(first, last) => {
                values.insert(":s".to_owned(), text(first));
                values.insert(":t".to_owned(), text(last));
                "#p = :p AND #s BETWEEN :s AND :t"
            }
        };
        let mut names: HashMap<String, String> = [("#p".to_owned(), pk_name.to_owned())].into();
        if condition.contains("#s") || asked == Asked::Places {
            names.insert("#s".to_owned(), sk_name.to_owned());
        }
        let (mut found, mut from) = (Vec::new(), None);
        loop {
            let mut call = self
                .client
                .query()
                .table_name(&self.name)
                .key_condition_expression(condition)
                .set_expression_attribute_names(Some(names.clone()))
                .set_expression_attribute_values(Some(values.clone()))
                .set_exclusive_start_key(from);
            call = match asked {
                Asked::Index => call.index_name(INDEX),
                Asked::Places => call.projection_expression("#p, #s"),
                Asked::Table(reading) => call.consistent_read(reading == Reading::Consistent),
            };
            let page = call.send().await.map_err(|fault| unavailable("Query", &self.name, &fault))?;
            found.extend(page.items.unwrap_or_default().into_iter().map(Item));
            from = page.last_evaluated_key;
            if from.is_none() {
                return Ok(found);
            }
        }
    }
}

/// What a query reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Table(Reading),
    Places,
    Index,
}

pub(super) fn place_of(item: &Item) -> Result<Place, StoreError> {
    Ok(Place::new(item.text(PK)?, item.text(SK)?))
}
