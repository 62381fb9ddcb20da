//! What it takes until a plugin can be started: compiled here, or compiled when it was published.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use adit::catalog::{Manifest, Package, Publication, Publisher, SigningKey, Target};
use adit::config::{CatalogCache, Location, S3Access};
use adit::enabled::{Release, Terms};
use adit::ids::PluginName;
use adit::plugin::precompile;
use anyhow::Context;
use jiff::Timestamp;

use crate::components::{bind, engine};
use crate::report::{Report, millis};

/// Of so many times the quickest counts.
const TIMES: usize = 5;

/// Instances that an engine has room for: few, as none is started but to look at it.
const INSTANCES: u32 = 4;

/// Measures a small plugin, a usual one and a large one.
pub(crate) async fn measure(folder: &Path, report: &mut Report) -> anyhow::Result<()> {
    for name in ["hello", "redact", "ollama"] {
        let file = folder.join(name).with_extension("wasm");
        let size = format!("{} KiB", std::fs::metadata(&file)?.len().div_ceil(1024));
        let compiled = compiled(folder, name).await?;
        report.add(format!("{name}: compile and check"), millis(compiled), size, "");
        let Some(target) = Target::HERE else { continue };
        let catalog = tempfile::tempdir()?;
        let published = Published::new(catalog.path(), folder, name, target).await?;
        let [fetched, cached] = published.loaded().await?;
        let size = format!("{} KiB of code", published.code_bytes.div_ceil(1024));
        report.add("  a precompiled release: fetch, verify, load", millis(fetched), size, "");
        report.add("  the same from the cache", millis(cached), String::new(), "");
    }
    Ok(())
}

async fn compiled(folder: &Path, name: &str) -> anyhow::Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..TIMES {
        // One engine compiles a plugin once.
        let engine = Arc::new(engine(folder, INSTANCES)?);
        let begun = Instant::now();
        bind(&engine, name).await?;
        best = best.min(begun.elapsed());
    }
    Ok(best)
}

/// A release in a catalog that is a folder.
struct Published {
    settings: adit::config::Catalog,
    name: PluginName,
    release: Release,
    code_bytes: usize,
}

impl Published {
    async fn new(catalog: &Path, plugins: &Path, name: &str, target: Target) -> anyhow::Result<Self> {
        let name = PluginName::parse(name)?;
        let wasm = std::fs::read(plugins.join(name.as_str()).with_extension("wasm"))?;
        let inspected = engine(plugins, INSTANCES)?.inspect(&name, &wasm, "{}", &Terms::default()).await?;
        let manifest_text =
            format!("name = \"{name}\"\nversion = \"{}\"\ndescription = \"Measured\"\n", inspected.version);
        let manifest = Manifest::parse(&manifest_text).map_err(anyhow::Error::msg)?;
        let artifact = precompile(&wasm, target).context("cannot compile")?;
        let code_bytes = artifact.code.len();
        let publication = Publication {
            package: Package { manifest, manifest_text, schema: None, wasm },
            contract: inspected.contract,
            hooks: inspected.hooks.iter().map(ToString::to_string).collect(),
            imports: inspected.imports,
            artifacts: vec![artifact],
        };
        let key = SigningKey::create(&catalog.join("publisher.key"))?;
        let location = Location::Folder(catalog.join("releases"));
        let publisher = Publisher::open(&location, &S3Access::default()).await;
        let release = publisher.publish(publication, &key, Timestamp::now()).await?;
        let trusted_keys = vec![key.public()];
        let settings = adit::config::Catalog { location, trusted_keys, s3: S3Access::default() };
        Ok(Self { settings, name, release, code_bytes })
    }

    /// How long it takes with an empty cache, and with a full one.
    async fn loaded(&self) -> anyhow::Result<[Duration; 2]> {
        let mut best = [Duration::MAX; 2];
        for _ in 0..TIMES {
            let folder = tempfile::tempdir()?;
            let cache = CatalogCache::Folder(folder.path().to_owned());
            for best in &mut best {
                let releases = adit::catalog::Catalog::open(&self.settings, &cache).await;
                let engine = engine(Path::new(""), INSTANCES)?.with_releases(Some(releases));
                let begun = Instant::now();
                engine.preload(&self.name, &self.release).await?;
                *best = (*best).min(begun.elapsed());
            }
        }
        Ok(best)
    }
}
