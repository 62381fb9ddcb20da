//! Plugins that are loaded before a request needs them, where nobody waits for that.

use std::sync::Arc;

use crate::plugin::Catalog;
use crate::store::Store;

/// Compiles the plugins of the folder, and says which are ready. One that is refused does not keep
/// the others from serving: only keys that have it switched on fail.
pub async fn preload_folder(catalog: Arc<Catalog>) {
    let (ready, refused) = tokio::task::spawn_blocking(move || catalog.load_all()).await.unwrap_or_default();
    for name in ready {
        tracing::info!(plugin = %name, "plugin loaded");
    }
    for fault in refused {
        tracing::error!(%fault, "plugin refused");
    }
}

/// Gets the releases that keys use, while requests are served already: those that need one wait for
/// it, and a catalog that is out of reach holds up nobody else.
pub async fn preload_releases(catalog: Arc<Catalog>, keys: Arc<dyn Store>) {
    let (keys, teams) = match tokio::try_join!(keys.list(), keys.teams()) {
        Ok(used_by) => used_by,
        Err(fault) => return tracing::error!(%fault, "which releases are used is not known"),
    };
    let of_keys = keys.iter().filter(|key| key.revoked.is_none()).flat_map(|key| &key.plugins);
    let used = of_keys.chain(teams.iter().flat_map(|team| &team.plugins));
    for (name, release) in used.filter_map(|plugin| Some((&plugin.name, plugin.release.as_ref()?))) {
        match catalog.preload(name, release).await {
            Ok(()) => tracing::info!(plugin = %name, version = %release.version, "release loaded"),
            Err(fault) => tracing::error!(%fault, "release refused"),
        }
    }
}
