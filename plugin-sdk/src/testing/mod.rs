//! Drives a plugin as the host would, in a plain `cargo test`: no WebAssembly needed.
//!
//! A plugin that breaks the contract (consumes more than it got, cuts a character in two, leaves
//! more than its window, leaves text at a block's end) makes the test panic.
#![expect(clippy::panic, reason = "a broken contract fails the test")]

mod client_format;
mod hold_back;
pub mod host;
mod model_format;
mod order;
mod request;
mod split;
mod structure;
mod tools;

use std::rc::Rc;

use crate::{
    Config, ConfigError, Failure, Plugin, PluginError, PromptVerdict, RouteVerdict, Segment, Summary,
    TextKind, TextKinds, TextVerdict,
};

pub use client_format::{answer_head, http_request};
pub use hold_back::Delta;
pub use model_format::{answer_text, chat_request};
pub use request::{context, segment, summary};
pub use split::{every_split, split_at};
pub use structure::{answer, report, request};
pub use tools::{tool_call, tools};

use hold_back::HoldBack;
use order::Order;

/// Why an answer ended early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The plugin answered `stop`.
    Refused(Failure),
    /// The plugin could not do its work.
    Failed(PluginError),
}

/// One request's run through a plugin.
pub struct Session<P: Plugin> {
    plugin: P,
    wants: TextKinds,
    held: HoldBack,
    next_block: u32,
    /// Of the answer that a model format decodes.
    order: Order,
}

impl<P: Plugin> Session<P> {
    /// Reads the config and starts on a request; [`context`] makes a plain one.
    pub fn start(config: &str, ctx: crate::RequestContext) -> Result<Self, Vec<ConfigError>> {
        let config = Rc::new(P::Config::parse(config)?);
        Ok(Self {
            wants: P::wants(&config),
            plugin: P::start(config, ctx),
            held: HoldBack::default(),
            next_block: 0,
            order: Order::default(),
        })
    }

    /// The plugin itself, to look at what it remembers.
    pub fn plugin(&self) -> &P {
        &self.plugin
    }

    /// Calls hook `route`.
    ///
    /// # Panics
    /// When the plugin answers with an error.
    pub fn route(&mut self, request: Summary) -> RouteVerdict {
        match self.plugin.on_route(request) {
            Ok(verdict) => verdict,
            Err(error) => panic!("the plugin failed: {error:?}"),
        }
    }

    /// Calls hook `prompt` with user messages, and returns them as the model would read them.
    ///
    /// # Panics
    /// When the plugin answers with an error, `respond` or `deny`.
    pub fn prompt<S: AsRef<str>>(&mut self, texts: &[S]) -> Vec<String> {
        let segments = (0..).zip(texts).map(|(id, text)| segment(id, text.as_ref()));
        let mut segments: Vec<_> = segments.collect();
        match self.prompt_segments(segments.clone()) {
            Ok(verdict) => apply(&verdict, &mut segments),
            Err(error) => panic!("the plugin failed: {error:?}"),
        }
        segments.into_iter().map(|segment| segment.text).collect()
    }

    /// Calls hook `prompt` and returns its verdict.
    ///
    /// # Panics
    /// When the verdict edits a segment that does not exist, or one segment twice.
    pub fn prompt_segments(&mut self, segments: Vec<Segment>) -> Result<PromptVerdict, PluginError> {
        let mut ids: Vec<_> = segments.iter().map(|segment| segment.id).collect();
        let verdict = self.plugin.on_prompt(segments)?;
        if let PromptVerdict::Edit(edits) = &verdict {
            for edit in edits {
                match ids.iter().position(|id| *id == edit.id) {
                    Some(at) => drop(ids.swap_remove(at)),
                    None => panic!("edit of segment `{}`, which is unknown or edited already", edit.id),
                }
            }
        }
        Ok(verdict)
    }

    /// Calls hook `text` with the deltas of one block of plain text, one call each, and then with
    /// the block's end. Returns what the client reads.
    ///
    /// # Panics
    /// When the plugin stops the answer, fails, or breaks the contract.
    pub fn text<S: AsRef<str>>(&mut self, deltas: &[S]) -> String {
        self.text_of(TextKind::Text, deltas)
    }

    /// As [`text`](Self::text), for any kind of text.
    ///
    /// # Panics
    /// When the plugin stops the answer, fails, or breaks the contract.
    pub fn text_of<S: AsRef<str>>(&mut self, kind: TextKind, deltas: &[S]) -> String {
        let index = self.next_block;
        self.next_block += 1;
        let deltas = deltas.iter().map(|text| Delta::new(index, kind, text.as_ref()));
        let mut output = String::new();
        for delta in deltas.chain([Delta::end(index, kind)]) {
            match self.deltas(vec![delta]) {
                Ok(passed) => output.extend(passed.into_iter().map(|delta| delta.text)),
                Err(stopped) => panic!("the plugin stopped the answer: {stopped:?}"),
            }
        }
        output
    }

    /// Hands over deltas of any blocks in one call, as the host does when several have arrived.
    /// Returns what the client reads of each; a kind that the plugin does not want passes by it.
    ///
    /// # Panics
    /// When the plugin breaks the contract.
    pub fn deltas(&mut self, deltas: Vec<Delta>) -> Result<Vec<Delta>, Stopped> {
        let (wanted, passed): (Vec<_>, Vec<_>) =
            deltas.into_iter().partition(|delta| self.wants.contains(delta.kind.into()));
        let chunks = self.held.chunks(wanted);
        if chunks.is_empty() {
            return Ok(passed);
        }
        let verdict = self.plugin.on_text(chunks.clone()).map_err(Stopped::Failed)?;
        let mut output = match verdict {
            TextVerdict::Pass => chunks.into_iter().map(Delta::from).collect(),
            TextVerdict::Rewrite(outcomes) => match self.held.settle(chunks, outcomes, P::WINDOW) {
                Ok(output) => output,
                Err(fault) => panic!("broken contract: {fault}"),
            },
            TextVerdict::Stop(failure) => return Err(Stopped::Refused(failure)),
        };
        output.extend(passed);
        Ok(output)
    }
}

/// Changes segments as a verdict of hook `prompt` says.
fn apply(verdict: &PromptVerdict, segments: &mut [Segment]) {
    match verdict {
        PromptVerdict::Keep => {}
        PromptVerdict::Edit(edits) => {
            for segment in segments {
                if let Some(edit) = edits.iter().find(|edit| edit.id == segment.id) {
                    segment.text.clone_from(&edit.text);
                }
            }
        }
        other => panic!("expected `keep` or `edit`: {other:?}"),
    }
}

#[cfg(test)]
mod tests;
