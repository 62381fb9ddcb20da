//! `adit serve`: everything is put together here.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use super::housekeeping::Housekeeping;
use super::{ServeArgs, output, release, store};
use crate::bedrock::Bedrock;
use crate::config;
use crate::fetch::{Fetcher, Outbound};
use crate::health::Health;
use crate::http::{self, App};
use crate::ingress::local::Local;
use crate::pipeline::{EmbeddingPipeline, Pipeline, Replay};
use crate::plugin::{Catalog, Services};
use crate::store::{SeedRoot, Store};

/// How long requests that run may take to end after a stop was asked for.
const GRACE: Duration = Duration::from_secs(30);

/// Answers requests until the process is told to stop.
pub async fn run(data: &store::Data, args: ServeArgs) -> anyhow::Result<()> {
    let data = &data.with(args.settings);
    let mut config = data.config()?;
    config.bedrock.endpoint = args.upstream.or(config.bedrock.endpoint);

    let secrets = config.secrets.read()?;
    let keys = store::connect(data, config.store.take()).await?;
    let seed_root = SeedRoot::new(*keys.seed_root().expose());
    let services = Services {
        values: Some(keys.clone()),
        outbound: Outbound::new(config.private_hosts.clone()),
        secrets,
    };
    let published = release::catalog(&config).await;
    let catalog = Catalog::open(&config.plugins, &config.limits)?.with_releases(published);
    let health = Arc::new(Health::new(config.breaker));
    let catalog = catalog.with_seed_root(seed_root).with_services(services).with_health(Arc::clone(&health));
    let catalog = Arc::new(catalog);
    let upstream = Bedrock::connect(&config.bedrock, &config.timeouts, config.models).await?;
    let upstream = Arc::new(upstream);
    load_plugins(&catalog).await?;

    tokio::spawn(load_releases(Arc::clone(&catalog), Arc::clone(&keys)));
    let replay = match config.replay {
        config::Replay::Capsule => Replay::Capsule(*keys.seed_root().expose()),
        config::Replay::Store => Replay::Store(keys.clone()),
        config::Replay::Off => Replay::Off,
    };
    let housekeeping = Housekeeping::new(Arc::clone(&catalog), Arc::clone(&health), Arc::clone(&keys))?;
    let answers = keys.clone();
    let app = App {
        health: Arc::clone(&health),
        keys: keys.clone().served_keys(),
        meters: keys,
        iam: config.iam,
        plugins: Arc::new(catalog),
        embeddings: EmbeddingPipeline::new(upstream.clone()),
        pipeline: Pipeline::new(upstream, replay).with_answers(answers),
        max_body_bytes: config.max_body_bytes,
        fetcher: config.fetch.as_ref().map(Fetcher::new).transpose()?,
        s3: config.s3.into(),
        timeouts: config.timeouts,
    };
    let local =
        Local::bind(args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    output::result(&format!("listening on http://{}", local.address()?))?;

    let (stop, stopped) = tokio::sync::oneshot::channel();
    let serving = local.serve(http::router(app), async {
        asked_to_stop().await;
        let seconds = GRACE.as_secs();
        tracing::info!("stopping: requests that run have {seconds} s to end; ask again to end at once");
        // The receiver is gone only when serving is over.
        let _ = stop.send(());
    });
    tokio::select! {
        ended = serving => ended?,
        () = out_of_patience(stopped) => tracing::warn!("requests that still ran were cut"),
        never = housekeeping.keep_on() => match never {},
    }
    housekeeping.flush().await;
    Ok(())
}

/// Compiles the plugins of the folder, and says which are ready. One that is refused does not keep
/// the others from serving: only keys that have it switched on fail.
async fn load_plugins(catalog: &Arc<Catalog>) -> anyhow::Result<()> {
    let for_thread = Arc::clone(catalog);
    let (ready, refused) = tokio::task::spawn_blocking(move || for_thread.load_all()).await?;
    for name in ready {
        tracing::info!(plugin = %name, "plugin loaded");
    }
    for fault in refused {
        tracing::error!(%fault, "plugin refused");
    }
    Ok(())
}

/// Gets the releases that keys use, while requests are served already: those that need one wait for
/// it, and a catalog that is out of reach holds up nobody else.
async fn load_releases(catalog: Arc<Catalog>, keys: Arc<dyn Store>) {
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

/// After a stop, until the requests that run have had their time or somebody asks again.
async fn out_of_patience(stopped: tokio::sync::oneshot::Receiver<()>) {
    if stopped.await.is_err() {
        return std::future::pending().await;
    }
    tokio::select! {
        () = tokio::time::sleep(GRACE) => {}
        () = asked_to_stop() => {}
    }
}

/// SIGINT or SIGTERM.
async fn asked_to_stop() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = terminate.recv() => {}
        ended = tokio::signal::ctrl_c() => {
            if ended.is_err() {
                terminate.recv().await;
            }
        }
    }
}
