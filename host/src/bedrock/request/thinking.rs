//! How much the model thinks, said in the way of its family, and how many tokens it may write.
//!
//! | family | an effort becomes | Anthropic's own `thinking` |
//! |---|---|---|
//! | Claude up to 4.5 | `thinking {enabled, budget_tokens}` | its budget at least 1024, with room for an answer |
//! | Claude from 4.6 | `thinking {adaptive}`, `output_config {effort}` | a budget becomes `adaptive` |
//! | Nova 2 | `reasoningConfig` | reported |
//! | models that take a word | `reasoning_effort` | reported |
//! | models that are not known | reported | as it is |
//! | all others | reported | reported |

use std::num::NonZeroU32;

use serde_json::{Map, Value, json};

use crate::capability::{Budgets, Capabilities, Thinking as Style};
use crate::chat::{Effort, Json, Message, Part, Request, Role, Thinking};

use super::Dropped;
use super::additional::Additional;

const EFFORT: &str = "reasoning_effort";
const GIVEN: &str = "thinking";

/// The most that Converse takes as `maxTokens`.
const MOST: u32 = i32::MAX.unsigned_abs();

/// What was decided.
pub(super) struct Decided {
    /// How the model thinks.
    pub(super) mode: Mode,
    /// `maxTokens`.
    pub(super) max_tokens: Option<u32>,
}

/// How a model thinks, as far as other members depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// It does not, or in a way on which nothing depends.
    Free,
    /// As Claude does: no forced choice of a tool, no prefill, hardly any sampling.
    Claude,
    /// As Nova does with high effort: no sampling at all, and no limit of tokens.
    NovaHigh,
}

/// Decides, and writes what the model is told into `additional`.
pub(super) fn decide(
    request: &Request,
    capabilities: &Capabilities,
    additional: &mut Additional<'_>,
    dropped: &mut Dropped,
) -> Decided {
    let limit = capabilities.max_output_tokens.map(NonZeroU32::get);
    let wanted = request.sampling.max_tokens;
    let max_tokens = match (wanted, limit) {
        (Some(wanted), Some(limit)) if wanted > limit => {
            dropped.note("max_tokens");
            Some(limit)
        }
        _ => wanted.or(limit),
    };
    let mut room = Room { max_tokens, limit };
    let mode = match &request.thinking {
        Thinking::Unsaid => Mode::Free,
        Thinking::Off => {
            // These think at some effort, and there is no word for none.
            if let Style::Effort { .. } = capabilities.thinking {
                dropped.note(EFFORT);
            }
            Mode::Free
        }
        Thinking::Effort(effort) => by_effort(*effort, request, capabilities, &mut room, additional, dropped),
        Thinking::Given(json) => given(json, request, capabilities, &mut room, additional, dropped),
    };
    Decided { mode, max_tokens: room.max_tokens }
}

fn by_effort(
    effort: Effort,
    request: &Request,
    capabilities: &Capabilities,
    room: &mut Room,
    additional: &mut Additional<'_>,
    dropped: &mut Dropped,
) -> Mode {
    match &capabilities.thinking {
        Style::None => {
            dropped.note(EFFORT);
            Mode::Free
        }
        Style::Budget(budgets) => {
            let budget = if lacks_thought(&request.messages) {
                None
            } else {
                room.make_for(budgets.tokens(effort), dropped)
            };
            let Some(budget) = budget else {
                dropped.note(EFFORT);
                return Mode::Free;
            };
            additional.replace(GIVEN, json!({ "type": "enabled", "budget_tokens": budget }), dropped);
            Mode::Claude
        }
        Style::Adaptive { efforts } => {
            additional.replace(GIVEN, json!({ "type": "adaptive" }), dropped);
            let effort = json!({ "effort": efforts.nearest(effort).as_str() });
            additional.add("output_config", effort, &[EFFORT], dropped);
            Mode::Claude
        }
        Style::Nova { efforts } => {
            let mut effort = efforts.nearest(effort);
            if effort >= Effort::High && request.sampling.max_tokens.is_some() {
                // With high effort Nova takes no limit; the client's limit is what it pays at most.
                dropped.note(EFFORT);
                effort = efforts.nearest(Effort::Medium);
            }
            let config = json!({ "type": "enabled", "maxReasoningEffort": effort.as_str() });
            additional.replace("reasoningConfig", config, dropped);
            if effort < Effort::High {
                return Mode::Free;
            }
            room.max_tokens = None;
            Mode::NovaHigh
        }
        Style::Effort { efforts } => {
            additional.add(EFFORT, json!(efforts.nearest(effort).as_str()), &[EFFORT], dropped);
            Mode::Free
        }
    }
}

/// Anthropic's own object. Members of it that are not known here are left as they are.
fn given(
    json: &Json,
    request: &Request,
    capabilities: &Capabilities,
    room: &mut Room,
    additional: &mut Additional<'_>,
    dropped: &mut Dropped,
) -> Mode {
    let is_known = capabilities.family != Capabilities::OTHER;
    let object = serde_json::from_str::<Map<String, Value>>(json.as_str());
    let (Ok(mut object), false) = (object, takes_no_object(&capabilities.thinking) && is_known) else {
        dropped.note(GIVEN);
        return Mode::Free;
    };
    let kind = object.get("type").and_then(Value::as_str).unwrap_or_default();
    if kind == "disabled" {
        additional.replace(GIVEN, Value::Object(object), dropped);
        return Mode::Free;
    }
    match &capabilities.thinking {
        Style::Budget(budgets) => {
            let asked = object.get("budget_tokens").and_then(Value::as_u64).filter(|_| kind == "enabled");
            let wanted = asked.map_or(budgets.tokens(Effort::High), |tokens| {
                u32::try_from(tokens).unwrap_or(MOST).max(Budgets::MINIMUM)
            });
            let budget = if lacks_thought(&request.messages) { None } else { room.make_for(wanted, dropped) };
            if budget.map(u64::from) != asked || budget.is_none() {
                dropped.note(GIVEN);
            }
            let Some(budget) = budget else { return Mode::Free };
            object.insert("type".to_owned(), json!("enabled"));
            object.insert("budget_tokens".to_owned(), json!(budget));
        }
        Style::Adaptive { .. } if kind != "adaptive" => {
            dropped.note(GIVEN);
            object.insert("type".to_owned(), json!("adaptive"));
            object.remove("budget_tokens");
        }
        _ => {}
    }
    additional.replace(GIVEN, Value::Object(object), dropped);
    Mode::Claude
}

fn takes_no_object(style: &Style) -> bool {
    matches!(style, Style::None | Style::Nova { .. } | Style::Effort { .. })
}

/// `maxTokens`, and how far it may be raised.
struct Room {
    max_tokens: Option<u32>,
    limit: Option<u32>,
}

impl Room {
    /// The budget for which there is room beside an answer, at most the one that is wanted; none, if
    /// Claude would refuse what is left.
    fn make_for(&mut self, budget: u32, dropped: &mut Dropped) -> Option<u32> {
        let Some(max_tokens) = self.max_tokens else { return Some(budget) };
        let needed = budget.saturating_add(Budgets::ROOM);
        if max_tokens >= needed {
            return Some(budget);
        }
        let raised = needed.min(self.limit.unwrap_or(MOST)).max(max_tokens);
        let fitting = raised.saturating_sub(Budgets::ROOM).min(budget);
        if fitting < Budgets::MINIMUM {
            return None;
        }
        if raised > max_tokens {
            dropped.note("max_tokens");
            self.max_tokens = Some(raised);
        }
        Some(fitting)
    }
}

/// Whether the model is in the middle of calling tools and what it thought before is lost: Claude
/// refuses to think on from there (Bedrock User Guide, "Extended thinking", "with tool use").
fn lacks_thought(messages: &[Message]) -> bool {
    let mut is_calling = false;
    for message in messages.iter().rev() {
        let has = |wanted: fn(&Part) -> bool| message.parts.iter().any(wanted);
        match message.role {
            Role::User if has(|part| matches!(part, Part::ToolResult(_))) => {}
            Role::Assistant if has(|part| matches!(part, Part::ToolUse(_))) => {
                if has(is_sealed_thought) {
                    return false;
                }
                is_calling = true;
            }
            Role::User | Role::Assistant => break,
        }
    }
    is_calling
}

fn is_sealed_thought(part: &Part) -> bool {
    match part {
        Part::Reasoning(reasoning) => reasoning.signature.is_some(),
        Part::RedactedReasoning(_) => true,
        _ => false,
    }
}
