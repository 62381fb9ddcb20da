//! What happens to each member of a request: OpenAI's `CreateChatCompletionRequest`, field by field.

/// What becomes of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Treatment {
    /// Read by one of the modules of `decode`.
    Mapped,
    /// Left out, and nobody misses it: the answer is the same.
    Ignored,
    /// Left out and reported, unless it holds a value that changes nothing.
    Dropped {
        /// The values that change nothing, as JSON.
        harmless: &'static [&'static str],
    },
    /// A 400, unless it holds a value that changes nothing: an answer without it would be wrong.
    Refused {
        /// The values that change nothing, as JSON.
        harmless: &'static [&'static str],
        /// What to do about it; the end of the sentence "`field` ...".
        because: &'static str,
    },
}

use Treatment::{Dropped, Ignored, Mapped, Refused};

/// A member and its treatment.
pub(super) struct Field {
    /// The member's name.
    pub(super) name: &'static str,
    /// What becomes of it.
    pub(super) treatment: Treatment,
}

const fn field(name: &'static str, treatment: Treatment) -> Field {
    Field { name, treatment }
}

/// Every member that OpenAI documents, by name.
pub(super) const FIELDS: &[Field] = &[
    field("audio", Refused { harmless: &[], because: "asks for spoken output, which Bedrock does not give" }),
    field("frequency_penalty", Dropped { harmless: &["0"] }),
    field(
        "function_call",
        Refused { harmless: &[r#""none""#, r#""auto""#], because: "is deprecated: use `tool_choice`" },
    ),
    field("functions", Refused { harmless: &["[]"], because: "is deprecated: use `tools`" }),
    field("logit_bias", Dropped { harmless: &["{}"] }),
    field(
        "logprobs",
        Refused { harmless: &["false"], because: "has to be false: Bedrock gives no log probabilities" },
    ),
    field("max_completion_tokens", Mapped),
    field("max_tokens", Mapped),
    field("messages", Mapped),
    field("metadata", Dropped { harmless: &["{}"] }),
    field(
        "modalities",
        Refused {
            harmless: &[r#"["text"]"#, "[]"],
            because: "has to be [\"text\"]: Bedrock answers in text only",
        },
    ),
    field("model", Mapped),
    field(
        "moderation",
        Refused { harmless: &[], because: "is not supported: the answer would not be moderated" },
    ),
    field("n", Refused { harmless: &["1"], because: "has to be 1: Bedrock gives one answer a call" }),
    field("parallel_tool_calls", Dropped { harmless: &["true"] }),
    field("prediction", Dropped { harmless: &[] }),
    field("presence_penalty", Dropped { harmless: &["0"] }),
    field("prompt_cache_key", Ignored),
    field("prompt_cache_options", Dropped { harmless: &["{}", r#"{"mode":"implicit"}"#] }),
    field("prompt_cache_retention", Dropped { harmless: &[r#""in_memory""#] }),
    field("reasoning_effort", Dropped { harmless: &[] }),
    field(
        "response_format",
        Refused {
            harmless: &[r#"{"type":"text"}"#],
            because: "has to be {\"type\":\"text\"}: structured output is not supported yet, use a tool instead",
        },
    ),
    field("safety_identifier", Ignored),
    field("seed", Dropped { harmless: &[] }),
    field("service_tier", Dropped { harmless: &[r#""auto""#, r#""default""#] }),
    field("stop", Mapped),
    field("store", Dropped { harmless: &["false"] }),
    field("stream", Mapped),
    field("stream_options", Mapped),
    field("temperature", Mapped),
    field("tool_choice", Mapped),
    field("tools", Mapped),
    field(
        "top_logprobs",
        Refused { harmless: &["0"], because: "is not supported: Bedrock gives no log probabilities" },
    ),
    field("top_p", Mapped),
    field("user", Ignored),
    field("verbosity", Dropped { harmless: &[r#""medium""#] }),
    field(
        "web_search_options",
        Refused { harmless: &[], because: "is not supported: give the model a search tool" },
    ),
];

/// The treatment of a member; none if OpenAI documents no such member.
pub(super) fn treatment(name: &str) -> Option<Treatment> {
    let place = FIELDS.binary_search_by(|field| field.name.cmp(name)).ok()?;
    FIELDS.get(place).map(|field| field.treatment)
}

#[cfg(test)]
mod tests;
