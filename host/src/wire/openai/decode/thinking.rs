//! `reasoning_effort`, and `thinking`, which is Anthropic's own word for it.

use serde_json::value::RawValue;

use super::body::Body;
use super::dropped::Dropped;
use super::fault;
use super::object::{Text, object};
use crate::chat::{Effort, Json, Thinking};
use crate::error::Failure;

object! {
    /// `thinking`, as far as it is checked; it is sent as it is.
    Given<'a> {
        kind: Text<'a> = "type",
        budget_tokens: f64 = "budget_tokens",
    } ignores []
}

/// Reads both. `thinking` says more, so it wins; an effort beside it is reported.
pub(super) fn decode(body: &Body<'_>, dropped: &mut Dropped) -> Result<Thinking, Failure> {
    let effort = effort(body)?;
    let Some(raw) = body.read::<&RawValue>("thinking")? else { return Ok(effort) };
    if effort != Thinking::Unsaid {
        dropped.note("reasoning_effort");
    }
    let given: Given<'_> = body.read("thinking")?.unwrap_or_default();
    match given.kind.as_ref().map(Text::as_str) {
        Some("enabled") if given.budget_tokens.is_none() => {
            return Err(fault::missing("thinking.budget_tokens", "a number of tokens"));
        }
        Some("enabled" | "disabled" | "adaptive") => {}
        Some(_) => {
            return Err(fault::invalid("thinking.type", "has to be `enabled`, `disabled` or `adaptive`"));
        }
        None => return Err(fault::missing("thinking.type", "`enabled`, `disabled` or `adaptive`")),
    }
    if given.budget_tokens.is_some_and(|tokens| tokens.fract() != 0.0 || !(1.0..=1e9).contains(&tokens)) {
        return Err(fault::invalid(
            "thinking.budget_tokens",
            "has to be a whole number of tokens, at least 1",
        ));
    }
    Json::parse_object(raw.get())
        .map(Thinking::Given)
        .ok_or_else(|| fault::invalid("thinking", "has to hold valid Unicode, at most 128 levels deep"))
}

fn effort(body: &Body<'_>) -> Result<Thinking, Failure> {
    let Some(effort) = body.read::<Text<'_>>("reasoning_effort")? else { return Ok(Thinking::Unsaid) };
    match effort.as_str() {
        "" => Ok(Thinking::Unsaid),
        "none" => Ok(Thinking::Off),
        word => Effort::parse(word).map(Thinking::Effort).ok_or_else(|| {
            fault::invalid(
                "reasoning_effort",
                "has to be `none`, `minimal`, `low`, `medium`, `high`, `xhigh` or `max`",
            )
        }),
    }
}
