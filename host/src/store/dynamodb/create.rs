//! Making the tables, for laptops, tests, and deployments without a template.

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TableDescription, TableStatus, TimeToLiveSpecification,
    TimeToLiveStatus,
};

use super::super::StoreError;
use super::connect::Tables;
use super::fault::{other, unavailable};
use super::place::{EXPIRES_AT, INDEX, INDEX_PK, INDEX_SK, PK, SK};
use super::table::Table;

/// The pause between two looks at a table that is being made.
const PAUSE: Duration = Duration::from_millis(500);
/// The looks until it counts as failed: two minutes.
const LOOKS: u32 = 240;

/// Whether a table was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It is new.
    New,
    /// It was there.
    Before,
}

impl Tables {
    /// Makes the tables that are not there yet, and waits until all can be used. Says of each what its name is
    /// and whether it is new. Tables that are there and have other keys are left as they are, and refused.
    pub async fn create(&self) -> Result<Vec<(String, Made)>, StoreError> {
        let main = self.main.create(true).await?;
        let cache = self.cache.create(false).await?;
        Ok(vec![(self.main.name.clone(), main), (self.cache.name.clone(), cache)])
    }
}

impl Table {
    async fn create(&self, listings: bool) -> Result<Made, StoreError> {
        let failed =
            |fault: aws_sdk_dynamodb::error::BuildError| other("CreateTable", &self.name, fault.to_string());
        let (schema, index_schema) =
            (keys(PK, SK).map_err(failed)?, keys(INDEX_PK, INDEX_SK).map_err(failed)?);
        let mut names = vec![PK, SK];
        let mut call = self
            .client
            .create_table()
            .table_name(&self.name)
            .billing_mode(BillingMode::PayPerRequest)
            .set_key_schema(Some(schema));
        if listings {
            names.extend([INDEX_PK, INDEX_SK]);
            let index = GlobalSecondaryIndex::builder()
                .index_name(INDEX)
                .set_key_schema(Some(index_schema))
                .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build());
            call = call.global_secondary_indexes(index.build().map_err(failed)?);
        }
        for name in names {
            let definition =
                AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
            call = call.attribute_definitions(definition.build().map_err(failed)?);
        }
        let made = match call.send().await {
            Ok(_) => Made::New,
            Err(fault)
                if fault.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) =>
            {
                Made::Before
            }
            Err(fault) => return Err(unavailable("CreateTable", &self.name, &fault)),
        };
        self.wait_until_active(listings).await?;
        self.expire().await?;
        Ok(made)
    }

    async fn wait_until_active(&self, listings: bool) -> Result<(), StoreError> {
        for _ in 0..LOOKS {
            let described = self.client.describe_table().table_name(&self.name).send().await;
            let described = described.map_err(|fault| unavailable("DescribeTable", &self.name, &fault))?;
            let table = described.table;
            let schema = table.as_ref().map(TableDescription::key_schema).unwrap_or_default();
            let names: Vec<&str> = schema.iter().map(KeySchemaElement::attribute_name).collect();
            let others = table.as_ref().map(TableDescription::global_secondary_indexes).unwrap_or_default();
            let indexed = others.iter().any(|index| index.index_name() == Some(INDEX));
            if names != [PK, SK] || (listings && !indexed) {
                let why = "it is no table of Adit: name another one, or remove it";
                return Err(other("DescribeTable", &self.name, why));
            }
            if table.and_then(|table| table.table_status) == Some(TableStatus::Active) {
                return Ok(());
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err(other("DescribeTable", &self.name, "it is still being made: try again later"))
    }

    /// Lets DynamoDB remove what has expired.
    async fn expire(&self) -> Result<(), StoreError> {
        let told = told(&self.client, &self.name).await?;
        if matches!(told, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling)) {
            return Ok(());
        }
        let specification =
            TimeToLiveSpecification::builder().attribute_name(EXPIRES_AT).enabled(true).build();
        let specification =
            specification.map_err(|fault| other("UpdateTimeToLive", &self.name, fault.to_string()))?;
        let call = self.client.update_time_to_live().table_name(&self.name);
        let updated = call.time_to_live_specification(specification).send().await;
        updated.map(drop).map_err(|fault| unavailable("UpdateTimeToLive", &self.name, &fault))
    }
}

async fn told(client: &Client, name: &str) -> Result<Option<TimeToLiveStatus>, StoreError> {
    let described = client.describe_time_to_live().table_name(name).send().await;
    let described = described.map_err(|fault| unavailable("DescribeTimeToLive", name, &fault))?;
    Ok(described.time_to_live_description.and_then(|description| description.time_to_live_status))
}

fn keys(pk: &str, sk: &str) -> Result<Vec<KeySchemaElement>, aws_sdk_dynamodb::error::BuildError> {
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build();
    Ok(vec![key(pk, KeyType::Hash)?, key(sk, KeyType::Range)?])
}
