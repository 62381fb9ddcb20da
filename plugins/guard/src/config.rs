//! The plugin's options.

use adit_plugin::{ConfigError, Failure, json_config, pointer};
use serde::Deserialize;

use crate::limits::Limits;
use crate::rule::{Places, Rule, Topic};
use crate::system::System;
use crate::term::{Borders, LONGEST, Term};
use crate::terms::Terms;

/// Most terms of one rule.
const MOST_TERMS: usize = 100;

/// The plugin's options, checked.
#[derive(Debug)]
pub struct Config {
    pub(crate) deny: Vec<Rule>,
    pub(crate) topics: Vec<Topic>,
    pub(crate) limits: Limits,
    pub(crate) system: Option<System>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    #[serde(default)]
    deny: Vec<RuleOptions>,
    #[serde(default)]
    topics: Vec<TopicOptions>,
    #[serde(default)]
    limits: Limits,
    system: Option<System>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleOptions {
    terms: Vec<String>,
    #[serde(default, rename = "in")]
    place: PlaceOption,
    #[serde(default = "yes")]
    whole_words: bool,
    message: Option<String>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PlaceOption {
    #[default]
    Both,
    Prompt,
    Answer,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicOptions {
    name: String,
    terms: Vec<String>,
    at_least: usize,
    message: Option<String>,
}

fn yes() -> bool {
    true
}

impl adit_plugin::Config for Config {
    fn parse(json: &str) -> Result<Self, Vec<ConfigError>> {
        let Options { deny, topics, limits, system } = json_config(json)?;
        let mut faults = Vec::new();
        if system.as_ref().is_some_and(|system| system.text.trim().is_empty()) {
            faults.push(ConfigError::new("/system/text", "is blank: leave `system` out instead"));
        }
        let deny = numbered("/deny", deny).map(|(path, rule)| rule.check(&path, &mut faults)).collect();
        let topics =
            numbered("/topics", topics).map(|(path, topic)| topic.check(&path, &mut faults)).collect();
        if faults.is_empty() { Ok(Self { deny, topics, limits, system }) } else { Err(faults) }
    }
}

fn numbered<T>(path: &str, items: Vec<T>) -> impl Iterator<Item = (String, T)> {
    (0_usize..).zip(items).map(move |(number, item)| (pointer(path, &number.to_string()), item))
}

impl RuleOptions {
    fn check(self, path: &str, faults: &mut Vec<ConfigError>) -> Rule {
        let borders = if self.whole_words { Borders::Words } else { Borders::Anywhere };
        let (prompt, answer) = match self.place {
            PlaceOption::Both => (true, true),
            PlaceOption::Prompt => (true, false),
            PlaceOption::Answer => (false, true),
        };
        let message = self.message.unwrap_or_else(|| "the content is not allowed here".to_owned());
        Rule {
            terms: terms(&self.terms, borders, path, faults),
            places: Places { prompt, answer },
            failure: Failure { status: 403, code: "content_denied".to_owned(), message },
        }
    }
}

impl TopicOptions {
    fn check(self, path: &str, faults: &mut Vec<ConfigError>) -> Topic {
        let count = self.terms.len();
        if !(1..=count).contains(&self.at_least) {
            let message = format!("expected a whole number from 1 to the number of terms, which is {count}");
            faults.push(ConfigError::new(pointer(path, "at_least"), message));
        }
        let message =
            self.message.unwrap_or_else(|| format!("the topic `{}` is not allowed here", self.name));
        Topic {
            terms: terms(&self.terms, Borders::Words, path, faults),
            at_least: self.at_least,
            failure: Failure { status: 403, code: "topic_denied".to_owned(), message },
        }
    }
}

fn terms(texts: &[String], borders: Borders, path: &str, faults: &mut Vec<ConfigError>) -> Terms {
    let path = pointer(path, "terms");
    if texts.is_empty() || texts.len() > MOST_TERMS {
        faults.push(ConfigError::new(path.as_str(), format!("expected 1 to {MOST_TERMS} terms")));
    }
    let mut terms = Vec::with_capacity(texts.len());
    for (number, text) in texts.iter().enumerate() {
        match Term::parse(text, borders) {
            Some(term) => terms.push(term),
            None => faults.push(ConfigError::new(
                pointer(&path, &number.to_string()),
                format!("expected 1 to {LONGEST} characters"),
            )),
        }
    }
    Terms::new(terms, borders)
}
