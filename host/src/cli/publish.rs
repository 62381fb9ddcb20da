//! `adit plugin publish` and what belongs to it: keys, and lists of releases.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, anyhow, bail};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::key_plugin::{fault_lines, json_text};
use super::store::Data;
use super::{output, table};
use crate::catalog::{Package, Publication, Publisher, Schema, SigningKey, Target};
use crate::config::{Config, Location};
use crate::enabled::Terms;
use crate::ids::PluginName;
use crate::plugin::{self, Catalog, CheckError, Inspected};

/// Where a catalog is.
#[derive(Debug, Args)]
pub(super) struct CatalogArgs {
    /// The catalog: `s3://bucket/prefix`, or a folder. Without it, the one of the settings.
    #[arg(long, value_name = "LOCATION")]
    pub(super) catalog: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct PublishArgs {
    /// The folder of a plugin that is built, or a component with its manifest beside it.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// The file that `adit plugin keygen` has made.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// A config that the plugin accepts, to try it with: a JSON text, or `@` and the file that holds it.
    #[arg(long, value_name = "JSON|@FILE", default_value = "{}")]
    config: String,
    #[command(flatten)]
    catalog: CatalogArgs,
}

#[derive(Debug, Args)]
pub(super) struct ReleasesArgs {
    /// The name of the plugin. Without it, all are listed.
    plugin: Option<PluginName>,
    /// Print one JSON document.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    catalog: CatalogArgs,
}

pub(super) fn keygen(file: &Path) -> anyhow::Result<()> {
    let key = SigningKey::create(file)?;
    output::result(&key.public().to_string())?;
    output::note(&format!(
        "`{}` signs releases: keep it secret. Operators name the line above in `[catalog] trusted_keys`.",
        file.display()
    ));
    Ok(())
}

pub(super) async fn publish(data: &Data, arguments: PublishArgs) -> anyhow::Result<()> {
    if cfg!(not(feature = "compiler")) {
        bail!("`adit plugin publish` compiles: it needs an Adit with the compiler, and this one has none");
    }
    let PublishArgs { path, key, config, catalog } = arguments;
    let settings = data.settings().await?;
    let key = SigningKey::read(&key)?;
    let mut package = Package::read(&path)?;
    let component = plugin::component_of(&package.wasm);
    let component =
        component.map_err(|refusal| anyhow!("the component of `{}` {refusal}", path.display()))?;
    package.wasm = component.into_owned();
    let publisher = open(&settings, catalog.catalog.as_deref()).await?;
    let (name, version) = (package.manifest.name.clone(), package.manifest.version);
    publisher.check_free(&name, version).await?;

    let inspected = checked(&settings, &package, &json_text(&config)?).await?;
    let wasm = package.wasm.clone();
    let artifacts = tokio::task::spawn_blocking(move || {
        Target::ALL.into_iter().map(|target| plugin::precompile(&wasm, target)).collect::<Result<Vec<_>, _>>()
    })
    .await?
    .with_context(|| format!("`{name}` cannot be compiled"))?;
    let publication = Publication {
        package,
        contract: inspected.contract,
        hooks: inspected.hooks.iter().map(|hook| (*hook).to_owned()).collect(),
        imports: inspected.imports,
        artifacts,
    };
    let release = publisher.publish(publication, &key, Timestamp::now()).await?;
    output::result(&format!("{name} {version} {}", release.digest))?;
    Ok(())
}

/// Whether the files fit each other, and the plugin starts.
async fn checked(settings: &Config, package: &Package, config: &str) -> anyhow::Result<Inspected> {
    let Package { manifest, schema, wasm, .. } = package;
    if let Some(schema) = schema {
        let faults = Schema::parse(schema)?.faults(config);
        if !faults.is_empty() {
            let faults = fault_lines(&CheckError::Config(faults));
            return Err(anyhow!("{faults}\nname one that its schema accepts with `--config`"));
        }
    }
    let (grants, limits) = (manifest.grants.clone(), manifest.limits.clone());
    let terms = Terms { grants, limits, ..Terms::default() };
    let engine = Catalog::open(&settings.plugins, &settings.limits)?;
    let inspected = engine.inspect(&manifest.name, wasm, config, &terms).await;
    let inspected = inspected.map_err(|error| match &error {
        CheckError::Config(_) => anyhow!("{}\nname one that it accepts with `--config`", fault_lines(&error)),
        _ => anyhow!("{}", fault_lines(&error)),
    })?;
    for (what, manifest, said) in [
        ("name", manifest.name.to_string(), &inspected.name),
        ("version", manifest.version.to_string(), &inspected.version),
    ] {
        if manifest != *said {
            bail!(
                "the manifest and the plugin disagree on the {what}: `{manifest}` and `{}`",
                said.escape_debug()
            );
        }
    }
    if let Some(import) = inspected.imports.iter().find(|import| !manifest.grants.allow(**import)) {
        bail!("the plugin imports `{import}`, which `[grants]` of its manifest does not ask for");
    }
    Ok(inspected)
}

pub(super) async fn releases(data: &Data, arguments: ReleasesArgs) -> anyhow::Result<()> {
    let ReleasesArgs { plugin, json, catalog } = arguments;
    let settings = data.settings().await?;
    let listed = open(&settings, catalog.catalog.as_deref()).await?.list(plugin.as_ref()).await?;
    let rows: Vec<_> =
        listed.iter().map(|listed| [listed.name.to_string(), listed.version.to_string()]).collect();
    if json {
        let views: Vec<_> = rows.iter().map(|[name, version]| ReleaseView { name, version }).collect();
        return output::json(&views);
    }
    Ok(output::result(&table::table(["PLUGIN", "VERSION"], &rows))?)
}

/// A release in JSON.
#[derive(Serialize)]
struct ReleaseView<'a> {
    name: &'a str,
    version: &'a str,
}

/// The catalog that is named, or the one of the settings.
pub(super) async fn open(settings: &Config, location: Option<&str>) -> anyhow::Result<Publisher> {
    let of_settings = settings.catalog.as_ref();
    let location = match (location, of_settings) {
        (Some(location), _) => Location::parse(location, Path::new(""))?,
        (None, Some(catalog)) => catalog.location.clone(),
        (None, None) => {
            bail!(
                "there is no catalog: name one with `--catalog`, or a stack with `--stack`, or settings that do with `--settings`"
            )
        }
    };
    let access = of_settings.map(|catalog| catalog.s3.clone()).unwrap_or_default();
    Ok(Publisher::open(&location, &access).await)
}
