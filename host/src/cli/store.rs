//! Which store a command works on, and `adit store`.

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context;
use clap::{Args, Subcommand};

use super::{SettingsFile, output, stack};
use crate::config::{self, Config, ConfigError, TableName};
use crate::store::{self, Dynamo, Made, Store, Tables, tables_of_stack};

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
    stack: Option<String>,
    /// The settings file, such as `adit.toml`.
    #[arg(long, global = true, value_name = "FILE")]
    settings: Option<PathBuf>,
}

impl Data {
    /// The settings, or the defaults where no file is named.
    pub fn config(&self) -> Result<Config, ConfigError> {
        Config::load(self.settings.as_deref(), &self.folder)
    }

    /// The same, with the catalog of the stack that is named.
    pub(super) async fn settings(&self) -> anyhow::Result<Config> {
        let mut settings = self.config()?;
        if let Some(stack) = &self.stack {
            Box::pin(stack::set_catalog(&mut settings, stack)).await?;
        }
        Ok(settings)
    }

    /// With the settings file that a command was given in its own way.
    #[must_use]
    pub(super) fn with(&self, file: SettingsFile) -> Self {
        Self { settings: file.path.or_else(|| self.settings.clone()), ..self.clone() }
    }
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
    let data = &data.with(settings);
    let tables = tables(data, data.config()?.store).await?;
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

/// The store that a command works on.
pub(super) async fn open(data: &Data) -> anyhow::Result<Arc<dyn Store>> {
    connect(data, data.config()?.store).await
}

/// The store that the command line names, else the one of the settings, else that of the data folder.
pub(super) async fn connect(data: &Data, settings: Option<config::Tables>) -> anyhow::Result<Arc<dyn Store>> {
    Ok(match tables(data, settings).await? {
        Some(tables) => Arc::new(Dynamo::open(Tables::connect(&tables).await?).await?),
        None => store::in_folder(data)?,
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
