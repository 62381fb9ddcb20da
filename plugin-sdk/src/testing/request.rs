//! Plain requests to test with. Change what matters to the test by struct update syntax.

use crate::{Caller, Origin, RequestContext, Role, Segment, Summary};

/// A streaming OpenAI chat request of key `key-1`, which has no labels. The seed is 64 zeros.
pub fn context() -> RequestContext {
    RequestContext {
        request_id: "request-1".to_owned(),
        caller: Caller { key_id: "key-1".to_owned(), labels: Vec::new() },
        client_format: "openai-chat".to_owned(),
        streaming: true,
        seed: "0".repeat(64),
    }
}

/// A request for `model` with one message of 100 bytes, without tools or images.
pub fn summary(model: &str) -> Summary {
    Summary {
        model: model.to_owned(),
        message_count: 1,
        prompt_bytes: 100,
        tool_count: 0,
        has_images: false,
        max_tokens: None,
    }
}

/// A user's message.
pub fn segment(id: u32, text: &str) -> Segment {
    Segment { id, origin: Origin::Message, role: Role::User, text: text.to_owned() }
}
