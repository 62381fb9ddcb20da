use serde::{Deserialize, Serialize};

use super::tool::Answered;
use crate::error::{Failure, Kind};

/// What comes of a conversation. What a file does not name of the first five is not compared;
/// how it ends always is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Expectation {
    /// The model that is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) model: Option<String>,
    /// Every string that the model reads, in order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) prompt: Option<Vec<String>>,
    /// What the client reads, a text for each block.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) answer: Option<Vec<String>>,
    /// What the tool answers that is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) result: Option<Answered>,
    /// What the client hears while a tool is called, a line each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) told: Option<Vec<String>>,
    /// What the plugin finds wrong with its config.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) config_faults: Vec<ConfigFault>,
    /// The plugin's refusal, in place of an answer or behind the beginning of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refused: Option<Refusal>,
    /// How the plugin failed, as the operator's log says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<String>,
    /// Where a tool does not keep its own word: wrong, whatever is expected.
    #[serde(skip)]
    pub(super) misfits: Vec<String>,
}

/// A fault of a config.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConfigFault {
    /// A JSON Pointer.
    pub(super) path: String,
    /// What is wrong.
    pub(super) message: String,
}

/// What a client reads of a refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refusal {
    /// The HTTP status.
    pub(super) status: u16,
    /// The code, if there is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) code: String,
    /// The message.
    pub(super) message: String,
}

impl Expectation {
    /// Notes how a request failed.
    pub(super) fn failed(&mut self, failure: Failure) {
        if let Kind::PluginDenied(status) = failure.kind {
            let code = failure.code.unwrap_or_default().into_owned();
            self.refused = Some(Refusal { status, code, message: failure.message });
        } else {
            self.fault = Some(failure.internal.unwrap_or(failure.message));
        }
    }

    /// Where what was found is not what is expected here.
    pub(super) fn differences(&self, found: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        let shown = |it: &Option<String>| it.as_ref().map_or("nothing".to_owned(), |it| format!("{it:?}"));
        if self.model.is_some() && self.model != found.model {
            lines.push(format!("model: expected {}, found {}", shown(&self.model), shown(&found.model)));
        }
        texts("prompt", self.prompt.as_deref(), found.prompt.as_deref(), &mut lines);
        texts("answer", self.answer.as_deref(), found.answer.as_deref(), &mut lines);
        texts("told", self.told.as_deref(), found.told.as_deref(), &mut lines);
        match (&self.result, &found.result) {
            (Some(expected), Some(found)) => lines.extend(expected.differences(found)),
            (Some(_), None) => lines.push("result: the tool gave none".to_owned()),
            (None, _) => {}
        }
        if self.config_faults != found.config_faults {
            let all = |these: &[ConfigFault]| -> String {
                let each: Vec<_> = these.iter().map(|it| format!("{}: {}", it.path, it.message)).collect();
                if each.is_empty() { "none".to_owned() } else { each.join("; ") }
            };
            lines.push(format!(
                "config_faults: expected {}, found {}",
                all(&self.config_faults),
                all(&found.config_faults)
            ));
        }
        if self.refused != found.refused {
            let one = |it: &Option<Refusal>| {
                it.as_ref()
                    .map_or("none".to_owned(), |it| format!("{} {} {:?}", it.status, it.code, it.message))
            };
            lines.push(format!("refused: expected {}, found {}", one(&self.refused), one(&found.refused)));
        }
        if self.fault != found.fault {
            lines.push(format!("fault: expected {}, found {}", shown(&self.fault), shown(&found.fault)));
        }
        lines
    }

    /// How another split of the same answer ended otherwise. What a client has read before a refusal
    /// depends on the split, and is not compared.
    pub(super) fn differs_from_split(&self, other: &Self) -> Option<String> {
        let both = Self { model: None, prompt: None, ..self.clone() };
        both.differences(other).into_iter().next()
    }
}

fn texts(what: &str, expected: Option<&[String]>, found: Option<&[String]>, lines: &mut Vec<String>) {
    let Some(expected) = expected else { return };
    let Some(found) = found else {
        lines.push(format!("{what}: expected {} texts, found none", expected.len()));
        return;
    };
    if expected.len() != found.len() {
        lines.push(format!("{what}: expected {} texts, found {}: {found:?}", expected.len(), found.len()));
    }
    for (index, (mine, other)) in expected.iter().zip(found).enumerate() {
        if mine != other {
            lines.push(format!("{what}[{index}]: expected {mine:?}, found {other:?}"));
        }
    }
}
