//! `adit plugin precompile`: code of a published release, for the engine of this Adit.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;

use super::output;
use super::publish::{CatalogArgs, open};
use super::store::Data;
use crate::catalog::{Code, SigningKey, Target};
use crate::enabled::Version;
use crate::ids::PluginName;
use crate::plugin;

#[derive(Debug, Args)]
pub(super) struct PrecompileArgs {
    /// The name of the plugin.
    plugin: PluginName,
    /// The version that is published.
    version: Version,
    /// The file that `adit plugin keygen` has made.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    #[command(flatten)]
    catalog: CatalogArgs,
}

pub(super) async fn precompile(data: &Data, arguments: PrecompileArgs) -> anyhow::Result<()> {
    if cfg!(not(feature = "compiler")) {
        bail!("`adit plugin precompile` compiles: it needs an Adit with the compiler, and this one has none");
    }
    let PrecompileArgs { plugin: name, version, key, catalog } = arguments;
    let settings = data.settings().await?;
    let key = SigningKey::read(&key)?;
    let publisher = open(&settings, catalog.catalog.as_deref()).await?;
    let of_settings = settings.catalog.map(|catalog| catalog.trusted_keys).unwrap_or_default();
    let trusted = [vec![key.public()], of_settings].concat();
    let (digest, wasm) = publisher.component(&name, version, &trusted).await?;
    for target in Target::ALL {
        let compatibility = plugin::compatibility(target)?;
        if publisher.code(&digest, target, &compatibility, &trusted).await? == Code::There {
            output::result(&format!("{target}: there already"))?;
            continue;
        }
        let bytes = wasm.clone();
        let artifact = tokio::task::spawn_blocking(move || plugin::precompile(&bytes, target)).await?;
        let artifact = artifact.with_context(|| format!("`{name}` {version} cannot be compiled"))?;
        publisher.add_code(&digest, artifact, &key).await?;
        output::result(&format!("{target}: compiled"))?;
    }
    Ok(())
}
