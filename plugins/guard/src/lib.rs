//! Refuses requests and stops answers by an operator's rules. The options stand in this folder's README.

mod config;
mod limits;
mod reading;
mod rule;
mod system;
mod term;
mod terms;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::rc::Rc;

use adit_plugin::chat::{Request, RequestVerdict};
use adit_plugin::{Chunk, Outcome, Plugin, PluginError, RequestContext, TextKinds, TextVerdict};

pub use config::Config;
use term::Scan;

/// The guard of one request.
pub struct Guard {
    config: Rc<Config>,
    /// The last character of each block that was let through: a word may have begun in it.
    before: HashMap<u32, char>,
}

impl Plugin for Guard {
    type Config = Config;
    /// Longer than any term can be written.
    const WINDOW: u32 = 4096;

    fn wants(config: &Config) -> TextKinds {
        if config.deny.iter().any(|rule| rule.places.answer) { TextKinds::all() } else { TextKinds::empty() }
    }

    fn start(config: Rc<Config>, _: RequestContext) -> Self {
        Self { config, before: HashMap::new() }
    }

    fn on_request(&mut self, mut request: Request) -> Result<RequestVerdict, PluginError> {
        let config = &self.config;
        if let Some(failure) = config.limits.breach(&request) {
            return Ok(RequestVerdict::Deny(failure));
        }
        if let Some(rule) = config.deny.iter().find(|rule| rule.places.prompt && rule.is_in(&request)) {
            return Ok(RequestVerdict::Deny(rule.failure.clone()));
        }
        if let Some(topic) = config.topics.iter().find(|topic| topic.is_in(&request)) {
            return Ok(RequestVerdict::Deny(topic.failure.clone()));
        }
        let lowered = config.limits.lower(&mut request);
        let pinned = config.system.as_ref().is_some_and(|system| system.pin(&mut request));
        Ok(if lowered || pinned { RequestVerdict::Replace(request) } else { RequestVerdict::Keep })
    }

    fn on_text(&mut self, chunks: Vec<Chunk>) -> Result<TextVerdict, PluginError> {
        let rules = self.config.deny.iter().filter(|rule| rule.places.answer);
        let mut outcomes = Vec::with_capacity(chunks.len());
        for chunk in &chunks {
            let before = self.before.get(&chunk.index).copied();
            let mut certain = chunk.text.len();
            for rule in rules.clone() {
                match rule.terms.scan(&chunk.text, before, chunk.final_) {
                    Scan::Found => return Ok(TextVerdict::Stop(rule.failure.clone())),
                    Scan::Perhaps { from } => certain = certain.min(from),
                    Scan::Absent => {}
                }
            }
            match chunk.text.get(..certain).and_then(|passed| passed.chars().next_back()) {
                _ if chunk.final_ => drop(self.before.remove(&chunk.index)),
                Some(last) => drop(self.before.insert(chunk.index, last)),
                None => {}
            }
            outcomes.push(Outcome::hold(certain));
        }
        let all = outcomes
            .iter()
            .zip(&chunks)
            .all(|(outcome, chunk)| outcome.consumed as usize == chunk.text.len());
        Ok(if all { TextVerdict::Pass } else { TextVerdict::Rewrite(outcomes) })
    }
}

adit_plugin::register!(Guard: request, text);
