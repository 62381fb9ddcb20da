//! `cargo xtask instructions`: what a call of a plugin costs, in instructions, held to what it cost before.
//!
//! Clocks cannot see a change of a few percent on a machine that does other things; a count of
//! instructions can. valgrind's callgrind counts them on a processor of its own, so the count is the same
//! on any machine with the same compiler.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::command::{output, say};
use crate::debian;
use crate::plugins;
use crate::wasm_toolchain::WasmToolchain;
use crate::workspace::Workspace;

/// What was counted when somebody last looked, by scene.
const BASELINE: &str = "benches/instructions.txt";

/// How much more, in percent, is a regression. Two ways to divide the same code among compilations
/// (incremental or not) differ by less.
const TOLERANCE: u64 = 15;

/// What is counted, and how often it is called for that.
const SCENES: [(&str, u64); 8] = [
    ("start", 200),
    ("pass", 4000),
    ("idle", 8000),
    ("route", 4000),
    ("request", 4000),
    ("event", 4000),
    ("text", 4000),
    ("redact", 4000),
];

/// Where the plugins lie whose calls are counted.
#[derive(Clone, Copy)]
pub(crate) struct Components<'a> {
    /// The first-party ones.
    pub(crate) plugins: &'a Path,
    /// Those of the tests.
    pub(crate) guests: &'a Path,
}

/// What becomes of the counts.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// Write them down as what a call may cost from now on.
    #[arg(long)]
    renew: bool,
}

/// Builds what is needed, then counts.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<()> {
    let toolchain = WasmToolchain::choose()?;
    let (plugins, guests) =
        (plugins::build(workspace, &toolchain)?, plugins::build_guests(workspace, &toolchain)?);
    let components = Components { plugins: &plugins, guests: &guests };
    if options.renew {
        let lines =
            count(workspace, components)?.into_iter().map(|(scene, count)| format!("{scene} {count}\n"));
        std::fs::write(workspace.root.join(BASELINE), lines.collect::<String>())?;
        return Ok(());
    }
    check(workspace, components)
}

/// Counts, and fails if anything costs clearly more than it did.
pub(crate) fn check(workspace: &Workspace, components: Components<'_>) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(workspace.root.join(BASELINE)).context("there is no baseline")?;
    let baseline = parse(&text)?;
    let mut dearer = Vec::new();
    for (scene, count) in count(workspace, components)? {
        let Some(before) = baseline.get(scene) else { bail!("{BASELINE} has no line for `{scene}`") };
        println!("{scene:<8} {count:>9} instructions a call, {before} before");
        if count * 100 > before * (100 + TOLERANCE) {
            dearer.push(scene);
        }
    }
    if !dearer.is_empty() {
        let dearer = dearer.join(", ");
        bail!(
            "more than {TOLERANCE} % dearer: {dearer}. If it is worth it, type `cargo xtask instructions --renew`"
        );
    }
    Ok(())
}

fn count(workspace: &Workspace, components: Components<'_>) -> anyhow::Result<Vec<(&'static str, u64)>> {
    ensure_valgrind()?;
    say("counting the instructions of calls of plugins");
    workspace.build_servers()?;
    let program = workspace.binary("benches");
    let mut counts = Vec::new();
    for (scene, calls) in SCENES {
        // What is paid once, such as compiling, is in both.
        let (few, many) = (
            collected(&program, components, scene, calls / 4)?,
            collected(&program, components, scene, calls + calls / 4)?,
        );
        counts.push((scene, many.saturating_sub(few) / calls));
    }
    Ok(counts)
}

/// All instructions of one run.
fn collected(program: &Path, components: Components<'_>, scene: &str, calls: u64) -> anyhow::Result<u64> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program);
    valgrind.args(["repeat", "--plugins"]).arg(components.plugins).arg("--guests").arg(components.guests);
    valgrind.args([scene, &calls.to_string()]);
    let told = valgrind.output().context("cannot run valgrind")?;
    let told = String::from_utf8_lossy(&told.stderr).into_owned();
    let line = told.lines().find_map(|line| line.split_once("Collected :"));
    let (_, count) = line.with_context(|| format!("valgrind counted nothing: {told}"))?;
    count.trim().parse().context("valgrind did not print a number")
}

fn parse(text: &str) -> anyhow::Result<BTreeMap<&str, u64>> {
    let line = |line| -> anyhow::Result<(&str, u64)> {
        let (scene, count): (&str, &str) =
            str::split_once(line, ' ').context("a line of the baseline has no number")?;
        Ok((scene, count.parse()?))
    };
    text.lines().map(line).collect()
}

fn ensure_valgrind() -> anyhow::Result<()> {
    if output(Command::new("valgrind").arg("--version")).is_some() {
        return Ok(());
    }
    if !debian::may_install() {
        bail!("there is no valgrind: type `sudo apt-get install valgrind`");
    }
    say("installing valgrind");
    debian::install(&["valgrind"])
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test may fail loudly")]
    use super::*;

    #[test]
    fn the_baseline_has_every_scene() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let text = std::fs::read_to_string(root.join(BASELINE)).unwrap();
        let baseline = parse(&text).unwrap();
        assert!(SCENES.iter().all(|(scene, _)| baseline.contains_key(scene)), "{text}");
        assert!(parse("text\n").is_err());
    }
}
