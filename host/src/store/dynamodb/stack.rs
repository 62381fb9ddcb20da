//! Which tables a deployed stack has, as it says in Parameter Store.

use std::collections::HashMap;

use aws_config::timeout::TimeoutConfig;
use aws_sdk_ssm::Client;
use aws_sdk_ssm::error::{DisplayErrorContext, ProvideErrorMetadata};

use super::super::StoreError;
use crate::aws::{self, Endpoint};
use crate::config;

/// Why the tables of a stack are not known.
#[derive(Debug, thiserror::Error)]
enum StackFault {
    #[error("cannot read the parameters `{path}` of the stack: {reason}")]
    Unreadable { path: String, reason: String },
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
    let parameters = read(&path, region, endpoint).await?;
    let named = |name: &'static str| {
        let value = parameters.get(&format!("{path}{name}"));
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

async fn read(
    path: &str,
    region: Option<&str>,
    endpoint: Option<&str>,
) -> Result<HashMap<String, String>, StoreError> {
    let endpoint = endpoint.map(Endpoint::parse).transpose();
    let endpoint = endpoint.map_err(|invalid| StoreError::Unavailable(Box::new(invalid)))?;
    let timing = super::connect::Timing::default();
    let timeouts =
        TimeoutConfig::builder().connect_timeout(timing.connect).operation_timeout(timing.call).build();
    let shared = aws::loader(region, endpoint.as_ref()).timeout_config(timeouts).load().await;
    let client = Client::new(&shared);
    let (mut parameters, mut next) = (HashMap::new(), None);
    loop {
        let call = client.get_parameters_by_path().path(path).set_next_token(next);
        let page = call.send().await.map_err(|fault| {
            let reason = match (fault.code(), fault.message()) {
                (Some(code), Some(message)) => format!("{code}: {message}"),
                (Some(code), None) => code.to_owned(),
                _ => DisplayErrorContext(&fault).to_string(),
            };
            StoreError::Unavailable(Box::new(StackFault::Unreadable { path: path.to_owned(), reason }))
        })?;
        let pairs = page.parameters.unwrap_or_default();
        parameters.extend(pairs.into_iter().filter_map(|pair| Some((pair.name?, pair.value?))));
        next = page.next_token;
        if next.is_none() {
            return Ok(parameters);
        }
    }
}
