//! Plugins in the engine, inside this process.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use adit::chat::Delivery;
use adit::config::{Allowance, PluginLimits};
use adit::enabled::EnabledPlugin;
use adit::ids::{KeyId, PluginName, RequestId};
use adit::pipeline::{Context, Deadline, Plugin, Plugins};
use adit::plugin::Catalog;
use adit::store::SeedRoot;
use anyhow::Context as _;
use tempfile::TempDir;

/// First-party plugins, and guests of the tests that have every hook and do nothing in it.
const PLUGINS: [&str; 5] = ["hello", "ollama", "redact", "route", "titan-text"];
const GUESTS: [&str; 2] = ["polite", "structure"];

/// Where components lie.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Components {
    /// The folder that `cargo xtask plugins` fills.
    #[arg(long)]
    pub(crate) plugins: PathBuf,
    /// A folder with `polite.wasm` and `structure.wasm`.
    #[arg(long)]
    guests: PathBuf,
}

impl Components {
    /// One folder with all that is measured.
    pub(crate) fn gather(&self) -> anyhow::Result<TempDir> {
        let folder = tempfile::tempdir()?;
        let plugins = PLUGINS.map(|name| (&self.plugins, name));
        for (from, name) in plugins.into_iter().chain(GUESTS.map(|name| (&self.guests, name))) {
            let file = Path::new(name).with_extension("wasm");
            let component = from.join(&file).canonicalize();
            let component =
                component.with_context(|| format!("there is no `{}`", from.join(&file).display()))?;
            std::os::unix::fs::symlink(component, folder.path().join(file))?;
        }
        Ok(folder)
    }
}

/// The plugins of a folder in an engine that has room for so many instances. A session may go on for
/// as long as somebody measures it.
pub(crate) fn engine(folder: &Path, instances: u32) -> anyhow::Result<Catalog> {
    let long = Duration::from_hours(1);
    let limits = PluginLimits::default();
    let usual =
        Allowance { init: long, request_hook: long, stream_hook: long, request_total: long, ..limits.usual };
    let limits = PluginLimits { usual, instances, ..limits };
    Ok(Catalog::open(folder, &limits)?.with_seed_root(SeedRoot::new([7; 32])))
}

/// The plugin with an empty config.
pub(crate) async fn bind(engine: &Arc<Catalog>, name: &str) -> anyhow::Result<Arc<dyn Plugin>> {
    Ok(engine.bind(&enabled(name)?, &key()?).await?)
}

pub(crate) fn enabled(name: &str) -> anyhow::Result<EnabledPlugin> {
    Ok(EnabledPlugin::new(PluginName::parse(name)?, "{}"))
}

pub(crate) fn context() -> anyhow::Result<Context> {
    Ok(Context {
        request: RequestId::parse("req_bench")?,
        key: key()?,
        labels: Vec::new(),
        client_format: "openai-chat".into(),
        delivery: Delivery::Streamed,
        deadline: Deadline::Never,
    })
}

fn key() -> anyhow::Result<KeyId> {
    Ok(KeyId::parse("aaaaaaaaaa")?)
}
