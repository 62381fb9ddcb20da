//! Which tables a deployed stack has, as it says in Parameter Store.

use super::super::StoreError;
use crate::aws::parameters::{self, Reading, Unreadable};
use crate::config;

/// Why the tables of a stack are not known.
#[derive(Debug, thiserror::Error)]
enum StackFault {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error(
        "there is no parameter `{path}table`: is `{stack}` the name of a stack of this account and region?"
    )]
    Unknown { path: String, stack: String },
    #[error("parameter `{path}{name}` is wrong: {source}")]
    Wrong { path: String, name: &'static str, source: config::InvalidTableName },
}

/// Reads `/adit/STACK/table` and `/adit/STACK/cache-table`, with the AWS identity of who asks.
pub async fn tables_of_stack(
    stack: &str,
    region: Option<&str>,
    endpoint: Option<&str>,
) -> Result<config::Tables, StoreError> {
    let failed = |fault: StackFault| StoreError::Unavailable(Box::new(fault));
    let path = format!("/adit/{stack}/");
    let parameters = parameters::read(&path, Reading::Closed, region, endpoint).await;
    let parameters = parameters.map_err(|fault| failed(fault.into()))?;
    let named = |name: &'static str| {
        let value = parameters.get(name);
        let parsed = value.map(|value| config::TableName::parse(value.as_str())).transpose();
        parsed.map_err(|source| failed(StackFault::Wrong { path: path.clone(), name, source }))
    };
    let table = named("table")?;
    let table =
        table.ok_or_else(|| failed(StackFault::Unknown { path: path.clone(), stack: stack.to_owned() }))?;
    let settings = config::Tables::named(table);
    Ok(config::Tables {
        cache_table: named("cache-table")?.unwrap_or_else(|| settings.cache_table.clone()),
        region: region.map(str::to_owned),
        endpoint: endpoint.map(str::to_owned),
        ..settings
    })
}
