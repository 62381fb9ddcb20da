//! The one inner vocabulary: a request, and the events of its answer.
//!
//! Shaped like Bedrock's Converse (messages of blocks), not like any client's format. Wire formats
//! and model formats meet only here, so N of the one and M of the other need N + M translators.
//! No serialisation and no I/O.

mod event;
mod json;
mod request;

pub use event::{Batch, BlockKind, BlockStart, Delta, Event, StopReason, Usage};
pub use json::Json;
pub use request::{
    Blob, Delivery, MediaType, Message, Part, Reasoning, Request, ResultPart, Role, Sampling, Tool,
    ToolChoice, ToolResult, ToolResultStatus, ToolUse,
};
