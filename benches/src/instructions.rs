//! The same calls so many times, for a tool that counts instructions: clocks are too coarse, and too
//! busy elsewhere, to hold a change to what it may cost.

use std::path::Path;
use std::sync::Arc;

use adit::config::PluginLimits;
use adit::pipeline::{Chunk, Summary, TextKind};
use adit::plugin::Catalog;
use adit::store::SeedRoot;

use crate::hooks::{bind, context};

/// What is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Scene {
    /// A fresh instance with `init` and a session, and its end.
    Start,
    /// `on-route` of the plugin `route`.
    Route,
    /// `on-text` of the plugin `hello`: 8 bytes, rewritten.
    Text,
    /// `on-text` of the plugin `redact`: 8 bytes, passed.
    Redact,
}

/// Calls so many times, and nothing else but what a first call needs.
pub(crate) async fn run(plugins: &Path, scene: Scene, calls: u32) -> anyhow::Result<()> {
    // A tool that counts cannot reserve the address space of a thousand instances.
    let limits = PluginLimits { instances: 4, ..PluginLimits::default() };
    let catalog = Arc::new(Catalog::open(plugins, &limits)?.with_seed_root(SeedRoot::new([7; 32])));
    let name = match scene {
        Scene::Start | Scene::Redact => "redact",
        Scene::Route => "route",
        Scene::Text => "hello",
    };
    let plugin = bind(&catalog, name).await?;
    if scene == Scene::Start {
        for _ in 0..calls {
            drop(plugin.start(&context()?).await?);
        }
        return Ok(());
    }
    let mut session = plugin.start(&context()?).await?;
    let chunk = Chunk { index: 0, kind: TextKind::Text, text: "a delta ".to_owned(), last: false };
    let summary = Summary {
        model: "gpt-4o-mini".to_owned(),
        message_count: 3,
        prompt_bytes: 1000,
        tool_count: 0,
        has_images: false,
        max_tokens: None,
    };
    for _ in 0..calls {
        match scene {
            Scene::Route => drop(session.on_route(&summary).await?),
            Scene::Text | Scene::Redact => drop(session.on_text(std::slice::from_ref(&chunk)).await?),
            Scene::Start => {}
        }
    }
    Ok(())
}
