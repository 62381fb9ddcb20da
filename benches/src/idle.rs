//! What plugins cost a request that they have no hook for.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::Programs;
use crate::components::engine;
use crate::hooks::mean;
use crate::passage::IDLE;
use crate::proxy::{Answer, Data, completion};
use crate::report::{Report, fine_micros, micros};
use crate::server::Server;
use crate::stage::{Scene, Stage};
use crate::streams::words;
use crate::turns::{Cost, in_turn};

const MODEL: &str = "us.amazon.nova-lite-v1:0";

/// Batches of each, in turn.
const BATCHES: usize = 30;

/// Measures ten of them beside none: in one server with two keys, and in the pipeline alone.
pub(crate) async fn measure(programs: &Programs, folder: &Path, report: &mut Report) -> anyhow::Result<()> {
    let words = words();
    let sim = Server::start(&programs.sim, &[]).await?;
    let data = Data::new(programs)?;
    let names: Vec<_> = (0..IDLE.len()).map(|number| format!("idle-{number}")).collect();
    for (component, name) in IDLE.iter().zip(&names) {
        data.install(&folder.join(component).with_extension("wasm"), name)?;
    }
    let without = data.key("none", &[]).await?;
    let with = data.key("ten", &names.iter().map(|name| (name.as_str(), "{}")).collect::<Vec<_>>()).await?;
    let adit = data.serve(sim.address).await?;
    let load = |key, answer| completion(key, MODEL, answer, &words);
    let (whole, whole_with) = (load(&without, Answer::Whole), load(&with, Answer::Whole));
    let (streamed, streamed_with) = (load(&without, Answer::Streamed), load(&with, Answer::Streamed));
    let server = &adit.server;
    let all = [(server, &whole), (server, &whole_with), (server, &streamed), (server, &streamed_with)];
    let [whole, whole_with, streamed, streamed_with] = in_turn(all, programs.requests).await?;
    add(report, "Adit, a whole answer, ten plugins without a hook for it", &whole_with, &whole);
    add(report, "Adit, streamed as fast as it comes, ten such plugins", &streamed_with, &streamed);
    in_the_pipeline(folder, report).await
}

fn add(report: &mut Report, what: &str, with: &Cost, without: &Cost) {
    let [ratio, least, most] = with.beside(without);
    let beside = format!("{ratio:.2} × none ({least:.2} to {most:.2})");
    report.add(what, micros(with.cpu), beside, "1.00 ×");
}

/// What a server spends around the pipeline would hide it.
async fn in_the_pipeline(folder: &Path, report: &mut Report) -> anyhow::Result<()> {
    let engine = Arc::new(engine(folder, 4)?);
    let (mut none, mut ten) =
        (Stage::set(Scene::Pass, &engine).await?, Stage::set(Scene::Idle, &engine).await?);
    let mut best = [Duration::MAX; 2];
    for _ in 0..BATCHES {
        for (stage, best) in [&mut none, &mut ten].into_iter().zip(&mut best) {
            *best = (*best).min(mean(500, &mut async || stage.play().await).await?);
        }
    }
    let [without, with] = best;
    let added =
        format!("{:+.2} µs to {}", (with.as_secs_f64() - without.as_secs_f64()) * 1e6, fine_micros(without));
    report.add("  in the pipeline alone", fine_micros(with), added, "");
    Ok(())
}
