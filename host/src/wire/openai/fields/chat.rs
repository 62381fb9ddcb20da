//! OpenAI's `CreateChatCompletionRequest`, and what clients of other gateways add to it.

use super::Treatment::{Dropped, Ignored, Mapped, Refused};
use super::{Field, field};

/// Sorted by name.
pub(super) const FIELDS: &[Field] = &[
    field("additionalModelRequestFields", Mapped),
    field("additional_model_request_fields", Mapped),
    field("anthropic_beta", Mapped),
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
    field("metadata", Mapped),
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
    field("parallel_tool_calls", Mapped),
    field("prediction", Dropped { harmless: &[] }),
    field("presence_penalty", Dropped { harmless: &["0"] }),
    field("prompt_cache_key", Ignored),
    field("prompt_cache_options", Mapped),
    field("prompt_cache_retention", Dropped { harmless: &[r#""in_memory""#] }),
    field("reasoning_effort", Mapped),
    field("requestMetadata", Mapped),
    field("response_format", Mapped),
    field("safety_identifier", Ignored),
    field("seed", Dropped { harmless: &[] }),
    field("service_tier", Mapped),
    field("stop", Mapped),
    field("store", Dropped { harmless: &["false"] }),
    field("stream", Mapped),
    field("stream_options", Mapped),
    field("temperature", Mapped),
    field("thinking", Mapped),
    field("tool_choice", Mapped),
    field("tools", Mapped),
    field("top_k", Mapped),
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
