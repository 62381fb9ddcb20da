//! `adit plugin run`: one conversation through one plugin, or one call of a tool, call by call.

use std::fmt;
use std::sync::{Arc, PoisonError};

use serde_json::Value;

use super::canned;
use super::golden::{self, Block, Listener, answer_in_pieces, context, request_of};
use super::loaded::{Loaded, Unusable};
use super::project::Project;
use super::watched::{Call, Watched};
use crate::chat::{BlockKind, Request};
use crate::error::Failure;
use crate::pipeline::{ClientAbilities, ToolCall, texts};
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
    came: Came,
}

/// What came of it.
#[derive(Debug)]
enum Came {
    /// A conversation: what the model was asked, and what the client reads.
    Chat { asked: Option<(String, Vec<String>)>, answer: Result<Vec<String>, Failure> },
    /// A call of a tool: what the client hears meanwhile. What it answers is in the calls.
    Tool { heard: Vec<String>, failure: Option<Failure> },
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
    Ok(Played { plugin, calls, came: Came::Chat { asked, answer: passed.answer } })
}

/// Calls a tool with arguments in JSON.
pub async fn call_tool(
    project: &Project,
    config: &str,
    tool: &str,
    arguments: &str,
) -> Result<Played, RunFault> {
    let context = context(&Request::new("none", Vec::new()), []).map_err(RunFault::Request)?;
    let loaded = Loaded::open(project)?;
    let plugin = loaded.ask(config).await.map_err(Unusable::from)?;
    let (watched, calls) = Watched::new(loaded.bind(config, "").await?);
    let call = ToolCall {
        name: tool.to_owned(),
        arguments: golden::arguments(&Value::from(arguments)).map_err(RunFault::Request)?,
        abilities: ClientAbilities { elicit: true, sample: true, roots: true },
        resumed: None,
    };
    let client = Arc::new(Listener::default());
    let failure = golden::call(watched, context, call, Arc::clone(&client)).await.err();
    let calls = std::mem::take(&mut *calls.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Played { plugin, calls, came: Came::Tool { heard: client.heard(), failure } })
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} {}", self.plugin.name, self.plugin.version)?;
        let answering = |call: &Call| matches!(call.function, "on-events" | "on-text" | "on-finish");
        let (after, before): (Vec<_>, Vec<_>) = self.calls.iter().partition(|call| answering(call));
        for call in before {
            write_call(f, call)?;
        }
        let (asked, answer) = match &self.came {
            Came::Chat { asked, answer } => (asked, answer),
            Came::Tool { heard, failure } => {
                write!(f, "\nthe client hears{}", if heard.is_empty() { " nothing meanwhile" } else { "" })?;
                for line in heard {
                    write!(f, "\n  {line}")?;
                }
                return failure.as_ref().map_or(Ok(()), |failure| write_failure(f, failure));
            }
        };
        match asked {
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
        match answer {
            Ok(blocks) => {
                write!(f, "\nthe client reads")?;
                for text in blocks {
                    write!(f, "\n  {text:?}")?;
                }
                Ok(())
            }
            Err(failure) => write_failure(f, failure),
        }
    }
}

fn write_failure(f: &mut fmt::Formatter<'_>, failure: &Failure) -> fmt::Result {
    write!(f, "\nthe client reads a failure\n  {:?}", failure.message)?;
    match &failure.internal {
        Some(internal) => write!(f, "\nthe log reads\n  {internal}"),
        None => Ok(()),
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
