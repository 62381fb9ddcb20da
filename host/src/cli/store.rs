//! Which store a command works on, and `adit store`.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand};

use super::{SettingsFile, output, stack};
use crate::config::{self, Config, TableName};
use crate::store::{Dynamo, Made, Sqlite, Store, Tables, tables_of_stack};

/// Where everything that outlives a command is. As a path it is the data folder.
#[derive(Debug, Clone, Args)]
pub struct Data {
    /// The data folder: keys, and plugins unless the settings name another folder.
    // An id of its own: clap would hand a command's own `folder` this one.
    #[arg(id = "data", long, global = true, value_name = "DIR", default_value = "./adit-data")]
    folder: PathBuf,
    /// The DynamoDB table that holds the keys, instead of the data folder.
    #[arg(long, global = true, value_name = "NAME")]
    table: Option<TableName>,
    /// The deployed stack whose DynamoDB table holds the keys.
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "table", value_parser = stack_name)]
    pub(super) stack: Option<String>,
}

impl Deref for Data {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.folder
    }
}

#[derive(Debug, Subcommand)]
pub(super) enum StoreCommand {
    /// Make the DynamoDB tables that are not there yet.
    Create {
        #[command(flatten)]
        settings: SettingsFile,
    },
}

pub(super) async fn run(data: &Data, command: StoreCommand) -> anyhow::Result<()> {
    let StoreCommand::Create { settings } = command;
    let settings = Config::load(settings.path.as_deref(), data)?.store;
    let tables = tables(data, settings).await?;
    let tables =
        tables.context("no table is named: `--table NAME` does, or `table` in `[store]` of the settings")?;
    for (name, made) in Tables::connect(&tables).await?.create().await? {
        output::note(&match made {
            Made::New => format!("Table `{name}` is made."),
            Made::Before => format!("Table `{name}` was there already."),
        });
    }
    Ok(())
}

/// The settings of a file, or the defaults where there is none. A stack that is named has its own catalog.
pub(super) async fn settings(data: &Data, file: Option<&Path>) -> anyhow::Result<Config> {
    let mut settings = Config::load(file, data)?;
    if let Some(stack) = &data.stack {
        Box::pin(stack::set_catalog(&mut settings, stack)).await?;
    }
    Ok(settings)
}

/// The store of a command that has been given this settings file.
pub(super) async fn open(data: &Data, settings: Option<&Path>) -> anyhow::Result<Arc<dyn Store>> {
    let settings = settings.map(|file| Config::load(Some(file), data)).transpose()?;
    connect(data, settings.and_then(|settings| settings.store)).await
}

/// The store that the command line names, else the one of the settings, else that of the data folder.
pub(super) async fn connect(data: &Data, settings: Option<config::Tables>) -> anyhow::Result<Arc<dyn Store>> {
    Ok(match tables(data, settings).await? {
        Some(tables) => Arc::new(Dynamo::open(Tables::connect(&tables).await?).await?),
        None => Arc::new(Sqlite::open(data)?),
    })
}

async fn tables(data: &Data, settings: Option<config::Tables>) -> anyhow::Result<Option<config::Tables>> {
    let (region, endpoint) = settings
        .as_ref()
        .map(|settings| (settings.region.clone(), settings.endpoint.clone()))
        .unwrap_or_default();
    Ok(match (&data.stack, &data.table) {
        (Some(stack), _) => Some(tables_of_stack(stack, region.as_deref(), endpoint.as_deref()).await?),
        (None, Some(table)) => Some(match settings {
            Some(settings) if settings.table == *table => settings,
            _ => config::Tables { region, endpoint, ..config::Tables::named(table.clone()) },
        }),
        (None, None) => settings,
    })
}

fn stack_name(text: &str) -> Result<String, &'static str> {
    let fits = (1..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if fits { Ok(text.to_owned()) } else { Err("expected up to 128 letters, digits and `-`") }
}
