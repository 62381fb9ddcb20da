//! `adit serve`: a listener on this machine.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use super::{ServeArgs, output, store};
use crate::composition::{Composition, compose, preload_folder, preload_releases};
use crate::ingress::local::Local;
use crate::plugin::Catalog;

/// How long requests that run may take to end after a stop was asked for.
const GRACE: Duration = Duration::from_secs(30);

/// Answers requests until the process is told to stop.
pub async fn run(data: &store::Data, args: ServeArgs) -> anyhow::Result<()> {
    let data = &data.with(args.settings);
    let mut config = data.config()?;
    config.bedrock.endpoint = args.upstream.or(config.bedrock.endpoint);

    let secrets = config.secrets.read()?;
    let keys = store::connect(data, config.store.take()).await?;
    let engine = Catalog::open(&config.plugins, &config.limits)?;
    let composition = compose(config, secrets, Arc::clone(&keys), engine).await?;
    let Composition { routes, housekeeping, plugins } = composition;
    preload_folder(Arc::clone(&plugins)).await;
    tokio::spawn(preload_releases(plugins, keys));
    let local =
        Local::bind(args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    output::result(&format!("listening on http://{}", local.address()?))?;

    let (stop, stopped) = tokio::sync::oneshot::channel();
    let serving = local.serve(routes, async {
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
