//! What an instance takes of memory while it works on a request.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;

use crate::components::engine;
use crate::report::Report;
use crate::stage::{Scene, Stage};

/// Instances that are held at the same time.
const HELD: u32 = 500;

/// Holds many instances that have answered a call, each in a pool that had none before.
pub(crate) async fn measure(folder: &Path, report: &mut Report) -> anyhow::Result<()> {
    let scenes = [(Scene::Text, "hello"), (Scene::Redact, "redact"), (Scene::ClientDecode, "ollama")];
    for (scene, plugin) in scenes {
        let engine = Arc::new(engine(folder, HELD + 1)?);
        let mut held = vec![played(scene, &engine).await?];
        let before = resident()?;
        for _ in 0..HELD {
            held.push(played(scene, &engine).await?);
        }
        let taken = resident()?.saturating_sub(before) / u64::from(HELD);
        let what = format!("{plugin}: memory of an instance that has answered a call");
        report.add(what, format!("{:.1} KiB", kibibytes(taken)), format!("of {HELD} held"), "");
    }
    Ok(())
}

async fn played(scene: Scene, engine: &Arc<adit::plugin::Catalog>) -> anyhow::Result<Stage> {
    let mut stage = Stage::set(scene, engine).await?;
    stage.play().await?;
    Ok(stage)
}

/// Bytes of this process that are in memory; what several mappings share counts once (proc(5), `smaps_rollup`).
fn resident() -> anyhow::Result<u64> {
    let rollup = std::fs::read_to_string("/proc/self/smaps_rollup")?;
    let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).context("no Pss")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1024)
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
fn kibibytes(bytes: u64) -> f64 {
    bytes as f64 / 1024.0
}
