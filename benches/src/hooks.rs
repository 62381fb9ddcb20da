//! What a plugin's instance and calls cost, taken inside one process.

use std::sync::Arc;
use std::time::{Duration, Instant};

use adit::config::PluginLimits;
use adit::enabled::EnabledPlugin;
use adit::ids::{KeyId, PluginName, RequestId};
use adit::pipeline::{Chunk, Context, Plugin, Plugins, Summary, TextKind};
use adit::plugin::Catalog;
use adit::store::SeedRoot;

use crate::Programs;
use crate::report::Report;

/// Batches, of which the quickest counts: what disturbs a run only ever makes it slower.
const BATCHES: usize = 30;

/// Measures `hello` for text hooks, `route` for route hooks and `redact` for a real start.
pub(crate) async fn measure(programs: &Programs, report: &mut Report) -> anyhow::Result<()> {
    let begun = Instant::now();
    let catalog =
        Catalog::open(&programs.plugins, &PluginLimits::default())?.with_seed_root(SeedRoot::new([7; 32]));
    let catalog = Arc::new(catalog);
    report.add("plugin engine with its pool: start", micros(begun.elapsed()), String::new(), "");
    for name in ["hello", "redact", "route"] {
        let begun = Instant::now();
        let plugin = bind(&catalog, name).await?;
        report.add(format!("{name}: compile and check"), micros(begun.elapsed()), String::new(), "");
        let start =
            quickest(200, async || plugin.start(&context()?).await.map(drop).map_err(Into::into)).await?;
        report.add("  fresh instance, init, session, end", micros(start), String::new(), "≤ 40 µs");
    }

    let hello = bind(&catalog, "hello").await?;
    let mut session = hello.start(&context()?).await?;
    let chunk = Chunk { index: 0, kind: TextKind::Text, text: "a delta ".to_owned(), last: false };
    let call = quickest(2000, async || {
        session.on_text(std::slice::from_ref(&chunk)).await.map(drop).map_err(Into::into)
    })
    .await?;
    report.add("hello: on-text, 8 bytes, rewritten", micros(call), String::new(), "≤ 1 µs");

    let redact = bind(&catalog, "redact").await?;
    let mut session = redact.start(&context()?).await?;
    let call = quickest(2000, async || {
        session.on_text(std::slice::from_ref(&chunk)).await.map(drop).map_err(Into::into)
    })
    .await?;
    report.add("redact: on-text, 8 bytes, passed", micros(call), String::new(), "≤ 1 µs");

    let route = bind(&catalog, "route").await?;
    let mut session = route.start(&context()?).await?;
    let summary = Summary {
        model: "gpt-4o-mini".to_owned(),
        message_count: 3,
        prompt_bytes: 1000,
        tool_count: 0,
        has_images: false,
        max_tokens: None,
    };
    let call =
        quickest(2000, async || session.on_route(&summary).await.map(drop).map_err(Into::into)).await?;
    report.add("route: on-route", micros(call), String::new(), "");
    Ok(())
}

pub(crate) async fn bind(catalog: &Arc<Catalog>, name: &str) -> anyhow::Result<Arc<dyn Plugin>> {
    Ok(catalog
        .bind(&EnabledPlugin::new(PluginName::parse(name)?, "{}"), &KeyId::parse("aaaaaaaaaa")?)
        .await?)
}

pub(crate) fn context() -> anyhow::Result<Context> {
    Ok(Context {
        request: RequestId::parse("req_bench")?,
        key: KeyId::parse("aaaaaaaaaa")?,
        labels: Vec::new(),
        client_format: "openai-chat".into(),
        delivery: adit::chat::Delivery::Streamed,
        deadline: adit::pipeline::Deadline::Never,
    })
}

/// The mean of the quickest batch.
async fn quickest(calls: u32, mut call: impl AsyncFnMut() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let mut best = Duration::MAX;
    for _ in 0..BATCHES {
        let begun = Instant::now();
        for _ in 0..calls {
            call().await?;
        }
        best = best.min(begun.elapsed() / calls);
    }
    Ok(best)
}

fn micros(duration: Duration) -> String {
    format!("{:.2} µs", duration.as_secs_f64() * 1e6)
}
