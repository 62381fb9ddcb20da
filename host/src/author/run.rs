//! `adit plugin run`: one conversation through one plugin, call by call.

use std::fmt;
use std::sync::PoisonError;

use serde_json::Value;

use super::canned;
use super::golden::{Block, answer_in_pieces, context, request_of};
use super::loaded::{Loaded, Unusable};
use super::project::Project;
use super::watched::{Call, Watched};
use crate::chat::BlockKind;
use crate::error::Failure;
use crate::pipeline::texts;
use crate::plugin::SelfDescription;

/// Why nothing ran.
#[derive(Debug, thiserror::Error)]
pub enum RunFault {
    /// The plugin cannot be had.
    #[error("{0}")]
    Unusable(#[from] Unusable),
    /// The request is none.
    #[error("{0}")]
    Request(String),
}

/// What happened.
#[derive(Debug)]
pub struct Played {
    plugin: SelfDescription,
    calls: Vec<Call>,
    asked: Option<(String, Vec<String>)>,
    answer: Result<Vec<String>, Failure>,
}

/// Plays a request of Chat Completions, which a model answers with this text.
pub async fn run(project: &Project, config: &str, request: &Value, answer: &str) -> Result<Played, RunFault> {
    let request = request_of(request).map_err(RunFault::Request)?;
    let context = context(&request, []).map_err(RunFault::Request)?;
    let loaded = Loaded::open(project)?;
    let plugin = loaded.ask(config).await.map_err(Unusable::from)?;
    let (watched, calls) = Watched::new(loaded.bind(config, "").await?);
    let answer = [Block { kind: BlockKind::Text, text: answer.to_owned() }];
    let passed = canned::pass(watched, context, request, answer_in_pieces(&answer)).await;
    let calls = std::mem::take(&mut *calls.lock().unwrap_or_else(PoisonError::into_inner));
    let asked = passed.asked.map(|asked| {
        let prompt = texts(&asked).into_iter().map(|(_, _, text)| text).collect();
        (asked.model, prompt)
    });
    Ok(Played { plugin, calls, asked, answer: passed.answer })
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.plugin.name, self.plugin.version)?;
        let answering = |call: &Call| matches!(call.function, "on-events" | "on-text" | "on-finish");
        let (after, before): (Vec<_>, Vec<_>) = self.calls.iter().partition(|call| answering(call));
        for call in before {
            write_call(f, call)?;
        }
        match &self.asked {
            None => writeln!(f, "\nno model is asked")?,
            Some((model, prompt)) => {
                writeln!(f, "\nthe model `{model}` reads")?;
                for text in prompt {
                    writeln!(f, "  {text:?}")?;
                }
            }
        }
        for call in after {
            write_call(f, call)?;
        }
        match &self.answer {
            Ok(blocks) => {
                write!(f, "\nthe client reads")?;
                for text in blocks {
                    write!(f, "\n  {text:?}")?;
                }
                Ok(())
            }
            Err(failure) => {
                write!(f, "\nthe client reads a failure\n  {:?}", failure.message)?;
                match &failure.internal {
                    Some(internal) => write!(f, "\nthe log reads\n  {internal}"),
                    None => Ok(()),
                }
            }
        }
    }
}

fn write_call(f: &mut fmt::Formatter<'_>, call: &Call) -> fmt::Result {
    writeln!(f, "\n{}  {} µs", call.function, call.took.as_micros())?;
    for line in &call.input {
        writeln!(f, "  in   {line}")?;
    }
    for line in &call.output {
        writeln!(f, "  out  {line}")?;
    }
    Ok(())
}
