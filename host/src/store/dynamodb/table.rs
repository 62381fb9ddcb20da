//! The calls to a table that the rest is made of.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    ConditionCheck, Put, ReturnValue, ReturnValuesOnConditionCheckFailure, TransactWriteItem, Update,
};

use super::super::StoreError;
use super::expression::{Expression, Parts};
use super::fault::{other, unavailable};
use super::item::Item;
use super::place::Place;

/// A table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) client: Client,
    pub(super) name: String,
}

/// Whether a read has to see every write before it. One that has not costs half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Consistent,
    Eventual,
}

/// What came of a conditional write.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was done. The item as it is after an update, and as it was before anything else.
    Done(Item),
    /// The condition is not true of this item.
    Refused(Item),
}

/// What came of a transaction.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Transacted {
    Done,
    /// This condition, by its place in the transaction, is not true.
    Refused(usize),
    /// Somebody else writes the same.
    Conflict,
}

impl Table {
    pub(super) async fn get(&self, place: &Place, reading: Reading) -> Result<Option<Item>, StoreError> {
        let call = self.client.get_item().table_name(&self.name).set_key(Some(place.attributes()));
        let got = call.consistent_read(reading == Reading::Consistent).send().await;
        let got = got.map_err(|fault| unavailable("GetItem", &self.name, &fault))?;
        Ok(got.item.map(Item))
    }

    pub(super) async fn put(&self, item: Item, condition: Expression) -> Result<Outcome, StoreError> {
        let Parts { condition, names, values, .. } = condition.parts();
        let call = self.client.put_item().table_name(&self.name).set_item(Some(item.0));
        let put = call
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(put) => Ok(Outcome::Done(Item(put.attributes.unwrap_or_default()))),
            Err(fault) => match fault.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Outcome::Refused(Item(failed.item.clone().unwrap_or_default())))
                }
                _ => Err(unavailable("PutItem", &self.name, &fault)),
            },
        }
    }

    pub(super) async fn update(&self, place: &Place, change: Expression) -> Result<Outcome, StoreError> {
        let Parts { update, condition, names, values } = change.parts();
        let call = self.client.update_item().table_name(&self.name).set_key(Some(place.attributes()));
        let update = call
            .set_update_expression(update)
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match update.send().await {
            Ok(update) => Ok(Outcome::Done(Item(update.attributes.unwrap_or_default()))),
            Err(fault) => match fault.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Outcome::Refused(Item(failed.item.clone().unwrap_or_default())))
                }
                _ => Err(unavailable("UpdateItem", &self.name, &fault)),
            },
        }
    }

    pub(super) async fn delete(&self, place: &Place, condition: Expression) -> Result<Outcome, StoreError> {
        let Parts { condition, names, values, .. } = condition.parts();
        let call = self.client.delete_item().table_name(&self.name).set_key(Some(place.attributes()));
        let delete = call
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match delete.send().await {
            Ok(delete) => Ok(Outcome::Done(Item(delete.attributes.unwrap_or_default()))),
            Err(fault) => match fault.as_service_error() {
                Some(DeleteItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(Outcome::Refused(Item(failed.item.clone().unwrap_or_default())))
                }
                _ => Err(unavailable("DeleteItem", &self.name, &fault)),
            },
        }
    }

    /// Writes all or nothing.
    pub(super) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Transacted, StoreError> {
        let sent = self.client.transact_write_items().set_transact_items(Some(writes)).send().await;
        let Err(fault) = sent else { return Ok(Transacted::Done) };
        let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = fault.as_service_error()
        else {
            return match fault.code() {
                Some("TransactionInProgressException") => Ok(Transacted::Conflict),
                _ => Err(unavailable("TransactWriteItems", &self.name, &fault)),
            };
        };
        let codes = || canceled.cancellation_reasons().iter().map(|reason| reason.code().unwrap_or_default());
        if let Some(place) = codes().position(|code| code == "ConditionalCheckFailed") {
            Ok(Transacted::Refused(place))
        } else if codes().any(|code| code == "TransactionConflict") {
            Ok(Transacted::Conflict)
        } else {
            Err(unavailable("TransactWriteItems", &self.name, &fault))
        }
    }

    pub(super) fn put_in_transaction(
        &self,
        item: Item,
        condition: Expression,
    ) -> Result<TransactWriteItem, StoreError> {
        let Parts { condition, names, values, .. } = condition.parts();
        let put = Put::builder()
            .table_name(&self.name)
            .set_item(Some(item.0))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .build();
        let put = put.map_err(|fault| other("TransactWriteItems", &self.name, fault.to_string()))?;
        Ok(TransactWriteItem::builder().put(put).build())
    }

    pub(super) fn update_in_transaction(
        &self,
        place: &Place,
        change: Expression,
    ) -> Result<TransactWriteItem, StoreError> {
        if change.is_idle() {
            return self.check_in_transaction(place, change);
        }
        let Parts { update, condition, names, values } = change.parts();
        let update = Update::builder()
            .table_name(&self.name)
            .set_key(Some(place.attributes()))
            .set_update_expression(update)
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .build();
        let update = update.map_err(|fault| other("TransactWriteItems", &self.name, fault.to_string()))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    fn check_in_transaction(
        &self,
        place: &Place,
        condition: Expression,
    ) -> Result<TransactWriteItem, StoreError> {
        let Parts { condition, names, values, .. } = condition.parts();
        let check = ConditionCheck::builder()
            .table_name(&self.name)
            .set_key(Some(place.attributes()))
            .set_condition_expression(condition)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .build();
        let check = check.map_err(|fault| other("TransactWriteItems", &self.name, fault.to_string()))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }
}
