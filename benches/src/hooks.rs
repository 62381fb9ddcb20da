//! What a plugin's instance and calls cost, taken inside one process.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::components::{bind, context, engine};
use crate::report::{Report, fine_micros};
use crate::stage::{Scene, Stage};

/// Batches, of which the quickest counts: what disturbs a run only ever makes it slower.
const BATCHES: usize = 30;

/// Instances that an engine has room for where nobody says how many.
const INSTANCES: u32 = 1000;

/// The calls, by what the table says of them.
const CALLS: [(Scene, &str, &str); 11] = [
    (Scene::Route, "route: on-route", ""),
    (Scene::Prompt, "polite: on-prompt, 1 KB", ""),
    (Scene::Request, "structure: on-request, 1 KB", ""),
    (Scene::Event, "structure: on-events, a delta of 8 bytes", ""),
    (Scene::Text, "hello: on-text, 8 bytes, rewritten", "≤ 1 µs"),
    (Scene::Redact, "redact: on-text, 8 bytes, passed", "≤ 1 µs"),
    (Scene::Finish, "structure: on-finish", ""),
    (Scene::ClientDecode, "ollama, a client format: decode, 1 KB", ""),
    (Scene::ClientEncode, "ollama, a client format: encode-events, a delta of 8 bytes", ""),
    (Scene::ModelEncode, "titan-text, a model format: encode, 1 KB", ""),
    (Scene::ModelDecode, "titan-text, a model format: decode-chunks, a delta of 8 bytes", ""),
];

/// Measures starts, and a call of each hook.
pub(crate) async fn measure(folder: &Path, report: &mut Report) -> anyhow::Result<()> {
    let begun = Instant::now();
    let engine = Arc::new(engine(folder, INSTANCES)?);
    report.add("plugin engine with its pool: start", fine_micros(begun.elapsed()), String::new(), "");
    for name in ["hello", "redact", "route"] {
        let plugin = bind(&engine, name).await?;
        let start =
            quickest(200, async || plugin.start(&context()?).await.map(drop).map_err(Into::into)).await?;
        let what = format!("{name}: fresh instance, init, session, end");
        report.add(what, fine_micros(start), String::new(), "≤ 40 µs");
    }
    for (scene, what, target) in CALLS {
        let mut stage = Stage::set(scene, &engine).await?;
        let call = quickest(2000, async || stage.play().await).await?;
        report.add(what, fine_micros(call), String::new(), target);
    }
    Ok(())
}

/// The mean of the quickest batch.
async fn quickest(calls: u32, mut call: impl AsyncFnMut() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..BATCHES {
        best = best.min(mean(calls, &mut call).await?);
    }
    Ok(best)
}

/// The mean of a batch.
pub(crate) async fn mean(
    calls: u32,
    call: &mut impl AsyncFnMut() -> anyhow::Result<()>,
) -> anyhow::Result<Duration> {
    let begun = Instant::now();
    for _ in 0..calls {
        call().await?;
    }
    Ok(begun.elapsed() / calls)
}
