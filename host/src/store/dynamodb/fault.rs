//! What AWS says when something fails, in one line for the operator.

use std::error::Error;

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

use super::super::StoreError;

/// Why a call failed.
#[derive(Debug, thiserror::Error)]
#[error("{operation} of DynamoDB table `{table}` failed: {reason}")]
struct Fault {
    operation: &'static str,
    table: String,
    reason: String,
}

/// A call that failed for another reason than a condition.
pub(super) fn unavailable<E>(
    operation: &'static str,
    table: &str,
    fault: &SdkError<E, HttpResponse>,
) -> StoreError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let said = fault.message().unwrap_or_default();
    let reason = match fault.code() {
        Some("ResourceNotFoundException") => {
            format!("there is no such table in this region: `adit store create --table {table}` makes it")
        }
        Some("AccessDeniedException") => {
            format!("the AWS identity lacks the permission `dynamodb:{operation}`: {said}")
        }
        Some(code) if said.is_empty() => code.to_owned(),
        Some(code) => format!("{code}: {said}"),
        None => causes(fault),
    };
    other(operation, table, reason)
}

/// Something that AWS did not put into words.
pub(super) fn other(operation: &'static str, table: &str, reason: impl Into<String>) -> StoreError {
    let (table, reason) = (table.to_owned(), reason.into());
    StoreError::Unavailable(Box::new(Fault { operation, table, reason }))
}

/// An error and what it came of, in one line.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text.replace('\n', " ")
}
