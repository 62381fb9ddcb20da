//! A rule: when it applies, and what it does.

use adit_plugin::{ConfigError, Failure, Label, Summary};
use serde_json::Value;

use crate::glob::Glob;
use crate::members::{Faults, Members, text};
use crate::split::Split;

/// What happens to the requests that the conditions hold for.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) when: When,
    pub(crate) action: Action,
}

/// What a rule does.
#[derive(Debug)]
pub(crate) enum Action {
    To(Split),
    Deny(Failure),
}

/// Conditions that have to hold together. None at all always hold.
#[derive(Debug, Default)]
pub(crate) struct When {
    model: Option<Glob>,
    prompt_bytes: Bounds,
    messages: Bounds,
    tools: Bounds,
    max_tokens: Bounds,
    images: Option<bool>,
    labels: Vec<(String, Glob)>,
}

impl Rule {
    pub(crate) fn parse(value: Value, path: &str, faults: &mut Faults) -> Option<Self> {
        let mut members = Members::open(value, path, faults)?;
        let when = match members.take("when") {
            Some((value, path)) => When::parse(value, &path, faults),
            None => Some(When::default()),
        };
        let action = match (members.take("to"), members.take("deny")) {
            (Some((value, path)), None) => Split::parse(value, &path, faults).map(Action::To),
            (None, Some((value, path))) => failure(value, &path, faults).map(Action::Deny),
            _ => {
                faults.push(ConfigError::new(path, "expected either `to` or `deny`"));
                None
            }
        };
        members.close(faults);
        Some(Self { when: when?, action: action? })
    }
}

impl When {
    fn parse(value: Value, path: &str, faults: &mut Faults) -> Option<Self> {
        let mut members = Members::open(value, path, faults)?;
        let model = members.take("model").and_then(|(value, path)| glob(value, &path, faults));
        let mut bounds = |least, most| Bounds::take(&mut members, least, most, faults);
        let prompt_bytes = bounds("min_prompt_bytes", "max_prompt_bytes");
        let messages = bounds("min_messages", "max_messages");
        let max_tokens = bounds("max_tokens_at_least", "max_tokens_at_most");
        let mut tools = bounds("min_tools", "max_tools");
        match members.flag("has_tools", faults) {
            Some(true) => tools.least = Some(tools.least.map_or(1, |least| least.max(1))),
            Some(false) => tools.most = Some(0),
            None => {}
        }
        let images = members.flag("has_images", faults);
        let labels = members.take("label").and_then(|(value, path)| Members::open(value, &path, faults));
        let labels = labels.map(|labels| labels.all(faults)).unwrap_or_default();
        let labels = labels
            .into_iter()
            .filter_map(|(name, value, path)| Some((name, glob(value, &path, faults)?)))
            .collect();
        members.close(faults);
        Some(Self { model, prompt_bytes, messages, tools, max_tokens, images, labels })
    }

    /// Whether all the conditions hold.
    pub(crate) fn holds(&self, request: &Summary, labels: &[Label]) -> bool {
        let has_label = |(name, value): &(String, Glob)| {
            labels.iter().any(|label| label.name == *name && value.matches(&label.value))
        };
        self.model.as_ref().is_none_or(|model| model.matches(&request.model))
            && self.images.is_none_or(|images| images == request.has_images)
            && self.prompt_bytes.hold(Some(request.prompt_bytes))
            && self.messages.hold(Some(request.message_count.into()))
            && self.tools.hold(Some(request.tool_count.into()))
            && self.max_tokens.hold(request.max_tokens.map(u64::from))
            && self.labels.iter().all(has_label)
    }
}

/// The least and the most that a number may be, both included.
#[derive(Debug, Default)]
struct Bounds {
    least: Option<u64>,
    most: Option<u64>,
}

impl Bounds {
    fn take(members: &mut Members, least: &str, most: &str, faults: &mut Faults) -> Self {
        let bounds = Self { least: members.number(least, faults), most: members.number(most, faults) };
        if let (Some(low), Some(high)) = (bounds.least, bounds.most)
            && low > high
        {
            members.fault(least, &format!("is above `{most}`"), faults);
        }
        bounds
    }

    /// No bounds hold for every number, also for one that is not given; any bound needs one.
    fn hold(&self, number: Option<u64>) -> bool {
        match number {
            Some(number) => {
                self.least.is_none_or(|least| number >= least) && self.most.is_none_or(|most| number <= most)
            }
            None => self.least.is_none() && self.most.is_none(),
        }
    }
}

fn glob(value: Value, path: &str, faults: &mut Faults) -> Option<Glob> {
    let pattern = text(value, path, faults)?;
    Glob::parse(&pattern).map_err(|fault| faults.push(ConfigError::new(path, fault))).ok()
}

fn failure(value: Value, path: &str, faults: &mut Faults) -> Option<Failure> {
    let mut members = Members::open(value, path, faults)?;
    let status = members.required("status", faults).and_then(|(value, path)| {
        let status = value.as_u64().and_then(|status| u16::try_from(status).ok());
        let status = status.filter(|status| (400..=599).contains(status));
        if status.is_none() {
            faults.push(ConfigError::new(path, "expected an HTTP status from 400 to 599"));
        }
        status
    });
    let code = members.required("code", faults);
    let code = code.and_then(|(value, path)| text(value, &path, faults));
    let message = members.required("message", faults);
    let message = message.and_then(|(value, path)| text(value, &path, faults));
    members.close(faults);
    Some(Failure::new(status?, code?, message?))
}
