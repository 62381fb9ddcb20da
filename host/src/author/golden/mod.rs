//! `adit plugin test`: conversations as data, each run as it is and then with its answer cut in every
//! way that could make a difference.

mod conversation;
mod expectation;
mod splits;
mod tool;
mod update;

use std::path::{Path, PathBuf};

use super::loaded::{Loaded, Unusable};
use super::project::Project;
use conversation::Conversation;
use expectation::Expectation;

pub(super) use conversation::{context, request_of};
pub(super) use splits::{Block, answer_in_pieces};
pub(super) use tool::{Listener, arguments, asked, call, in_words};

/// Whether files are compared with what happens, or written by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// What happens has to be what the file expects.
    Compare,
    /// What happens is written into the file.
    Update,
}

/// Why nothing was tested.
#[derive(Debug, thiserror::Error)]
pub enum TestFault {
    /// The plugin cannot be had.
    #[error("{0}")]
    Unusable(#[from] Unusable),
    /// There are no files.
    #[error("there is nothing to test: `{0}` holds no `*.toml`")]
    Nothing(PathBuf),
}

/// What became of one file.
#[derive(Debug)]
pub struct Outcome {
    /// The file's name without its ending.
    pub name: String,
    /// The ways in which the answer was cut.
    pub splits: usize,
    /// Whether it passed.
    pub verdict: Verdict,
}

/// Whether a conversation passed.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All was as expected.
    Passed,
    /// The file was written anew.
    Updated,
    /// It was not, in these points.
    Failed(Vec<String>),
}

/// Runs every conversation of a plugin, and tells of each as soon as it is done.
pub async fn run(
    project: &Project,
    mode: Mode,
    mut told: impl FnMut(&Outcome),
) -> Result<Vec<Outcome>, TestFault> {
    let files = files(&project.tests);
    if files.is_empty() {
        return Err(TestFault::Nothing(project.tests.clone()));
    }
    let loaded = Loaded::open(project)?;
    let mut outcomes = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let outcome = match one(&loaded, &file, mode).await {
            Ok((verdict, splits)) => Outcome { name, splits, verdict },
            Err(fault) => Outcome { name, splits: 0, verdict: Verdict::Failed(vec![fault]) },
        };
        told(&outcome);
        outcomes.push(outcome);
    }
    Ok(outcomes)
}

/// The conversations in a folder, by name.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    files
}

/// One file. The error is a file that is no conversation.
async fn one(loaded: &Loaded, file: &Path, mode: Mode) -> Result<(Verdict, usize), String> {
    let text = std::fs::read_to_string(file).map_err(|fault| format!("cannot be read: {fault}"))?;
    let conversation = Conversation::parse(&text)?;
    let found = conversation.run(loaded, conversation.whole()).await?;
    let splits = conversation.splits();
    let mut problems = found.misfits.clone();
    for split in &splits {
        let other = conversation.run(loaded, split.batches.clone()).await?;
        if let Some(how) = found.differs_from_split(&other) {
            problems.push(format!("the client reads something else with the answer {}: {how}", split.how));
            // The same fault shows at many places; one is enough to find it.
            break;
        }
    }
    if mode == Mode::Update {
        if problems.is_empty() {
            let new = update::with_expectation(&text, &found)?;
            if new == text {
                return Ok((Verdict::Passed, splits.len()));
            }
            std::fs::write(file, new).map_err(|fault| format!("cannot be written: {fault}"))?;
            return Ok((Verdict::Updated, splits.len()));
        }
        return Ok((Verdict::Failed(problems), splits.len()));
    }
    match &conversation.expect {
        Some(expected) => problems.extend(expected.differences(&found)),
        None => {
            problems.push("it expects nothing: `adit plugin test --update` writes what happens".to_owned());
        }
    }
    let verdict = if problems.is_empty() { Verdict::Passed } else { Verdict::Failed(problems) };
    Ok((verdict, splits.len()))
}

#[cfg(test)]
mod tests;
