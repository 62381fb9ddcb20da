//! OpenAI's `CreateCompletionRequest` (legacy), and what clients of other gateways add to it.

use super::Treatment::{Dropped, Ignored, Mapped, Refused};
use super::{Field, field};

/// Sorted by name.
pub(super) const FIELDS: &[Field] = &[
    field("best_of", Refused { harmless: &["1"], because: "has to be 1: Bedrock gives one answer a call" }),
    field(
        "echo",
        Refused {
            harmless: &["false"],
            because: "has to be false: the answer does not repeat the prompt, so put it in front yourself",
        },
    ),
    field("frequency_penalty", Dropped { harmless: &["0"] }),
    field("logit_bias", Dropped { harmless: &["{}"] }),
    field(
        "logprobs",
        Refused { harmless: &["false"], because: "is not supported: Bedrock gives no log probabilities" },
    ),
    field("max_completion_tokens", Mapped),
    field("max_tokens", Mapped),
    field("model", Mapped),
    field("n", Refused { harmless: &["1"], because: "has to be 1: Bedrock gives one answer a call" }),
    field("presence_penalty", Dropped { harmless: &["0"] }),
    field("prompt", Mapped),
    field("seed", Dropped { harmless: &[] }),
    field("stop", Mapped),
    field("stream", Mapped),
    field("stream_options", Mapped),
    field(
        "suffix",
        Refused {
            harmless: &[r#""""#],
            because: "is not supported: models of Bedrock do not fill gaps, so ask for it in the prompt",
        },
    ),
    field("temperature", Mapped),
    field("top_k", Mapped),
    field("top_p", Mapped),
    field("user", Ignored),
];
