//! The same calls so many times, for a tool that counts instructions: clocks are too coarse, and too
//! busy elsewhere, to hold a change to what it may cost.

use std::sync::Arc;

use crate::components::{Components, engine};
use crate::stage::{Scene, Stage};

/// Calls so many times, and nothing else but what a first call needs.
pub(crate) async fn run(components: &Components, scene: Scene, calls: u32) -> anyhow::Result<()> {
    let folder = components.gather()?;
    // A tool that counts cannot reserve the address space of a thousand instances.
    let engine = Arc::new(engine(folder.path(), 4)?);
    let mut stage = Stage::set(scene, &engine).await?;
    for _ in 0..calls {
        stage.play().await?;
    }
    Ok(())
}
