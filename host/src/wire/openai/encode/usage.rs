use serde::Serialize;

use crate::chat;

/// What an answer cost, in OpenAI's words (`CompletionUsage`). The prompt's tokens include those of
/// the cache, so that the sum adds up.
#[derive(Debug, Serialize)]
pub(in crate::wire::openai) struct Usage {
    prompt_tokens: u64,
    completion_tokens: u64,
    total_tokens: u64,
    prompt_tokens_details: PromptTokens,
}

#[derive(Debug, Serialize)]
struct PromptTokens {
    cached_tokens: u64,
    cache_write_tokens: u64,
}

impl From<chat::Usage> for Usage {
    fn from(usage: chat::Usage) -> Self {
        Self {
            prompt_tokens: usage.prompt_tokens(),
            completion_tokens: usage.output_tokens,
            total_tokens: usage.total_tokens(),
            prompt_tokens_details: PromptTokens {
                cached_tokens: usage.cache_read_tokens,
                cache_write_tokens: usage.cache_write_tokens,
            },
        }
    }
}
